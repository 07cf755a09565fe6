import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { RoleFacts, SubjectFacts } from './access-facts.js';

/** What there is to decide on some subjects by, all of it at one revision and one moment. */
export interface FactsAtRevision {
  revision: number;
  /** The database's clock, Unix milliseconds. */
  nowMs: number;
  roles: Map<string, RoleFacts>;
  /** By id; unknown ids are absent. */
  subjects: Map<string, SubjectFacts>;
  /** Those of the asked permissions that exist. */
  permissions: Set<string>;
}

/** Of a user `u`: those of SCIM by its id, those of Entra by the object id within its own tenant. */
const GROUPS_OF_USER = `
  SELECT m.group_id FROM group_members m WHERE m.user_id = u.id
  UNION
  SELECT m.group_id FROM group_members m JOIN groups g ON g.id = m.group_id AND g.tenant_id = u.tenant_id
   WHERE m.object_id = u.object_id`;

const assignmentsWhere = (condition: string) => `
  coalesce((SELECT jsonb_agg(access_content('assignment', to_jsonb(a)) || jsonb_build_object('id', a.id) ORDER BY a.id)
              FROM role_assignments a WHERE ${condition}), '[]')`;

/** $1: ids of users and service accounts. An array of groups and no subquery: only so are both halves of the OR looked up in indexes. */
const SUBJECTS = `
  SELECT u.id, 'user' AS type, u.tenant_id AS "tenantId", u.status = 'active' AS active, g.ids AS "groupIds",
         ${assignmentsWhere('a.user_id = u.id OR a.group_id = ANY (ARRAY(SELECT jsonb_array_elements_text(g.ids)::uuid))')} AS assignments
    FROM users u
    CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(group_id ORDER BY group_id), '[]') AS ids FROM (${GROUPS_OF_USER}) AS of_user) AS g
   WHERE u.id = ANY($1::uuid[])
  UNION ALL
  SELECT s.id, 'service_account', s.tenant_id, s.status = 'active' AND o.status = 'active', '[]'::jsonb,
         ${assignmentsWhere('a.service_account_id = s.id')}
    FROM service_accounts s JOIN users o ON o.id = s.owner_user_id
   WHERE s.id = ANY($1::uuid[])`;

const ROLES = `SELECT role_content(r.id) || jsonb_build_object('id', r.id) AS role FROM roles r`;

/** Reads what decisions are made from out of the tables that hold it now. */
@Injectable()
export class AccessFactsRepository {
  /** All roles, by id. */
  async loadRoles(tx: Transaction): Promise<Map<string, RoleFacts>> {
    const rows: { role: RoleFacts }[] = await tx.query(ROLES);
    return new Map(rows.map(({ role }) => [role.id, role]));
  }

  /** @param id users.id or service_accounts.id @returns null for an id of neither */
  async loadSubject(tx: Transaction, id: string): Promise<SubjectFacts | null> {
    return (await this.loadSubjects(tx, [id])).get(id.toLowerCase()) ?? null;
  }

  /** @returns by id as the rows have it, in small letters; unknown ids are absent */
  async loadSubjects(tx: Transaction, ids: readonly string[]): Promise<Map<string, SubjectFacts>> {
    const rows: SubjectFacts[] = await tx.query(SUBJECTS, [ids]);
    return new Map(rows.map((subject) => [subject.id, subject]));
  }

  /** The revision of what this transaction sees; a change of its own gets its revision only when it commits. */
  async revision(tx: Transaction): Promise<number> {
    const [row]: { revision: string }[] = await tx.query('SELECT revision FROM access_state');
    return Number(row?.revision ?? 0);
  }

  /** @returns users.id of everybody the group's assignments count for, disabled people included */
  async subjectsOfGroup(tx: Transaction, groupId: string): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT m.user_id AS id FROM group_members m WHERE m.group_id = $1 AND m.user_id IS NOT NULL
       UNION
       SELECT u.id FROM group_members m JOIN groups g ON g.id = m.group_id
         JOIN users u ON u.object_id = m.object_id AND u.tenant_id = g.tenant_id
        WHERE m.group_id = $1`,
      [groupId],
    );
    return rows.map(({ id }) => id);
  }

  /** Ids of users and service accounts, ascending. @param after '' for the first ones */
  async subjectIdsAfter(tx: Transaction, after: string, limit: number): Promise<string[]> {
    const page = (table: string) =>
      `(SELECT id FROM ${table} WHERE id > coalesce(nullif($1, '')::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT $2)`;
    const rows: { id: string }[] = await tx.query(
      `SELECT id FROM (${page('users')} UNION ALL ${page('service_accounts')}) AS both_kinds ORDER BY id LIMIT $2`,
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** @returns by id; unknown ids are absent */
  async describe(tx: Transaction, ids: readonly string[]): Promise<Map<string, DescribedSubject>> {
    const rows: DescribedSubject[] = await tx.query(
      `SELECT id, 'user' AS type, display_name AS "displayName" FROM users WHERE id = ANY($1::uuid[])
       UNION ALL SELECT id, 'service_account', name FROM service_accounts WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map((subject) => [subject.id, subject]));
  }

  /** Everything for a decision in one statement, and so of one moment. */
  async loadForDecision(
    tx: Transaction,
    subjectIds: readonly string[],
    permissions: readonly string[],
  ): Promise<FactsAtRevision> {
    const [row]: FactsRow[] = await tx.query(
      `SELECT (SELECT revision FROM access_state) AS revision,
              extract(epoch FROM now())::float8 * 1000 AS now,
              coalesce((SELECT jsonb_agg(r.role) FROM (${ROLES}) AS r), '[]') AS roles,
              coalesce((SELECT jsonb_agg(to_jsonb(s)) FROM (${SUBJECTS}) AS s), '[]') AS subjects,
              coalesce((SELECT jsonb_agg(p.name) FROM permissions p WHERE p.name = ANY($2::text[])), '[]') AS permissions`,
      [subjectIds, permissions],
    );
    if (row === undefined) throw new Error('a statement without FROM answered no row');
    return {
      revision: Number(row.revision),
      nowMs: row.now,
      roles: new Map(row.roles.map((role) => [role.id, role])),
      subjects: new Map(row.subjects.map((subject) => [subject.id, subject])),
      permissions: new Set(row.permissions),
    };
  }
}

interface FactsRow {
  revision: string;
  now: number;
  roles: RoleFacts[];
  subjects: SubjectFacts[];
  permissions: string[];
}

/** A subject as people know it. */
export interface DescribedSubject {
  id: string;
  type: SubjectFacts['type'];
  displayName: string;
}
