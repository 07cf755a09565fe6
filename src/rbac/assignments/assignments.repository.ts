import { Injectable } from '@nestjs/common';
import type { Permission as PermissionName } from '../../access/permissions.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type {
  AccessGrant,
  Assignment,
  AssignmentFilter,
  NewAssignment,
  RoleSummary,
  SubjectRef,
} from '../rbac.types.js';
import { Role } from '../roles/role.entity.js';
import { RolePermission } from '../roles/role-permission.entity.js';
import { RoleAssignment } from './role-assignment.entity.js';

/** Any constant; it names our access rules among the advisory locks of the database. */
export const ACCESS_LOCK = 0x62785802;

const VALID_NOW = 'a.valid_from <= now() AND (a.valid_until IS NULL OR a.valid_until > now())';
/** The subject is $1; no id is that of a user and of a service account. */
const OF_SUBJECT = '(a.user_id = $1 OR a.service_account_id = $1)';

@Injectable()
export class AssignmentsRepository {
  /**
   * Until the transaction ends, nobody else changes who holds what: two administrators who remove each other at the same
   * moment must not both succeed.
   */
  async lockChanges(tx: Transaction): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ACCESS_LOCK]);
  }

  /** Grants and denials of a user or service account that are valid now on this scope or above it. */
  findGrants(tx: Transaction, subjectId: string, scope: string): Promise<AccessGrant[]> {
    return tx.query(
      `SELECT rp.permission, a.id AS "assignmentId", r.name AS "roleName", a.effect, a.scope, a.valid_until AS "validUntil"
         FROM role_assignments a
         JOIN roles r ON r.id = a.role_id
         JOIN role_permissions rp ON rp.role_id = a.role_id
        WHERE ${OF_SUBJECT} AND ${VALID_NOW}
          AND (a.scope = '/' OR a.scope = $2 OR starts_with($2, a.scope || '/'))
        ORDER BY rp.permission, a.id`,
      [subjectId, scope],
    );
  }

  /** What the subject holds now or will by what is already assigned; only a denial that stands without an end takes away. */
  async findReach(tx: Transaction, subjectId: string): Promise<PermissionName[]> {
    const rows: { permission: PermissionName }[] = await tx.query(
      `SELECT rp.permission FROM role_assignments a JOIN role_permissions rp ON rp.role_id = a.role_id
        WHERE ${OF_SUBJECT} AND a.effect = 'allow' AND (a.valid_until IS NULL OR a.valid_until > now())
       EXCEPT
       SELECT rp.permission FROM role_assignments a JOIN role_permissions rp ON rp.role_id = a.role_id
        WHERE ${OF_SUBJECT} AND a.effect = 'deny' AND a.scope = '/' AND a.valid_from <= now() AND a.valid_until IS NULL
       ORDER BY permission`,
      [subjectId],
    );
    return rows.map(({ permission }) => permission);
  }

  /** Until the next assignment of the subject begins or ends by itself, by the database's clock; null for never. */
  async secondsToNextEdge(tx: Transaction, subjectId: string): Promise<number | null> {
    const [row]: { seconds: number | null }[] = await tx.query(
      `SELECT extract(epoch FROM min(edge) - clock_timestamp())::float8 AS seconds
         FROM role_assignments a, LATERAL (VALUES (a.valid_from), (a.valid_until)) AS edges (edge)
        WHERE ${OF_SUBJECT} AND edge > clock_timestamp()`,
      [subjectId],
    );
    return row?.seconds ?? null;
  }

  findRoles(tx: Transaction): Promise<RoleSummary[]> {
    return tx.find(Role, { order: { name: 'ASC' } });
  }

  findRole(tx: Transaction, id: string): Promise<RoleSummary | null> {
    return tx.findOneBy(Role, { id });
  }

  findRoleByName(tx: Transaction, name: string): Promise<RoleSummary | null> {
    return tx.findOneBy(Role, { name });
  }

  async findRolePermissions(tx: Transaction, roleId: string): Promise<PermissionName[]> {
    const rows = await tx.find(RolePermission, { where: { roleId }, order: { permission: 'ASC' } });
    return rows.map(({ permission }) => permission as PermissionName);
  }

  async findAssignment(tx: Transaction, id: string): Promise<Assignment | null> {
    const [assignment] = await this.selectAssignments(tx, 'a.id = $1', [id]);
    return assignment ?? null;
  }

  findAssignments(
    tx: Transaction,
    filter: AssignmentFilter,
    limit: number,
    afterId: string | null,
  ): Promise<Assignment[]> {
    return this.selectAssignments(
      tx,
      `($1::uuid IS NULL OR ${OF_SUBJECT}) AND ($2::uuid IS NULL OR a.role_id = $2) AND ($3::uuid IS NULL OR a.id > $3)
       ORDER BY a.id LIMIT $4`,
      [filter.subjectId ?? null, filter.roleId ?? null, afterId, limit],
    );
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

  async insertAssignment(
    tx: Transaction,
    subject: SubjectRef,
    assignment: Omit<NewAssignment, 'subjectId'>,
    by: { type: 'user' | 'service_account' | 'system'; id: string },
  ): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO role_assignments
         (id, user_id, service_account_id, role_id, scope, effect, valid_from, valid_until, reason,
          assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, now()), $8, $9, $10, $11)`,
      [
        id,
        subject.type === 'user' ? subject.id : null,
        subject.type === 'service_account' ? subject.id : null,
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

  /** Active users who hold the role everywhere, without an end, and are denied nothing of it. */
  async findStandingHolders(tx: Transaction, roleName: string): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT DISTINCT a.user_id AS id
         FROM role_assignments a
         JOIN roles r ON r.id = a.role_id AND r.name = $1
         JOIN users u ON u.id = a.user_id AND u.status = 'active'
        WHERE a.effect = 'allow' AND a.scope = '/' AND a.valid_until IS NULL AND a.valid_from <= now()
          AND NOT EXISTS (
            SELECT 1 FROM role_assignments d
              JOIN role_permissions dp ON dp.role_id = d.role_id
              JOIN role_permissions rp ON rp.role_id = a.role_id AND rp.permission = dp.permission
             WHERE d.user_id = a.user_id AND d.effect = 'deny' AND (d.valid_until IS NULL OR d.valid_until > now()))`,
      [roleName],
    );
    return rows.map(({ id }) => id);
  }

  private selectAssignments(tx: Transaction, condition: string, parameters: unknown[]): Promise<Assignment[]> {
    return tx.query(
      `SELECT a.id, json_build_object(
                'type', CASE WHEN a.user_id IS NULL THEN 'service_account' ELSE 'user' END,
                'id', coalesce(a.user_id, a.service_account_id)) AS subject,
              a.role_id AS "roleId", r.name AS "roleName", a.scope, a.effect,
              a.valid_from AS "validFrom", a.valid_until AS "validUntil", a.reason,
              a.assigned_by_type AS "assignedByType", a.assigned_by_id AS "assignedById", a.created_at AS "createdAt"
         FROM role_assignments a JOIN roles r ON r.id = a.role_id
        WHERE ${condition}`,
      parameters,
    );
  }
}
