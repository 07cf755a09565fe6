import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { SubjectRef, VisibleScopes } from '../rbac.types.js';
import type { EligibleAssignment, EligibleFilter, NewEligibleAssignment } from './activations.types.js';

/** Those of the members of a group too. The user is $1. */
const OF_USER = `(e.user_id = $1 OR e.group_id IN (
  SELECT m.group_id FROM group_members m WHERE m.user_id = $1
  UNION
  SELECT m.group_id FROM group_members m JOIN groups g ON g.id = m.group_id
    JOIN users u ON u.object_id = m.object_id AND u.tenant_id = g.tenant_id WHERE u.id = $1))`;

const coveringOneOf = (scopes: string) =>
  `SELECT 1 FROM unnest(${scopes}::text[]) AS s (scope) WHERE s.scope = '/' OR e.scope = s.scope OR starts_with(e.scope, s.scope || '/')`;

@Injectable()
export class EligibleAssignmentsRepository {
  async find(tx: Transaction, id: string): Promise<EligibleAssignment | null> {
    const [eligible] = await this.select(tx, 'e.id = $1', [id]);
    return eligible ?? null;
  }

  /** @param visible what the reader may see */
  findPage(
    tx: Transaction,
    filter: EligibleFilter,
    visible: VisibleScopes,
    limit: number,
    afterId: string | null,
  ): Promise<EligibleAssignment[]> {
    const parameters: unknown[] = [];
    const given = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = [
      `EXISTS (${coveringOneOf(given(visible.allowed))})`,
      `NOT EXISTS (${coveringOneOf(given(visible.denied))})`,
    ];
    if (filter.subjectId !== undefined) {
      const id = given(filter.subjectId);
      conditions.push(`(e.user_id = ${id} OR e.group_id = ${id})`);
    }
    if (filter.roleId !== undefined) conditions.push(`e.role_id = ${given(filter.roleId)}`);
    if (filter.scope !== undefined) conditions.push(`EXISTS (${coveringOneOf(given([filter.scope]))})`);
    if (afterId !== null) conditions.push(`e.id > ${given(afterId)}`);
    return this.select(tx, `${conditions.join(' AND ')} ORDER BY e.id LIMIT ${given(limit)}`, parameters);
  }

  /** What a user may activate now or later, themselves or by a group. */
  findOfUser(tx: Transaction, userId: string, limit: number, afterId: string | null): Promise<EligibleAssignment[]> {
    return this.select(
      tx,
      `${OF_USER} AND (e.valid_until IS NULL OR e.valid_until > now()) AND ($2::uuid IS NULL OR e.id > $2)
       ORDER BY e.id LIMIT $3`,
      [userId, afterId, limit],
    );
  }

  /** Whose it is or who is a member of whose group it is, and for how long. @returns null when the user isn't or it isn't there */
  async findUsable(
    tx: Transaction,
    userId: string,
    id: string,
  ): Promise<{
    eligible: EligibleAssignment;
    hasBegun: boolean;
    secondsLeft: number | null;
    isActive: boolean;
  } | null> {
    const [eligible] = await this.select(tx, `${OF_USER} AND e.id = $2`, [userId, id]);
    if (eligible === undefined) return null;
    const [row]: { hasBegun: boolean; secondsLeft: number | null; isActive: boolean }[] = await tx.query(
      `SELECT e.valid_from <= clock_timestamp() AS "hasBegun", u.status = 'active' AS "isActive",
              floor(extract(epoch FROM e.valid_until - clock_timestamp()))::float8 AS "secondsLeft"
         FROM eligible_assignments e, users u WHERE e.id = $2 AND u.id = $1`,
      [userId, id],
    );
    return row === undefined ? null : { eligible, ...row };
  }

  /** How many a user or group has. */
  async countOf(tx: Transaction, subjectId: string): Promise<number> {
    const [row]: { count: number }[] = await tx.query(
      'SELECT count(*)::int AS count FROM eligible_assignments WHERE user_id = $1 OR group_id = $1',
      [subjectId],
    );
    return row?.count ?? 0;
  }

  async insert(
    tx: Transaction,
    subject: SubjectRef,
    content: Omit<NewEligibleAssignment, 'subjectId'>,
    by: { type: 'user' | 'service_account' | 'system'; id: string },
  ): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO eligible_assignments
         (id, user_id, group_id, role_id, scope, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, $4, $5, coalesce($6::timestamptz, now()), $7, $8, $9, $10)`,
      [
        id,
        subject.type === 'user' ? subject.id : null,
        subject.type === 'group' ? subject.id : null,
        content.roleId,
        content.scope,
        content.validFrom,
        content.validUntil,
        content.reason,
        by.type,
        by.id,
      ],
    );
    return id;
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM eligible_assignments WHERE id = $1', [id]);
  }

  private select(tx: Transaction, condition: string, parameters: unknown[]): Promise<EligibleAssignment[]> {
    return tx.query(
      `SELECT e.id, json_build_object('type', CASE WHEN e.user_id IS NOT NULL THEN 'user' ELSE 'group' END,
                'id', coalesce(e.user_id, e.group_id)) AS subject,
              e.role_id AS "roleId", r.name AS "roleName", r.activation_max_seconds AS "activationMaxSeconds",
              r.activation_needs_approval AS "activationNeedsApproval", e.scope, e.valid_from AS "validFrom",
              e.valid_until AS "validUntil", e.reason, e.assigned_by_type AS "assignedByType",
              e.assigned_by_id AS "assignedById", e.created_at AS "createdAt"
         FROM eligible_assignments e JOIN roles r ON r.id = e.role_id
        WHERE ${condition}`,
      parameters,
    );
  }
}
