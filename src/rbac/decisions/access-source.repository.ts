import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AssignmentSource, ConstraintSource, RoleSource } from './access-source.types.js';

const PAGE = 10_000;

/** What is given to people, programs and groups of the tenant $1; without activations, which are events, and what has ended. */
const ASSIGNMENTS = `
  SELECT x.id, x.kind AS "assignmentType", x.effect, x.scope, x.valid_until AS "validUntil", x.role_id AS "roleId", r.name AS "roleName",
         p.type AS "principalType", p.id AS "principalId", p.name AS "principalDisplayName"
    FROM (
      SELECT a.id, 'active' AS kind, a.effect, a.scope, a.valid_until, a.role_id, a.user_id, a.service_account_id, a.group_id
        FROM role_assignments a
       WHERE NOT EXISTS (SELECT 1 FROM role_activations v WHERE v.assignment_id = a.id)
      UNION ALL
      SELECT e.id, 'eligible', 'allow', e.scope, e.valid_until, e.role_id, e.user_id, NULL, e.group_id FROM eligible_assignments e
    ) AS x
    JOIN roles r ON r.id = x.role_id
    CROSS JOIN LATERAL (
      SELECT 'user' AS type, coalesce(u.object_id, u.id) AS id, u.display_name AS name
        FROM users u WHERE u.id = x.user_id AND u.tenant_id = $1
      UNION ALL
      SELECT 'group', coalesce(g.object_id, g.id), g.display_name FROM groups g WHERE g.id = x.group_id AND g.tenant_id = $1
      UNION ALL
      SELECT 'service_account', s.id, s.name FROM service_accounts s WHERE s.id = x.service_account_id AND s.tenant_id = $1
    ) AS p
   WHERE (x.valid_until IS NULL OR x.valid_until > now()) AND ($2::uuid IS NULL OR x.id > $2)
   ORDER BY x.id LIMIT $3`;

/** Reads access as configuration that is watched. */
@Injectable()
export class AccessSourceRepository {
  /** @returns tenants.id; null for a directory that isn't one of ours */
  async findTenantId(tx: Transaction, entraTenantId: string): Promise<string | null> {
    const [row]: { id: string }[] = await tx.query('SELECT id FROM tenants WHERE entra_tenant_id = $1', [
      entraTenantId,
    ]);
    return row?.id ?? null;
  }

  async findRoles(tx: Transaction): Promise<RoleSource[]> {
    const rows: { role: RoleSource }[] = await tx.query(
      `SELECT role_content(r.id) || jsonb_build_object('id', r.id, 'description', r.description,
                'activationMaxSeconds', r.activation_max_seconds, 'activationNeedsApproval', r.activation_needs_approval) AS role
         FROM roles r ORDER BY r.id`,
    );
    return rows.map(({ role }) => role);
  }

  findConstraints(tx: Transaction): Promise<ConstraintSource[]> {
    return tx.query(
      `SELECT c.id, c.name, c.description, c.kind, c.at_most AS "atMost",
              coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name))
                          FROM separation_constraint_members m JOIN roles r ON r.id = m.role_id WHERE m.constraint_id = c.id), '[]') AS roles,
              coalesce((SELECT jsonb_agg(m.permission)
                          FROM separation_constraint_members m WHERE m.constraint_id = c.id AND m.permission IS NOT NULL), '[]') AS permissions
         FROM separation_constraints c ORDER BY c.id`,
    );
  }

  /** All of a tenant; what stands throughout is never missed, whatever changes between two pages. */
  async findAssignments(tx: Transaction, tenantId: string): Promise<AssignmentSource[]> {
    const found: AssignmentSource[] = [];
    for (;;) {
      const page: AssignmentSource[] = await tx.query(ASSIGNMENTS, [tenantId, found.at(-1)?.id ?? null, PAGE]);
      for (const row of page) found.push(row);
      if (page.length < PAGE) return found;
    }
  }
}
