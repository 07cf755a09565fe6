import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { Assignment, AssignmentContent, AssignmentFilter, SubjectRef, VisibleScopes } from '../rbac.types.js';
import { RoleAssignment } from './role-assignment.entity.js';

/** Any constant; it names our access rules among the advisory locks of the database. */
export const ACCESS_LOCK = 0x62785802;

/**
 * Of the statement, not of the transaction: whoever waited for the lock began before what the holder of it then wrote, and would
 * take that for something that hasn't begun.
 */
const NOW = 'statement_timestamp()';

const VALID_NOW = `a.valid_from <= ${NOW} AND (a.valid_until IS NULL OR a.valid_until > ${NOW})`;

/** Of the scopes in an array: those that an assignment lies on or below. */
const coveringOneOf = (scopes: string) =>
  `SELECT 1 FROM unnest(${scopes}::text[]) AS s (scope) WHERE s.scope = '/' OR a.scope = s.scope OR starts_with(a.scope, s.scope || '/')`;

@Injectable()
export class AssignmentsRepository {
  /**
   * Until the transaction ends, nobody else changes who holds what: two administrators who remove each other at the same
   * moment must not both succeed.
   */
  async lockChanges(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ACCESS_LOCK]);
  }

  async findAssignment(tx: Transaction, id: string): Promise<Assignment | null> {
    const [assignment] = await this.selectAssignments(tx, 'a.id = $1', [id]);
    return assignment ?? null;
  }

  /** @param visible what the reader may see; null for everything */
  findAssignments(
    tx: Transaction,
    filter: AssignmentFilter,
    visible: VisibleScopes | null,
    limit: number,
    afterId: string | null,
  ): Promise<Assignment[]> {
    const parameters: unknown[] = [];
    const given = (value: unknown) => `$${parameters.push(value)}`;
    const conditions: string[] = ['true'];
    if (filter.subjectId !== undefined) {
      const id = given(filter.subjectId);
      conditions.push(`(a.user_id = ${id} OR a.service_account_id = ${id} OR a.group_id = ${id})`);
    }
    if (filter.roleId !== undefined) conditions.push(`a.role_id = ${given(filter.roleId)}`);
    if (filter.effect !== undefined) conditions.push(`a.effect = ${given(filter.effect)}`);
    if (filter.scope !== undefined && filter.scope !== '/') {
      // By the index of scopes: '0' is what comes after '/'.
      const scope = given(filter.scope);
      conditions.push(`(a.scope = ${scope} OR (a.scope ~>=~ (${scope} || '/') AND a.scope ~<~ (${scope} || '0')))`);
    }
    if (visible !== null) {
      conditions.push(`EXISTS (${coveringOneOf(given(visible.allowed))})`);
      conditions.push(`NOT EXISTS (${coveringOneOf(given(visible.denied))})`);
    }
    if (afterId !== null) conditions.push(`a.id > ${given(afterId)}`);
    return this.selectAssignments(tx, `${conditions.join(' AND ')} ORDER BY a.id LIMIT ${given(limit)}`, parameters);
  }

  async hasPermanentAllow(tx: Transaction, userId: string, roleId: string): Promise<boolean> {
    const rows = await this.selectAssignments(
      tx,
      `a.user_id = $1 AND a.role_id = $2 AND a.scope = '/' AND a.effect = 'allow' AND a.valid_until IS NULL AND ${VALID_NOW}
       LIMIT 1`,
      [userId, roleId],
    );
    return rows.length > 0;
  }

  /**
   * How many a subject has, and the one that says what a new one would say. Those that have begun all begin alike.
   *
   * @param subjectId users.id, service_accounts.id or groups.id
   */
  async findOthers(
    tx: Transaction,
    subjectId: string,
    { roleId, scope, effect, validFrom, validUntil }: AssignmentContent,
  ): Promise<{ count: number; same: string | null }> {
    const [row]: { count: number; same: string | null }[] = await tx.query(
      `SELECT count(*)::int AS count,
              (array_agg(a.id ORDER BY a.id) FILTER (WHERE a.role_id = $2 AND a.scope = $3 AND a.effect = $4
                AND greatest(a.valid_from, ${NOW}) = greatest($5::timestamptz, ${NOW})
                AND a.valid_until IS NOT DISTINCT FROM $6::timestamptz))[1] AS same
         FROM role_assignments a WHERE a.user_id = $1 OR a.service_account_id = $1 OR a.group_id = $1`,
      [subjectId, roleId, scope, effect, validFrom, validUntil],
    );
    return row ?? { count: 0, same: null };
  }

  async insertAssignment(
    tx: Transaction,
    subject: SubjectRef,
    assignment: AssignmentContent,
    by: { type: 'user' | 'service_account' | 'system'; id: string },
  ): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO role_assignments
         (id, user_id, service_account_id, group_id, role_id, scope, effect, valid_from, valid_until, reason,
          assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::timestamptz, now()), $9, $10, $11, $12)`,
      [
        id,
        subject.type === 'user' ? subject.id : null,
        subject.type === 'service_account' ? subject.id : null,
        subject.type === 'group' ? subject.id : null,
        assignment.roleId,
        assignment.scope,
        assignment.effect,
        assignment.validFrom,
        assignment.validUntil,
        assignment.reason,
        by.type,
        by.id,
      ],
    );
    return id;
  }

  async deleteAssignment(tx: Transaction, id: string): Promise<boolean> {
    const { affected } = await tx.delete(RoleAssignment, { id });
    return affected === 1;
  }

  private selectAssignments(tx: Transaction, condition: string, parameters: unknown[]): Promise<Assignment[]> {
    return tx.query(
      `SELECT a.id, json_build_object(
                'type', CASE WHEN a.user_id IS NOT NULL THEN 'user'
                             WHEN a.service_account_id IS NOT NULL THEN 'service_account' ELSE 'group' END,
                'id', coalesce(a.user_id, a.service_account_id, a.group_id)) AS subject,
              a.role_id AS "roleId", r.name AS "roleName", a.scope, a.effect,
              a.valid_from AS "validFrom", a.valid_until AS "validUntil", a.reason,
              a.assigned_by_type AS "assignedByType", a.assigned_by_id AS "assignedById", a.created_at AS "createdAt"
         FROM role_assignments a JOIN roles r ON r.id = a.role_id
        WHERE ${condition}`,
      parameters,
    );
  }
}
