import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

type Changed<Row> = [Row[], number];

/** The table webhook_digest_items: what an endpoint is to hear of in its next digest, and what it heard of in which. */
@Injectable()
export class DigestItemsRepository {
  /** None for an endpoint that has this event already. */
  async insert(tx: Transaction, eventId: string, endpointIds: string[]): Promise<void> {
    await tx.query(
      `INSERT INTO webhook_digest_items (endpoint_id, event_id) SELECT endpoint_id, $2 FROM unnest($1::uuid[]) AS endpoint_id
       ON CONFLICT ON CONSTRAINT pk_webhook_digest_items DO NOTHING`,
      [endpointIds, eventId],
    );
  }

  /** Endpoints that have digests, whether something waits for them or not. */
  findSchedules(tx: Transaction): Promise<{ endpointId: string; intervalSeconds: number }[]> {
    return tx.query(
      `SELECT id AS "endpointId", digest_interval_seconds AS "intervalSeconds" FROM webhook_endpoints
        WHERE status = 'enabled' AND digest_interval_seconds IS NOT NULL ORDER BY id`,
    );
  }

  /**
   * Puts what waits into a digest, each item into one only.
   *
   * @param before items that came later wait for the next
   * @returns their events, oldest first, and when the oldest was put aside
   */
  async take(
    tx: Transaction,
    endpointId: string,
    before: Date,
    digestEventId: string,
  ): Promise<{ eventIds: string[]; since: Date | null }> {
    const [rows] = await tx.query<Changed<{ eventId: string; createdAt: Date }>>(
      `UPDATE webhook_digest_items SET digest_event_id = $3
        WHERE endpoint_id = $1 AND digest_event_id IS NULL AND created_at < $2
       RETURNING event_id AS "eventId", created_at AS "createdAt"`,
      [endpointId, before, digestEventId],
    );
    rows.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.eventId < b.eventId ? -1 : 1));
    return { eventIds: rows.map(({ eventId }) => eventId), since: rows[0]?.createdAt ?? null };
  }

  /** What waits is not told any more: the endpoint was disabled, or wants no digests. */
  async drop(tx: Transaction, endpointId: string): Promise<void> {
    await tx.query('DELETE FROM webhook_digest_items WHERE endpoint_id = $1 AND digest_event_id IS NULL', [endpointId]);
  }
}
