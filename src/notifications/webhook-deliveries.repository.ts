import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { StoredOutboxEvent } from '../outbox/outbox.events.js';
import { type DeliveryStatus, WebhookDelivery } from './webhook-delivery.entity.js';
import type { SendOutcome } from './webhook-sender.service.js';

/** The right to make one attempt, for as long as the endpoint's lease lasts. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  eventId: string;
  /** This attempt included. */
  attempts: number;
  sealedUrl: Buffer;
  sealedSecret: Buffer;
  /** While the secret of before still signs beside it. */
  previousSealedSecret: Buffer | null;
}

/** A delivery that has just ended, with what names it to people. */
export interface EndedDelivery
  extends Pick<
    WebhookDelivery,
    'id' | 'endpointId' | 'eventId' | 'eventType' | 'attempts' | 'lastStatus' | 'lastError'
  > {
  status: Exclude<DeliveryStatus, 'pending'>;
  /** Of the event, or else of the endpoint. */
  tenantId: string | null;
  endpointDescription: string;
}

export interface DeliveryFilter {
  endpointId?: string;
  status?: DeliveryStatus;
  tenantId?: string;
}

type Changed<Row> = [Row[], number];

/** Of an endpoint `e` and its delivery `d` that is being updated. */
const ENDED_COLUMNS = `d.id, d.endpoint_id AS "endpointId", d.event_id AS "eventId", d.event_type AS "eventType", d.status, d.attempts,
  d.last_status AS "lastStatus", d.last_error AS "lastError", e.description AS "endpointDescription",
  coalesce((SELECT tenant_id FROM outbox_events WHERE id = d.event_id), e.tenant_id) AS "tenantId"`;

@Injectable()
export class WebhookDeliveriesRepository {
  findById(tx: Transaction, id: string): Promise<WebhookDelivery | null> {
    return tx.findOneBy(WebhookDelivery, { id });
  }

  /** Newest first. */
  findPage(
    tx: Transaction,
    filter: DeliveryFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<WebhookDelivery[]> {
    const query = tx.createQueryBuilder(WebhookDelivery, 'delivery').orderBy('delivery.id', 'DESC').limit(limit);
    if (beforeId !== null) query.andWhere({ id: LessThan(beforeId) });
    if (filter.endpointId !== undefined) query.andWhere({ endpointId: filter.endpointId });
    if (filter.status !== undefined) query.andWhere({ status: filter.status });
    if (filter.tenantId !== undefined) {
      query.andWhere('delivery.eventId IN (SELECT id FROM outbox_events WHERE tenant_id = :tenantId)', {
        tenantId: filter.tenantId,
      });
    }
    return query.getMany();
  }

  /** @returns how many */
  async deleteEnded(tx: Transaction, days: number, limit: number): Promise<number> {
    const [, count] = await tx.query<Changed<unknown>>(
      `DELETE FROM webhook_deliveries WHERE id IN
         (SELECT id FROM webhook_deliveries
           WHERE status <> 'pending' AND NOT record_owed AND coalesce(last_attempt_at, created_at) < now() - make_interval(days => $1)
           ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return count;
  }

  /** One delivery per endpoint; none for an endpoint that has this event already. */
  async insertForEvent(tx: Transaction, event: StoredOutboxEvent, endpointIds: string[]): Promise<void> {
    await tx.query(
      `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, status, next_attempt_at)
       SELECT id, endpoint_id, $3, $4, 'pending', clock_timestamp() FROM unnest($1::uuid[], $2::uuid[]) AS new (id, endpoint_id)
       ON CONFLICT ON CONSTRAINT uq_webhook_deliveries_endpoint_id_event_id DO NOTHING`,
      [endpointIds.map(() => newId()), endpointIds, event.id, event.type],
    );
  }

  /**
   * Takes the delivery of an endpoint that has been due longest. An endpoint is served by one worker at a time, the one
   * whose lease it is, so that a slow receiver holds up nobody but itself. Locks the endpoint before the delivery, as
   * everybody does who locks both.
   */
  async claimNext(
    tx: Transaction,
    endpointId: string,
    worker: string,
    leaseSeconds: number,
  ): Promise<ClaimedDelivery | null> {
    const [rows] = await tx.query<Changed<ClaimedDelivery>>(
      `WITH endpoint AS (
         UPDATE webhook_endpoints
            SET delivering_by = $2, delivering_until = statement_timestamp() + make_interval(secs => $3::double precision)
          WHERE id = $1 AND status = 'enabled' AND paused_until <= statement_timestamp()
            AND (delivering_by = $2 OR delivering_until < statement_timestamp())
         RETURNING id, sealed_url, sealed_secret,
                   CASE WHEN previous_secret_until > statement_timestamp() THEN previous_sealed_secret END AS previous),
       due AS (
         SELECT d.id FROM webhook_deliveries d JOIN endpoint ON endpoint.id = d.endpoint_id
          WHERE d.status = 'pending' AND d.next_attempt_at <= statement_timestamp()
          ORDER BY d.next_attempt_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
       UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = statement_timestamp()
         FROM due, endpoint WHERE webhook_deliveries.id = due.id
       RETURNING webhook_deliveries.id, endpoint_id AS "endpointId", event_id AS "eventId", attempts,
                 endpoint.sealed_url AS "sealedUrl", endpoint.sealed_secret AS "sealedSecret",
                 endpoint.previous AS "previousSealedSecret"`,
      [endpointId, worker, leaseSeconds],
    );
    return rows[0] ?? null;
  }

  async releaseEndpoint(tx: Transaction, endpointId: string, worker: string): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints SET delivering_by = NULL, delivering_until = '-infinity' WHERE id = $1 AND delivering_by = $2`,
      [endpointId, worker],
    );
  }

  /**
   * Seconds until there is something to do for the endpoint, which may be resting; null when nothing is pending. While another worker serves it,
   * at least two: then it is looked at again, lest something came in just as that one was ending.
   */
  async secondsUntilNext(tx: Transaction, endpointId: string): Promise<number | null> {
    const rows = await tx.query<{ seconds: number | null }[]>(
      `SELECT greatest(0, extract(epoch FROM greatest(min(d.next_attempt_at), e.paused_until) - statement_timestamp()),
                       CASE WHEN e.delivering_until > statement_timestamp() THEN 2 END)::double precision AS seconds
         FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
        WHERE d.endpoint_id = $1 AND d.status = 'pending' AND e.status = 'enabled'
        GROUP BY e.delivering_until, e.paused_until`,
      [endpointId],
    );
    return rows[0]?.seconds ?? null;
  }

  /** @returns null when it goes on, or changed meanwhile: replayed, given up with its endpoint, or attempted by somebody else */
  async settle(
    tx: Transaction,
    claimed: ClaimedDelivery,
    outcome: SendOutcome,
    status: DeliveryStatus,
    delaySeconds: number | null,
  ): Promise<EndedDelivery | null> {
    const [rows] = await tx.query<Changed<EndedDelivery>>(
      `UPDATE webhook_deliveries d
          SET status = $3, last_status = $4, last_error = $5, last_duration_ms = $6,
              next_attempt_at = clock_timestamp() + make_interval(secs => $7::double precision),
              delivered_at = CASE WHEN $3 = 'delivered' THEN clock_timestamp() END
         FROM webhook_endpoints e
        WHERE d.id = $1 AND d.status = 'pending' AND d.attempts = $2 AND e.id = d.endpoint_id
       RETURNING ${ENDED_COLUMNS}`,
      [claimed.id, claimed.attempts, status, outcome.status, outcome.error, outcome.durationMs, delaySeconds],
    );
    return status === 'pending' ? null : (rows[0] ?? null);
  }

  /** @returns those that were given up */
  async giveUpPending(tx: Transaction, endpointId: string, reason: string): Promise<EndedDelivery[]> {
    const [rows] = await tx.query<Changed<EndedDelivery>>(
      `UPDATE webhook_deliveries d SET status = 'dead', next_attempt_at = NULL, last_error = $2
         FROM webhook_endpoints e
        WHERE d.endpoint_id = $1 AND d.status = 'pending' AND e.id = d.endpoint_id
       RETURNING ${ENDED_COLUMNS}`,
      [endpointId, reason],
    );
    return rows;
  }

  async owe(tx: Transaction, ids: readonly string[]): Promise<void> {
    await tx.query('UPDATE webhook_deliveries SET record_owed = true WHERE id = ANY ($1::uuid[])', [ids]);
  }

  /** When the first of those arrived whose record is owed; null where none is. */
  async owedSince(tx: Transaction): Promise<Date | null> {
    const [row] = await tx.query<{ since: Date | null }[]>(
      'SELECT min(delivered_at) AS since FROM webhook_deliveries WHERE record_owed',
    );
    return row?.since ?? null;
  }

  /** Those whose record is owed, for whoever writes it, the oldest of them; whoever holds one writes its record. */
  async takeOwed(
    tx: Transaction,
    { id, endpointId }: { id?: string; endpointId?: string },
    limit: number,
  ): Promise<EndedDelivery[]> {
    const [rows] = await tx.query<Changed<EndedDelivery>>(
      `UPDATE webhook_deliveries d SET record_owed = false
         FROM webhook_endpoints e
        WHERE e.id = d.endpoint_id
          AND d.id IN (SELECT id FROM webhook_deliveries
                        WHERE record_owed AND id = coalesce($1, id) AND endpoint_id = coalesce($2, endpoint_id)
                        ORDER BY delivered_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING ${ENDED_COLUMNS}`,
      [id ?? null, endpointId ?? null, limit],
    );
    return rows;
  }

  /** @returns false when it is still pending */
  async restart(tx: Transaction, id: string): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = clock_timestamp(), delivered_at = NULL
        WHERE id = $1 AND status <> 'pending'`,
      [id],
    );
    return count === 1;
  }

  /** Starts dead ones again, oldest first. @returns how many */
  async restartDead(tx: Transaction, endpointId: string, since: Date | null, limit: number): Promise<number> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = statement_timestamp()
        WHERE id IN (SELECT id FROM webhook_deliveries
                      WHERE endpoint_id = $1 AND status = 'dead' AND created_at >= coalesce($2::timestamptz, '-infinity')
                      ORDER BY id LIMIT $3 FOR UPDATE)`,
      [endpointId, since, limit],
    );
    return count;
  }

  /** How endpoints were told of an event: in a delivery of its own or in a digest, made or to come. */
  async findTold(tx: Transaction, eventId: string): Promise<Map<string, 'now' | 'digest'>> {
    const rows = await tx.query<{ endpointId: string; how: 'now' | 'digest' }[]>(
      `SELECT endpoint_id AS "endpointId", 'digest' AS how FROM webhook_digest_items WHERE event_id = $1
        UNION ALL SELECT endpoint_id, 'now' FROM webhook_deliveries WHERE event_id = $1`,
      [eventId],
    );
    return new Map(rows.map(({ endpointId, how }) => [endpointId, how]));
  }

  /** Enabled endpoints with something due for a while that nobody serves. */
  async findOverdueEndpoints(tx: Transaction, olderThanSeconds: number, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT e.id FROM webhook_endpoints e
        WHERE e.status = 'enabled' AND e.delivering_until < statement_timestamp() AND e.paused_until < statement_timestamp()
          AND EXISTS (SELECT 1 FROM webhook_deliveries d
                       WHERE d.endpoint_id = e.id AND d.status = 'pending'
                         AND d.next_attempt_at < statement_timestamp() - make_interval(secs => $1::double precision))
        ORDER BY e.id LIMIT $2`,
      [olderThanSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }
}
