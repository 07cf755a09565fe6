import { Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { type CloseReason, DriftChange } from './drift-change.entity.js';
import { type ChangeState, SEVERITIES, type Severity } from './drift-report.types.js';

export type NewChange = Omit<DriftChange, 'createdAt'>;

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

@Injectable()
export class ChangesRepository {
  /** Everything that isn't closed, locked until the transaction ends: a decision waits for the scan, and the other way round. */
  findLiveForUpdate(tx: Transaction, tenantId: string): Promise<DriftChange[]> {
    return this.live(tx, tenantId).orderBy('c.id').setLock('pessimistic_write').getMany();
  }

  findLive(tx: Transaction, tenantId: string): Promise<DriftChange[]> {
    return this.live(tx, tenantId).getMany();
  }

  findById(tx: Transaction, id: string): Promise<DriftChange | null> {
    return tx.findOneBy(DriftChange, { id });
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
  findOfReport(tx: Transaction, tenantId: string, sequence: number): Promise<DriftChange[]> {
    return tx
      .createQueryBuilder(DriftChange, 'c')
      .where('c.tenant_id = :tenantId AND c.first_report <= :sequence', { tenantId, sequence })
      .andWhere('(c.closed_report IS NULL OR c.closed_report > :sequence)')
      .orderBy('c.id')
      .getMany();
  }

  /** Newest first. */
  findPage(tx: Transaction, filter: ChangeFilter, limit: number, beforeId: string | null): Promise<DriftChange[]> {
    const query = tx.createQueryBuilder(DriftChange, 'c').where('true').orderBy('c.id', 'DESC').take(limit);
    if (filter.tenantId !== null) query.andWhere('c.tenant_id = :tenantId', { tenantId: filter.tenantId });
    if (filter.states.length > 0) query.andWhere('c.state IN (:...states)', { states: filter.states });
    if (filter.severities.length > 0)
      query.andWhere('c.severity IN (:...severities)', { severities: filter.severities });
    if (filter.resourceTypes.length > 0)
      query.andWhere('c.resource_type IN (:...types)', { types: filter.resourceTypes });
    if (beforeId !== null) query.andWhere('c.id < :beforeId', { beforeId });
    return query.getMany();
  }

  async insert(tx: Transaction, changes: NewChange[]): Promise<void> {
    for (const rows of chunks(changes)) await tx.insert(DriftChange, rows);
  }

  /** These were found again and are no longer new. People see no other change in that, so the version stays. */
  async age(tx: Transaction, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(`UPDATE drift_changes SET substate = 'ongoing' WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  /** What a later scan says of live changes; a reopened one loses its decision. */
  async revise(tx: Transaction, revised: { change: DriftChange; reopened: boolean }[]): Promise<void> {
    for (const rows of chunks(revised)) {
      const records = rows.map(({ change, reopened }) => {
        const { id, displayName, direction, severity, rules, references, title, beforeJson, baselineVersion } = change;
        return {
          id,
          displayName,
          direction,
          severity,
          rules,
          references,
          title,
          beforeJson,
          baselineVersion,
          reopened,
        };
      });
      await tx.query(
        `UPDATE drift_changes c
            SET substate = 'ongoing', display_name = r."displayName", direction = r.direction, severity = r.severity,
                rules = r.rules, reference_ids = r."references", title = r.title, before_json = r."beforeJson",
                baseline_version = r."baselineVersion", version = c.version + 1,
                state = CASE WHEN r.reopened THEN 'open' ELSE c.state END,
                decided_by_id = CASE WHEN r.reopened THEN NULL ELSE c.decided_by_id END,
                decided_by_name = CASE WHEN r.reopened THEN NULL ELSE c.decided_by_name END,
                decided_at = CASE WHEN r.reopened THEN NULL ELSE c.decided_at END,
                decision_reason = CASE WHEN r.reopened THEN NULL ELSE c.decision_reason END,
                decision_until = CASE WHEN r.reopened THEN NULL ELSE c.decision_until END
           FROM json_to_recordset($1::json)
             AS r (id uuid, "displayName" text, direction text, severity text, rules text[], "references" text[], title text,
                   "beforeJson" text, "baselineVersion" integer, reopened boolean)
          WHERE c.id = r.id`,
        [JSON.stringify(records)],
      );
    }
  }

  /** What the audit log says of live changes; only a new answer is another version. */
  async attribute(tx: Transaction, answers: { change: DriftChange; isNew: boolean }[]): Promise<void> {
    for (const rows of chunks(answers)) {
      const records = rows.map(({ change, isNew }) => {
        const { id, attribution, actorType, actorId, actorName, attributionEvidence: evidence } = change;
        const { attributionAttempts: attempts, attributionRetryAt: retryAt } = change;
        return { id, attribution, actorType, actorId, actorName, evidence, attempts, retryAt, isNew };
      });
      await tx.query(
        `UPDATE drift_changes c
            SET attribution = r.attribution, actor_type = r."actorType", actor_id = r."actorId", actor_name = r."actorName",
                attribution_evidence = r.evidence, attribution_attempts = r.attempts, attribution_retry_at = r."retryAt",
                version = c.version + CASE WHEN r."isNew" THEN 1 ELSE 0 END
           FROM json_to_recordset($1::json)
             AS r (id uuid, attribution text, "actorType" text, "actorId" text, "actorName" text, evidence text,
                   attempts integer, "retryAt" timestamptz, "isNew" boolean)
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
  async decide(tx: Transaction, id: string, version: number, decision: Decision): Promise<DriftChange | null> {
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

function* chunks<T>(rows: T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
    yield rows.slice(start, start + ROWS_PER_STATEMENT);
}

export function emptySummary(): Record<Severity, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
}
