import { Injectable } from '@nestjs/common';
import { In, type SelectQueryBuilder } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { ChangeSeals } from './change-seals.service.js';
import { type CloseReason, DriftChange } from './drift-change.entity.js';
import { type ChangeState, SEVERITIES, type Severity } from './drift-report.types.js';
import type { NewChange, ReadableChange } from './readable-change.js';

export interface ChangeFilter {
  tenantId: string | null;
  states: ChangeState[];
  severities: Severity[];
  resourceTypes: ResourceType[];
}

export interface Decision {
  state: 'open' | 'accepted' | 'ignored';
  decidedById: string | null;
  decidedByName: string | null;
  decisionReason: string | null;
  decisionUntil: Date | null;
}

/** What changes say lies sealed and is opened here. */
@Injectable()
export class ChangesRepository {
  constructor(private readonly seals: ChangeSeals) {}

  /** Everything that isn't closed, locked until the transaction ends: a decision waits for the scan, and the other way round. */
  async findLiveForUpdate(tx: Transaction, tenantId: string): Promise<ReadableChange[]> {
    return this.seals.openAll(await this.live(tx, tenantId).orderBy('c.id').setLock('pessimistic_write').getMany());
  }

  /** Without what they say: by identity, and when the audit log is to be asked again. */
  findLive(
    tx: Transaction,
    tenantId: string,
  ): Promise<Pick<DriftChange, 'identity' | 'attributionSince' | 'attributionRetryAt'>[]> {
    return this.live(tx, tenantId).getMany();
  }

  async findById(tx: Transaction, id: string): Promise<ReadableChange | null> {
    const row = await tx.findOneBy(DriftChange, { id });
    return row === null ? null : this.seals.open(row);
  }

  /** Those of these that there are, in the order of their ids. */
  async findByIds(tx: Transaction, ids: string[]): Promise<ReadableChange[]> {
    if (ids.length === 0) return [];
    return this.seals.openAll(await tx.find(DriftChange, { where: { id: In(ids) }, order: { id: 'ASC' } }));
  }

  /** What a report has and nobody has decided or closed since. */
  async findOpenOfReport(
    tx: Transaction,
    tenantId: string,
    sequence: number,
    limit: number,
  ): Promise<ReadableChange[]> {
    const rows = await this.live(tx, tenantId)
      .andWhere("c.state = 'open' AND c.first_report <= :sequence", { sequence })
      .orderBy('c.id')
      .take(limit)
      .getMany();
    return this.seals.openAll(rows);
  }

  /** Which of these identities (hex) belong to changes that were closed. */
  async closedIdentities(tx: Transaction, tenantId: string, identities: string[]): Promise<Set<string>> {
    if (identities.length === 0) return new Set();
    const rows = await tx.query<{ identity: string }[]>(
      `SELECT DISTINCT encode(identity, 'hex') AS identity FROM drift_changes
        WHERE tenant_id = $1 AND state = 'closed'
          AND identity IN (SELECT decode(wanted, 'hex') FROM unnest($2::text[]) AS wanted)`,
      [tenantId, identities],
    );
    return new Set(rows.map(({ identity }) => identity));
  }

  /** The changes that a report has. */
  async findOfReport(tx: Transaction, tenantId: string, sequence: number): Promise<ReadableChange[]> {
    const rows = await tx
      .createQueryBuilder(DriftChange, 'c')
      .where('c.tenant_id = :tenantId AND c.first_report <= :sequence', { tenantId, sequence })
      .andWhere('(c.closed_report IS NULL OR c.closed_report > :sequence)')
      .orderBy('c.id')
      .getMany();
    return this.seals.openAll(rows);
  }

  /** Newest first. */
  async findPage(
    tx: Transaction,
    filter: ChangeFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<ReadableChange[]> {
    const query = tx.createQueryBuilder(DriftChange, 'c').where('true').orderBy('c.id', 'DESC').take(limit);
    if (filter.tenantId !== null) query.andWhere('c.tenant_id = :tenantId', { tenantId: filter.tenantId });
    if (filter.states.length > 0) query.andWhere('c.state IN (:...states)', { states: filter.states });
    if (filter.severities.length > 0)
      query.andWhere('c.severity IN (:...severities)', { severities: filter.severities });
    if (filter.resourceTypes.length > 0)
      query.andWhere('c.resource_type IN (:...types)', { types: filter.resourceTypes });
    if (beforeId !== null) query.andWhere('c.id < :beforeId', { beforeId });
    return this.seals.openAll(await query.getMany());
  }

  async insert(tx: Transaction, changes: NewChange[]): Promise<void> {
    for (const rows of chunks(changes)) await tx.insert(DriftChange, await this.seals.sealAll(rows));
  }

  /** These were found again and are no longer new. People see no other change in that, so the version stays. */
  async age(tx: Transaction, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(`UPDATE drift_changes SET substate = 'ongoing' WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  /** What a later scan says of live changes; a reopened one loses its decision. */
  async revise(tx: Transaction, revised: { change: ReadableChange; reopened: boolean }[]): Promise<void> {
    for (const rows of chunks(revised)) {
      const records = await Promise.all(
        rows.map(async ({ change, reopened }) => {
          const { id, direction, severity, rules, references, baselineVersion } = change;
          const sealed = await this.seals.seal(change);
          return { id, direction, severity, rules, references, baselineVersion, reopened, sealed: hex(sealed) };
        }),
      );
      await tx.query(
        `UPDATE drift_changes c
            SET substate = 'ongoing', direction = r.direction, severity = r.severity, rules = r.rules, reference_ids = r."references",
                baseline_version = r."baselineVersion", version = c.version + 1,
                sealed_details = r.sealed, ${NOTHING_CLEAR},
                state = CASE WHEN r.reopened THEN 'open' ELSE c.state END,
                decided_by_id = CASE WHEN r.reopened THEN NULL ELSE c.decided_by_id END,
                decided_by_name = CASE WHEN r.reopened THEN NULL ELSE c.decided_by_name END,
                decided_at = CASE WHEN r.reopened THEN NULL ELSE c.decided_at END,
                decision_reason = CASE WHEN r.reopened THEN NULL ELSE c.decision_reason END,
                decision_until = CASE WHEN r.reopened THEN NULL ELSE c.decision_until END
           FROM json_to_recordset($1::json)
             AS r (id uuid, direction text, severity text, rules text[], "references" text[], "baselineVersion" integer,
                   reopened boolean, sealed bytea)
          WHERE c.id = r.id`,
        [JSON.stringify(records)],
      );
    }
  }

  /** What the audit log says of live changes; only a new answer is another version. */
  async attribute(tx: Transaction, answers: { change: ReadableChange; isNew: boolean }[]): Promise<void> {
    for (const rows of chunks(answers)) {
      const records = await Promise.all(
        rows.map(async ({ change, isNew }) => {
          const {
            id,
            attribution,
            actorType,
            actorId,
            attributionAttempts: attempts,
            attributionRetryAt: retryAt,
          } = change;
          const sealed = await this.seals.seal(change);
          return { id, attribution, actorType, actorId, attempts, retryAt, isNew, sealed: hex(sealed) };
        }),
      );
      await tx.query(
        `UPDATE drift_changes c
            SET attribution = r.attribution, actor_type = r."actorType", actor_id = r."actorId",
                attribution_attempts = r.attempts, attribution_retry_at = r."retryAt", sealed_details = r.sealed, ${NOTHING_CLEAR},
                version = c.version + CASE WHEN r."isNew" THEN 1 ELSE 0 END
           FROM json_to_recordset($1::json)
             AS r (id uuid, attribution text, "actorType" text, "actorId" text, attempts integer, "retryAt" timestamptz,
                   "isNew" boolean, sealed bytea)
          WHERE c.id = r.id`,
        [JSON.stringify(records)],
      );
    }
  }

  async close(tx: Transaction, ids: string[], reason: CloseReason, sequence: number): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(
      `UPDATE drift_changes
          SET state_before_close = state, state = 'closed', close_reason = $2, closed_report = $3, closed_at = now(),
              attribution_retry_at = NULL, version = version + 1
        WHERE id = ANY ($1::uuid[]) AND state <> 'closed'`,
      [ids, reason, sequence],
    );
  }

  /** Writes a decision if the change still has the version that was read and isn't closed; null when not. */
  async decide(tx: Transaction, id: string, version: number, decision: Decision): Promise<ReadableChange | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftChange)
      .set({
        ...decision,
        decidedAt: () => (decision.state === 'open' ? 'NULL' : 'now()'),
        version: () => 'version + 1',
      })
      .where("id = :id AND version = :version AND state <> 'closed'", { id, version })
      .execute();
    return affected === 1 ? this.findById(tx, id) : null;
  }

  /** Open changes by severity, by tenant. */
  async openCounts(tx: Transaction): Promise<Map<string, Record<Severity, number>>> {
    const rows = await tx.query<{ tenantId: string; severity: Severity; count: number }[]>(
      `SELECT tenant_id AS "tenantId", severity, count(*)::int AS count FROM drift_changes
        WHERE state = 'open' GROUP BY tenant_id, severity`,
    );
    const counts = new Map<string, Record<Severity, number>>();
    for (const { tenantId, severity, count } of rows) {
      const summary = counts.get(tenantId) ?? emptySummary();
      summary[severity] = count;
      counts.set(tenantId, summary);
    }
    return counts;
  }

  private live(tx: Transaction, tenantId: string): SelectQueryBuilder<DriftChange> {
    return tx
      .createQueryBuilder(DriftChange, 'c')
      .where("c.tenant_id = :tenantId AND c.state <> 'closed'", { tenantId });
  }
}

const ROWS_PER_STATEMENT = 500;

const NOTHING_CLEAR = `display_name = NULL, path = NULL, before_json = NULL, after_json = NULL, title = NULL, actor_name = NULL,
  attribution_evidence = NULL`;

/** As PostgreSQL reads a bytea in JSON. */
function hex(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

function* chunks<T>(rows: T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
    yield rows.slice(start, start + ROWS_PER_STATEMENT);
}

export function emptySummary(): Record<Severity, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
}
