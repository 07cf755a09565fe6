import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { Activation, ActivationFilter, ActivationReader } from './activations.types.js';

/** An approved activation lasts as long as its assignment; a pending one waits until it lapses. */
const STATUS = `CASE
  WHEN a.status = 'pending' THEN CASE WHEN a.expires_at > clock_timestamp() THEN 'pending' ELSE 'lapsed' END
  WHEN a.status = 'approved' THEN
    CASE WHEN a.assignment_id IS NOT NULL AND a.expires_at > clock_timestamp() THEN 'active' ELSE 'ended' END
  ELSE a.status END`;
const IS_OPEN = `a.expires_at > clock_timestamp()
  AND (a.status = 'pending' OR (a.status = 'approved' AND a.assignment_id IS NOT NULL))`;

const within = (scopes: string) => `EXISTS (SELECT FROM unnest(${scopes}::text[]) AS s (scope)
  WHERE s.scope = '/' OR a.scope = s.scope OR starts_with(a.scope, s.scope || '/'))`;

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed = [unknown[], number];

interface NewActivation {
  eligibleAssignmentId: string;
  userId: string;
  roleId: string;
  scope: string;
  durationSeconds: number;
  reason: string;
}

interface Decision {
  type: 'user' | 'service_account' | 'system';
  id: string;
  reason: string | null;
}

@Injectable()
export class ActivationsRepository {
  async find(tx: Transaction, id: string): Promise<Activation | null> {
    const [activation] = await this.select(tx, 'a.id = $1', [id]);
    return activation ?? null;
  }

  findPage(
    tx: Transaction,
    reader: ActivationReader,
    filter: ActivationFilter,
    limit: number,
    afterId: string | null,
  ): Promise<Activation[]> {
    const { reading, approving } = reader;
    return this.select(
      tx,
      `(a.user_id = $1 OR (${within('$2')} AND NOT ${within('$3')}) OR (${within('$4')} AND NOT ${within('$5')}))
       AND ($6::text IS NULL OR ${STATUS} = $6) AND ($7::uuid IS NULL OR a.user_id = $7)
       AND ($8::uuid IS NULL OR a.role_id = $8) AND ($9::uuid IS NULL OR a.id > $9)
       ORDER BY a.id LIMIT $10`,
      [
        reader.id,
        reading.allowed,
        reading.denied,
        approving.allowed,
        approving.denied,
        filter.status ?? null,
        filter.userId ?? null,
        filter.roleId ?? null,
        afterId,
        limit,
      ],
    );
  }

  /** Pending or active ones of one eligible assignment. @param userId of this user only; null for everybody's */
  findOpen(tx: Transaction, eligibleAssignmentId: string, userId: string | null): Promise<Activation[]> {
    return this.select(
      tx,
      `a.eligible_assignment_id = $1 AND ($2::uuid IS NULL OR a.user_id = $2) AND ${IS_OPEN} ORDER BY a.id`,
      [eligibleAssignmentId, userId],
    );
  }

  /** Pending or active ones by the group's eligible assignments. @param userIds of these users only; null: of whoever is no member now */
  findOpenOfGroup(tx: Transaction, groupId: string, userIds: readonly string[] | null): Promise<Activation[]> {
    return this.select(
      tx,
      `e.group_id = $1 AND ${IS_OPEN} AND CASE WHEN $2::uuid[] IS NOT NULL THEN a.user_id = ANY ($2) ELSE NOT EXISTS (
         SELECT FROM group_members m JOIN groups g ON g.id = m.group_id
          WHERE m.group_id = $1 AND (m.user_id = u.id OR (m.object_id = u.object_id AND g.tenant_id = u.tenant_id))) END
       ORDER BY a.id`,
      [groupId, userIds],
    );
  }

  /** @param waitSeconds after which the request lapses, or with the eligible assignment if that ends earlier */
  async insertPending(tx: Transaction, activation: NewActivation, waitSeconds: number): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO role_activations
         (id, eligible_assignment_id, user_id, role_id, scope, duration_seconds, reason, status, requested_at, expires_at)
       SELECT $1, e.id, $3, $4, $5, $6, $7, 'pending', clock_timestamp(),
              least(clock_timestamp() + make_interval(secs => $8), e.valid_until)
         FROM eligible_assignments e WHERE e.id = $2`,
      [
        id,
        activation.eligibleAssignmentId,
        activation.userId,
        activation.roleId,
        activation.scope,
        activation.durationSeconds,
        activation.reason,
        waitSeconds,
      ],
    );
    return id;
  }

  /** When something ends that begins now; never after the eligible assignment. By the database's clock. */
  async endAfter(tx: Transaction, eligibleAssignmentId: string, seconds: number): Promise<Date> {
    const [row]: { end: Date }[] = await tx.query(
      `SELECT least(date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => $2), e.valid_until) AS "end"
         FROM eligible_assignments e WHERE e.id = $1`,
      [eligibleAssignmentId, seconds],
    );
    if (row === undefined) throw new Error('the eligible assignment was locked and is gone');
    return row.end;
  }

  /** Takes a pending request, once: whoever comes later, or too late, gets nothing. @returns whether it was still pending */
  async decide(
    tx: Transaction,
    id: string,
    status: 'approved' | 'denied' | 'cancelled',
    { type, id: byId, reason }: Decision,
  ): Promise<boolean> {
    const [rows]: Changed = await tx.query(
      `UPDATE role_activations
          SET status = $2, decided_at = clock_timestamp(), decided_by_type = $3, decided_by_id = $4, decision_reason = $5
        WHERE id = $1 AND status = 'pending' AND expires_at > clock_timestamp() RETURNING id`,
      [id, status, type, byId, reason],
    );
    return rows.length === 1;
  }

  async begin(tx: Transaction, id: string, assignmentId: string, until: Date, durationSeconds: number): Promise<void> {
    await tx.query(
      'UPDATE role_activations SET assignment_id = $2, expires_at = $3, duration_seconds = $4 WHERE id = $1',
      [id, assignmentId, until, durationSeconds],
    );
  }

  async end(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      'UPDATE role_activations SET expires_at = least(expires_at, clock_timestamp()), assignment_id = NULL WHERE id = $1',
      [id],
    );
  }

  /** Unix milliseconds. */
  async now(tx: Transaction): Promise<number> {
    const [row]: { now: number }[] = await tx.query(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    if (row === undefined) throw new Error('a statement without FROM answered no row');
    return row.now;
  }

  private select(tx: Transaction, condition: string, parameters: unknown[]): Promise<Activation[]> {
    return tx.query(
      `SELECT a.id, a.eligible_assignment_id AS "eligibleAssignmentId", a.user_id AS "userId",
              u.display_name AS "userDisplayName", u.tenant_id AS "tenantId", a.role_id AS "roleId", r.name AS "roleName",
              a.scope, a.duration_seconds AS "durationSeconds", a.reason, ${STATUS} AS status,
              a.requested_at AS "requestedAt", a.expires_at AS "expiresAt", a.decided_at AS "decidedAt",
              a.decided_by_type AS "decidedByType", a.decided_by_id AS "decidedById",
              a.decision_reason AS "decisionReason", a.assignment_id AS "assignmentId"
         FROM role_activations a JOIN users u ON u.id = a.user_id JOIN roles r ON r.id = a.role_id
         LEFT JOIN eligible_assignments e ON e.id = a.eligible_assignment_id
        WHERE ${condition}`,
      parameters,
    );
  }
}
