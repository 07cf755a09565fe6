import { Injectable } from '@nestjs/common';
import type { UserActor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import type {
  AgreedPlan,
  ChangeOutcome,
  Remediation,
  RemediationDetails,
  RemediationStatus,
  RemediationStep,
} from './remediation.types.js';
import { RemediationSeals } from './remediation-seals.service.js';

type Changed<Row> = [Row[], number];
type Row = Omit<Remediation, 'requestedBy' | 'decidedBy'> & { requestedBy: string; decidedBy: string | null };
export type Ending = Exclude<RemediationStatus, 'proposed' | 'approved' | 'running'>;

const COLUMNS = `r.id, r.tenant_id AS "tenantId", r.change_ids AS "changeIds", r.status, r.baseline_version AS "baselineVersion",
  r.reason, r.requested_by AS "requestedBy", r.requested_at AS "requestedAt", r.expires_at AS "expiresAt",
  r.decided_by AS "decidedBy", r.decided_at AS "decidedAt", r.decision_reason AS "decisionReason",
  r.started_at AS "startedAt", r.finished_at AS "finishedAt", r.outcome, r.version`;

@Injectable()
export class RemediationsRepository {
  constructor(private readonly seals: RemediationSeals) {}

  async findById(tx: Transaction, id: string): Promise<Remediation | null> {
    const rows = await tx.query<Row[]>(`SELECT ${COLUMNS} FROM drift_remediations r WHERE r.id = $1`, [id]);
    return rows[0] === undefined ? null : remediationOf(rows[0]);
  }

  async findDetails(tx: Transaction, id: string): Promise<RemediationDetails | null> {
    const [row] = await tx.query<(Row & { sealed: Buffer })[]>(
      `SELECT ${COLUMNS}, r.sealed_plan AS sealed FROM drift_remediations r WHERE r.id = $1`,
      [id],
    );
    if (row === undefined) return null;
    const { sealed, ...rest } = row;
    const steps = await tx.query<RemediationStep[]>(
      `SELECT number, status, intended_at AS "intendedAt", ended_at AS "endedAt", http_status AS "httpStatus", detail
         FROM drift_remediation_steps WHERE remediation_id = $1 ORDER BY number`,
      [id],
    );
    const outcomes = await tx.query<RemediationDetails['outcomes']>(
      `SELECT change_id AS "changeId", outcome FROM drift_remediation_changes WHERE remediation_id = $1 ORDER BY change_id`,
      [id],
    );
    return { ...remediationOf(rest), ...(await this.seals.open(id, row.tenantId, sealed)), steps, outcomes };
  }

  /** Newest first. */
  async findPage(
    tx: Transaction,
    tenants: TenantsInReach,
    limit: number,
    beforeId: string | null,
  ): Promise<Remediation[]> {
    const rows = await tx.query<Row[]>(
      `SELECT ${COLUMNS} FROM drift_remediations r
        WHERE ($1::uuid[] IS NULL OR r.tenant_id = ANY ($1)) AND ($2::uuid IS NULL OR r.id < $2)
        ORDER BY r.id DESC LIMIT $3`,
      [tenants, beforeId, limit],
    );
    return rows.map(remediationOf);
  }

  /** Waits for whoever changes the tenant's settings or asks for another execution; whoever only refers to the tenant doesn't wait. */
  async lockTenant(tx: Transaction, tenantId: string): Promise<void> {
    await tx.query('SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE', [tenantId]);
  }

  async countWaiting(tx: Transaction, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM drift_remediations
        WHERE tenant_id = $1 AND status IN ('proposed', 'approved', 'running') AND (status = 'running' OR expires_at > now())`,
      [tenantId],
    );
    return rows[0]?.count ?? 0;
  }

  async insert(
    tx: Transaction,
    actor: UserActor,
    about: { tenantId: string; baselineVersion: number; reason: string; hours: number },
    agreed: AgreedPlan,
  ): Promise<string> {
    const id = newId();
    const changeIds = agreed.changes.map((change) => change.id);
    await tx.query(
      `INSERT INTO drift_remediations
         (id, tenant_id, change_ids, status, baseline_version, reason, requested_by, requested_by_id, expires_at, sealed_plan)
       VALUES ($1, $2, $3, 'proposed', $4, $5, $6, $7, now() + make_interval(hours => $8), $9)`,
      [
        id,
        about.tenantId,
        changeIds,
        about.baselineVersion,
        about.reason,
        JSON.stringify(actor),
        actor.id,
        about.hours,
        await this.seals.seal(id, about.tenantId, agreed),
      ],
    );
    await tx.query('INSERT INTO drift_remediation_changes (remediation_id, change_id) SELECT $1, unnest($2::uuid[])', [
      id,
      changeIds,
    ]);
    return id;
  }

  /** Approves or declines one that waits, hasn't expired and has the version that was read. @returns whether it was so */
  async decide(
    tx: Transaction,
    { id, version }: Pick<Remediation, 'id' | 'version'>,
    status: 'approved' | 'declined',
    actor: UserActor,
    reason: string,
  ): Promise<boolean> {
    const [, changed] = await tx.query<Changed<unknown>>(
      `UPDATE drift_remediations
          SET status = $3, decided_by = $4, decided_by_id = $5, decided_at = now(), decision_reason = $6, version = version + 1,
              finished_at = CASE WHEN $3 = 'declined' THEN now() END
        WHERE id = $1 AND version = $2 AND expires_at > now()
          AND (status = 'proposed' OR (status = 'approved' AND $3 = 'declined'))`,
      [id, version, status, JSON.stringify(actor), actor.id, reason],
    );
    return changed === 1;
  }

  /** The one of the tenant that runs: of a run that stopped before its end. */
  async findRunning(tx: Transaction, tenantId: string): Promise<string | null> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT id FROM drift_remediations WHERE tenant_id = $1 AND status = 'running'`,
      [tenantId],
    );
    return rows[0]?.id ?? null;
  }

  /** Whether its day is over, by the database's clock. */
  async hasExpired(tx: Transaction, id: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      'SELECT 1 FROM drift_remediations WHERE id = $1 AND expires_at <= clock_timestamp()',
      [id],
    );
    return rows.length > 0;
  }

  /** Takes the oldest approved one of the tenant that hasn't expired. @returns its id; null when there is none */
  async take(tx: Transaction, tenantId: string): Promise<string | null> {
    const [rows] = await tx.query<Changed<{ id: string }>>(
      `UPDATE drift_remediations SET status = 'running', started_at = now(), version = version + 1
        WHERE id = (SELECT id FROM drift_remediations
                     WHERE tenant_id = $1 AND status = 'approved' AND expires_at > now()
                     ORDER BY decided_at, id LIMIT 1 FOR UPDATE)
       RETURNING id`,
      [tenantId],
    );
    return rows[0]?.id ?? null;
  }

  /**
   * Ends one that hasn't ended.
   *
   * @param version that it must still have; null for any
   * @returns whether it was this call
   */
  async finish(
    tx: Transaction,
    id: string,
    status: Ending,
    outcome: string,
    version: number | null = null,
  ): Promise<boolean> {
    const [, changed] = await tx.query<Changed<unknown>>(
      `UPDATE drift_remediations SET status = $2, outcome = $3, finished_at = clock_timestamp(), version = version + 1
        WHERE id = $1 AND status IN ('proposed', 'approved', 'running') AND ($4::integer IS NULL OR version = $4)`,
      [id, status, outcome, version],
    );
    return changed === 1;
  }

  /** Those whose day is over without a run. */
  async findExpired(tx: Transaction, limit: number): Promise<{ id: string; tenantId: string }[]> {
    return tx.query(
      `SELECT id, tenant_id AS "tenantId" FROM drift_remediations
        WHERE status IN ('proposed', 'approved') AND expires_at <= now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit],
    );
  }

  /** @throws QueryFailedError when the request was intended before: none is sent twice */
  async intend(tx: Transaction, id: string, number: number): Promise<void> {
    await tx.query(`INSERT INTO drift_remediation_steps (remediation_id, number, status) VALUES ($1, $2, 'intended')`, [
      id,
      number,
    ]);
  }

  async endStep(
    tx: Transaction,
    id: string,
    { number, status, httpStatus, detail }: Pick<RemediationStep, 'number' | 'status' | 'httpStatus' | 'detail'>,
  ): Promise<void> {
    await tx.query(
      `UPDATE drift_remediation_steps SET status = $3, http_status = $4, detail = $5, ended_at = clock_timestamp()
        WHERE remediation_id = $1 AND number = $2 AND status = 'intended'`,
      [id, number, status, httpStatus, detail],
    );
  }

  async setOutcomes(tx: Transaction, id: string, outcomes: ReadonlyMap<string, ChangeOutcome>): Promise<void> {
    await tx.query(
      `UPDATE drift_remediation_changes c SET outcome = o.outcome
         FROM unnest($2::uuid[], $3::text[]) AS o (change_id, outcome)
        WHERE c.remediation_id = $1 AND c.change_id = o.change_id`,
      [id, [...outcomes.keys()], [...outcomes.values()]],
    );
  }

  /**
   * Says of changes that a scan has just closed which execution restored them: one after whose end no snapshot before this one began,
   * or one such for types that close only at the second reading.
   *
   * @returns the execution of each that has one
   */
  async creditClosed(
    tx: Transaction,
    tenantId: string,
    ids: readonly string[],
    sequence: number,
    flappingTypes: readonly string[],
  ): Promise<{ changeId: string; remediationId: string }[]> {
    if (ids.length === 0) return [];
    const [rows] = await tx.query<Changed<{ changeId: string; remediationId: string }>>(
      `UPDATE drift_changes c SET closed_by_remediation = f.remediation_id
         FROM (SELECT DISTINCT ON (rc.change_id) rc.change_id, rc.remediation_id, r.finished_at
                 FROM drift_remediation_changes rc JOIN drift_remediations r ON r.id = rc.remediation_id
                WHERE r.tenant_id = $1 AND rc.change_id = ANY ($2::uuid[]) AND rc.outcome = 'restored'
                ORDER BY rc.change_id, r.finished_at DESC) f
        WHERE c.id = f.change_id AND c.close_reason = 'reverted'
          AND (SELECT count(*) FROM config_snapshots s
                WHERE s.tenant_id = $1 AND s.sequence < $3 AND s.taken_at > f.finished_at)
              <= CASE WHEN c.resource_type = ANY ($4::text[]) THEN 1 ELSE 0 END
       RETURNING c.id AS "changeId", f.remediation_id AS "remediationId"`,
      [tenantId, ids, sequence, flappingTypes],
    );
    return rows;
  }
}

function remediationOf({ requestedBy, decidedBy, ...row }: Row): Remediation {
  return {
    ...row,
    requestedBy: JSON.parse(requestedBy) as UserActor,
    decidedBy: decidedBy === null ? null : (JSON.parse(decidedBy) as UserActor),
  };
}
