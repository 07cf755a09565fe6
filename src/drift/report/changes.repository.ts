import { Injectable } from '@nestjs/common';
import { In, type SelectQueryBuilder } from 'typeorm';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ReopenReason } from '../decisions/decision.types.js';
import { lastDecision } from '../decisions/past-decision.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { ChangeSeals } from './change-seals.service.js';
import { type CloseReason, DriftChange, type Substate } from './drift-change.entity.js';
import { type ChangeState, SEVERITIES, type Severity } from './drift-report.types.js';
import type { NewChange, ReadableChange } from './readable-change.js';
import type { ClosedBefore } from './reconcile-changes.js';
import { ReportOrder } from './report-order.js';

export interface ChangeFilter {
  tenants: TenantsInReach;
  states: ChangeState[];
  severities: Severity[];
  resourceTypes: ResourceType[];
  substates: Substate[];
}

export interface Decision {
  state: Exclude<ChangeState, 'closed'>;
  decidedById: string | null;
  decidedByName: string | null;
  decisionReason: string | null;
  decisionUntil: Date | null;
  reopenReason: ReopenReason | null;
  previousDecision: string | null;
  decidedSeverity: Severity | null;
  decidedByTwo: boolean;
}

type ClosedDecision = Pick<
  ReadableChange,
  | 'state'
  | 'stateBeforeClose'
  | 'closeReason'
  | 'ignoreRuleId'
  | 'decidedById'
  | 'decidedByName'
  | 'decidedAt'
  | 'decisionReason'
  | 'decisionUntil'
  | 'decidedSeverity'
  | 'decidedByTwo'
  | 'previousDecision'
>;

/** What is known of a live change without opening it. */
export type LiveOutline = Pick<
  DriftChange,
  'identity' | 'resourceType' | 'resourceKey' | 'attributionSince' | 'attributionRetryAt'
>;

/** What changes say lies sealed and is opened here. */
@Injectable()
export class ChangesRepository {
  constructor(private readonly seals: ChangeSeals) {}

  /** Everything that isn't closed, locked until the transaction ends: a decision waits for the scan, and the other way round. */
  async findLiveForUpdate(tx: Transaction, tenantId: string): Promise<ReadableChange[]> {
    return this.seals.openAll(await this.live(tx, tenantId).orderBy('c.id').setLock('pessimistic_write').getMany());
  }

  /** Everything that isn't closed. */
  async findOpened(tx: Transaction, tenantId: string): Promise<ReadableChange[]> {
    return this.seals.openAll(await this.live(tx, tenantId).orderBy('c.id').getMany());
  }

  /** Without what they say: where they are, by identity, and when the audit log is to be asked again. */
  findLive(tx: Transaction, tenantId: string): Promise<LiveOutline[]> {
    return this.live(tx, tenantId).getMany();
  }

  /** By the database's clock. */
  async now(tx: Transaction): Promise<Date> {
    const rows = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    return rows[0]?.now ?? new Date();
  }

  async findById(tx: Transaction, id: string): Promise<ReadableChange | null> {
    const row = await tx.findOneBy(DriftChange, { id });
    return row === null ? null : this.seals.open(row);
  }

  /** These, as far as they are there, locked until the transaction ends. */
  async findForUpdate(tx: Transaction, ids: string[]): Promise<ReadableChange[]> {
    const rows = await tx
      .createQueryBuilder(DriftChange, 'c')
      .where('c.id = ANY (:ids)', { ids })
      .orderBy('c.id')
      .setLock('pessimistic_write')
      .getMany();
    return this.seals.openAll(rows);
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
      .andWhere("c.state IN ('open', 'denied') AND c.first_report <= :sequence", { sequence })
      .orderBy('c.id')
      .take(limit)
      .getMany();
    return this.seals.openAll(rows);
  }

  /** Severities of what isn't closed and wasn't accepted for good by two people. */
  async unacceptedSeverities(tx: Transaction, tenantId: string): Promise<Severity[]> {
    const rows = await tx.query<{ severity: Severity }[]>(
      `SELECT DISTINCT severity FROM drift_changes
        WHERE tenant_id = $1 AND state <> 'closed'
          AND NOT (state = 'accepted' AND decided_by_two AND decision_until IS NULL)`,
      [tenantId],
    );
    return rows.map(({ severity }) => severity);
  }

  /** What was closed under these identities (hex) at some time, the last of each. */
  async closedBefore(tx: Transaction, tenantId: string, identities: string[]): Promise<Map<string, ClosedBefore>> {
    if (identities.length === 0) return new Map();
    const rows = await tx.query<(ClosedDecision & { identity: string })[]>(
      `SELECT DISTINCT ON (identity) encode(identity, 'hex') AS identity, state, state_before_close AS "stateBeforeClose",
              close_reason AS "closeReason", ignore_rule_id AS "ignoreRuleId",
              decided_by_id AS "decidedById", decided_by_name AS "decidedByName", decided_at AS "decidedAt",
              decision_reason AS "decisionReason", decision_until AS "decisionUntil",
              decided_severity AS "decidedSeverity", decided_by_two AS "decidedByTwo", previous_decision AS "previousDecision"
         FROM drift_changes
        WHERE tenant_id = $1 AND state = 'closed'
          AND identity IN (SELECT decode(wanted, 'hex') FROM unnest($2::text[]) AS wanted)
        ORDER BY identity, id DESC`,
      [tenantId, identities],
    );
    return new Map(
      rows.map((row) => [
        row.identity,
        {
          decision: row.ignoreRuleId === null ? lastDecision(row) : null,
          acceptedUntilReplaced: row.stateBeforeClose === 'accepted' && row.closeReason === 'superseded',
        },
      ]),
    );
  }

  /** Which changes a report has, as they are judged now: worst first, then by type and object. Opens none. */
  async orderOfReport(tx: Transaction, tenantId: string, sequence: number): Promise<ReportOrder> {
    const rows = await tx.query<{ packed: Buffer | null }[]>(
      `SELECT string_agg(uuid_send(id) || int4send(octet_length(sealed_details)), ''::bytea
                ORDER BY array_position($3::text[], severity), resource_type COLLATE "C", resource_key COLLATE "C", id) AS packed
         FROM drift_changes
        WHERE tenant_id = $1 AND first_report <= $2 AND (closed_report IS NULL OR closed_report > $2)`,
      [tenantId, sequence, SEVERITIES],
    );
    return new ReportOrder(rows[0]?.packed ?? Buffer.alloc(0));
  }

  /** Newest first. */
  async findPage(
    tx: Transaction,
    filter: ChangeFilter,
    limit: number,
    beforeId: string | null,
  ): Promise<ReadableChange[]> {
    const query = tx.createQueryBuilder(DriftChange, 'c').where('true').orderBy('c.id', 'DESC').take(limit);
    if (filter.tenants !== null) query.andWhere('c.tenant_id = ANY (:tenants)', { tenants: filter.tenants });
    if (filter.states.length > 0) query.andWhere('c.state IN (:...states)', { states: filter.states });
    if (filter.severities.length > 0)
      query.andWhere('c.severity IN (:...severities)', { severities: filter.severities });
    if (filter.resourceTypes.length > 0)
      query.andWhere('c.resource_type IN (:...types)', { types: filter.resourceTypes });
    if (filter.substates.length > 0) query.andWhere('c.substate IN (:...substates)', { substates: filter.substates });
    if (beforeId !== null) query.andWhere('c.id < :beforeId', { beforeId });
    return this.seals.openAll(await query.getMany());
  }

  async insert(tx: Transaction, changes: NewChange[]): Promise<void> {
    for (const rows of chunks(changes)) await tx.insert(DriftChange, await this.seals.sealAll(rows));
    // A rule, or a decision that holds again, decides as the change is found, and no sooner.
    const decided = changes.filter(({ decidedAt }) => decidedAt !== null).map(({ id }) => id);
    if (decided.length === 0) return;
    await tx.query(
      'UPDATE drift_changes SET decided_at = created_at WHERE id = ANY ($1::uuid[]) AND decided_at < created_at',
      [decided],
    );
  }

  /** These were found again and are no longer new. People see no other change in that, so the version stays. */
  async age(tx: Transaction, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(`UPDATE drift_changes SET substate = 'ongoing' WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  /** What a later scan says of live changes, with the states that it sets; only what reads otherwise is another version. */
  async revise(tx: Transaction, revised: { change: ReadableChange; isNew: boolean }[]): Promise<void> {
    for (const rows of chunks(revised)) {
      const records = await Promise.all(
        rows.map(async ({ change, isNew }) => {
          const { id, direction, severity, rules, references, baselineVersion } = change;
          const { state, reopenReason, previousDecision, ignoreRuleId } = change;
          const { decidedById, decidedByName, decidedAt, decisionReason, decisionUntil } = change;
          const { decidedSeverity, decidedByTwo, toldSeverity } = change;
          const decision = { decidedById, decidedByName, decidedAt, decisionReason, decisionUntil };
          const gravity = { decidedSeverity, decidedByTwo, toldSeverity };
          const set = { state, reopenReason, previousDecision, ignoreRuleId, ...decision, ...gravity };
          const sealed = hex(await this.seals.seal(change));
          return { id, direction, severity, rules, references, baselineVersion, isNew, ...set, sealed };
        }),
      );
      await tx.query(
        `UPDATE drift_changes c
            SET substate = 'ongoing', direction = r.direction, severity = r.severity, rules = r.rules, reference_ids = r."references",
                baseline_version = r."baselineVersion", version = c.version + CASE WHEN r."isNew" THEN 1 ELSE 0 END,
                sealed_details = r.sealed,
                state = r.state, reopen_reason = r."reopenReason", previous_decision = r."previousDecision",
                ignore_rule_id = r."ignoreRuleId", decided_by_id = r."decidedById", decided_by_name = r."decidedByName",
                decided_at = r."decidedAt", decision_reason = r."decisionReason", decision_until = r."decisionUntil",
                decided_severity = r."decidedSeverity", decided_by_two = r."decidedByTwo", told_severity = r."toldSeverity"
           FROM json_to_recordset($1::json)
             AS r (id uuid, direction text, severity text, rules text[], "references" text[], "baselineVersion" integer,
                   "isNew" boolean,
                   state text, "reopenReason" text, "previousDecision" text, "ignoreRuleId" uuid, "decidedById" text,
                   "decidedByName" text, "decidedAt" timestamptz, "decisionReason" text, "decisionUntil" timestamptz,
                   "decidedSeverity" text, "decidedByTwo" boolean, "toldSeverity" text, sealed bytea)
          WHERE c.id = r.id`,
        [JSON.stringify(records)],
      );
    }
  }

  /** People were told again of these denied changes. */
  async noteReminders(tx: Transaction, ids: string[], at: Date): Promise<void> {
    if (ids.length === 0) return;
    await tx.query('UPDATE drift_changes SET reminded_at = $2 WHERE id = ANY ($1::uuid[])', [ids, at]);
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
                attribution_attempts = r.attempts, attribution_retry_at = r."retryAt", sealed_details = r.sealed,
                version = c.version + CASE WHEN r."isNew" THEN 1 ELSE 0 END
           FROM json_to_recordset($1::json)
             AS r (id uuid, attribution text, "actorType" text, "actorId" text, attempts integer, "retryAt" timestamptz,
                   "isNew" boolean, sealed bytea)
          WHERE c.id = r.id`,
        [JSON.stringify(records)],
      );
    }
  }

  /**
   * @param sequence of the first report that no longer has them
   * @param baselineVersion that contains them, where that is the reason
   */
  async close(
    tx: Transaction,
    ids: string[],
    reason: CloseReason,
    sequence: number,
    baselineVersion: number | null,
  ): Promise<void> {
    if (ids.length === 0) return;
    await tx.query(
      `UPDATE drift_changes
          SET state_before_close = state, state = 'closed', close_reason = $2, closed_report = $3, closed_at = now(),
              closed_by_baseline = $4, attribution_retry_at = NULL, version = version + 1
        WHERE id = ANY ($1::uuid[]) AND state <> 'closed'`,
      [ids, reason, sequence, baselineVersion],
    );
  }

  /** Writes a decision if the change still has the version that was read and isn't closed; null when not. */
  async decide(tx: Transaction, id: string, version: number, decision: Decision): Promise<ReadableChange | null> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(DriftChange)
      .set({
        ...decision,
        ignoreRuleId: null,
        // A denial is told again from the start.
        remindedAt: null,
        decidedAt: () => (decision.state === 'open' ? 'NULL' : 'now()'),
        version: () => 'version + 1',
      })
      .where("id = :id AND version = :version AND state <> 'closed'", { id, version })
      .execute();
    return affected === 1 ? this.findById(tx, id) : null;
  }

  /** Changes in some states by severity, by tenant. */
  async counts(tx: Transaction, states: readonly ChangeState[]): Promise<Map<string, Record<Severity, number>>> {
    const rows = await tx.query<{ tenantId: string; severity: Severity; count: number }[]>(
      `SELECT tenant_id AS "tenantId", severity, count(*)::int AS count FROM drift_changes
        WHERE state = ANY ($1::text[]) GROUP BY tenant_id, severity`,
      [states],
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
