import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid } from '../../kernel/ids/ids.js';
import type { DocumentConstraint, DocumentMapping, DocumentRole } from './access-document.types.js';

interface Stored {
  id: string;
  version: number;
}

/** What a document describes, as it is now, with the ids of its rows by what names them. */
export interface StoredAccess {
  roles: (Stored & DocumentRole)[];
  constraints: (Stored & DocumentConstraint)[];
  /** Equal ones may be there more than once. */
  mappings: (DocumentMapping & { id: string; holderId: string })[];
}

/** A group as a mapping asked for it. */
export interface FoundGroup {
  tenant: string;
  asked: string;
  /** groups.id */
  id: string;
  /** How documents name it: `group` and `groupId`. */
  reference: string;
  referenceId: string | null;
}

interface RoleRow extends Stored {
  name: string;
  description: string;
  permissions: string[];
  parents: string[];
  maxSeconds: number;
  needsApproval: boolean;
}

interface MappingRow {
  id: string;
  holderId: string;
  group: string;
  groupId: string | null;
  tenant: string;
  role: string;
  scope: string;
  effect: 'allow' | 'deny';
  /** Unix milliseconds. */
  validFrom: number;
  validUntil: number | null;
}

/** The object id of Entra's groups; of others the name with the id beside it, or the id alone where the name isn't one. */
const REFERENCE = `
  CASE WHEN g.source = 'entra' THEN g.object_id::text
       WHEN g.display_name !~ '^[^[:cntrl:]]{1,200}$' OR g.display_name ~* '^[0-9a-f]{8}-[0-9a-f-]{27}$' THEN g.id::text
       ELSE g.display_name END`;
const REFERENCE_ID = `CASE WHEN g.source = 'entra' OR ${REFERENCE} = g.id::text THEN NULL ELSE g.id END`;
const FOUND = `g.id, ${REFERENCE} AS reference, ${REFERENCE_ID} AS "referenceId"`;

@Injectable()
export class AccessDocumentRepository {
  /** Unix milliseconds. */
  async now(tx: Transaction): Promise<number> {
    const [row]: { now: number }[] = await tx.query(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    return row?.now ?? 0;
  }

  /** No statement of the transaction takes longer from here on. */
  async limitStatements(tx: Transaction, ms: number): Promise<void> {
    await tx.query(`SELECT set_config('statement_timeout', $1, true)`, [String(ms)]);
  }

  /** @param nowMs what has ended by then isn't there */
  async load(tx: Transaction, nowMs: number): Promise<StoredAccess> {
    return {
      roles: await this.loadRoles(tx),
      constraints: await this.loadConstraints(tx),
      mappings: await this.loadMappings(tx, nowMs),
    };
  }

  /** roles.id by name, system roles included. */
  async findRoleIds(tx: Transaction, names: readonly string[]): Promise<Map<string, string>> {
    const rows: { id: string; name: string }[] = await tx.query(
      'SELECT id, name FROM roles WHERE name = ANY ($1::text[])',
      [names],
    );
    return new Map(rows.map(({ id, name }) => [name, id]));
  }

  /** @returns those of the names that are the service's own roles */
  async findSystemRoles(tx: Transaction, names: readonly string[]): Promise<string[]> {
    const rows: { name: string }[] = await tx.query(
      'SELECT name FROM roles WHERE is_system AND name = ANY ($1::text[]) ORDER BY name',
      [names],
    );
    return rows.map(({ name }) => name);
  }

  /** @returns those of the directory ids that are tenants here */
  async findTenants(tx: Transaction, entraTenantIds: readonly string[]): Promise<Set<string>> {
    const rows: { id: string }[] = await tx.query(
      'SELECT entra_tenant_id::text AS id FROM tenants WHERE entra_tenant_id = ANY ($1::uuid[])',
      [entraTenantIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** By object ids, ids and names; a name that several groups have comes back several times. */
  async findGroups(tx: Transaction, asked: readonly { tenant: string; group: string }[]): Promise<FoundGroup[]> {
    const byId = asked.filter(({ group }) => isUuid(group));
    const byName = asked.filter(({ group }) => !isUuid(group));
    return tx.query(
      `SELECT given.tenant, given.name AS asked, ${FOUND}
         FROM unnest($1::uuid[], $2::text[]) AS given (tenant, name)
         JOIN tenants t ON t.entra_tenant_id = given.tenant
         JOIN groups g ON g.tenant_id = t.id AND g.object_id = given.name::uuid
       UNION
       SELECT given.tenant, given.name, ${FOUND}
         FROM unnest($1::uuid[], $2::text[]) AS given (tenant, name)
         JOIN tenants t ON t.entra_tenant_id = given.tenant
         JOIN groups g ON g.tenant_id = t.id AND g.id = given.name::uuid
       UNION
       SELECT given.tenant, given.name, ${FOUND}
         FROM unnest($3::uuid[], $4::text[]) AS given (tenant, name)
         JOIN tenants t ON t.entra_tenant_id = given.tenant
         JOIN groups g ON g.tenant_id = t.id AND lower(g.display_name) = lower(given.name) AND g.display_name = given.name`,
      [
        byId.map(({ tenant }) => tenant),
        byId.map(({ group }) => group),
        byName.map(({ tenant }) => tenant),
        byName.map(({ group }) => group),
      ],
    );
  }

  async findDisplayNames(tx: Transaction, subjectIds: readonly string[]): Promise<Map<string, string>> {
    const rows: { id: string; name: string }[] = await tx.query(
      `SELECT id, display_name AS name FROM users WHERE id = ANY ($1::uuid[])
       UNION ALL SELECT id, name FROM service_accounts WHERE id = ANY ($1::uuid[])`,
      [subjectIds],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  private async loadRoles(tx: Transaction): Promise<StoredAccess['roles']> {
    const rows: RoleRow[] = await tx.query(
      `SELECT r.id, r.version, r.name, r.description, r.activation_max_seconds AS "maxSeconds",
              r.activation_needs_approval AS "needsApproval",
              ARRAY (SELECT p.permission FROM role_permissions p WHERE p.role_id = r.id) AS permissions,
              ARRAY (SELECT q.name FROM role_parents p JOIN roles q ON q.id = p.parent_role_id WHERE p.role_id = r.id) AS parents
         FROM roles r WHERE NOT r.is_system`,
    );
    return rows.map(({ maxSeconds, needsApproval, ...role }) => ({
      ...role,
      permissions: role.permissions.sort(),
      parents: role.parents.sort(),
      activation: { maxSeconds, needsApproval },
    }));
  }

  private async loadConstraints(tx: Transaction): Promise<StoredAccess['constraints']> {
    const rows: StoredAccess['constraints'] = await tx.query(
      `SELECT c.id, c.version, c.name, c.description, c.kind, c.at_most AS "atMost",
              ARRAY (SELECT coalesce(m.permission, r.name) FROM separation_constraint_members m
                       LEFT JOIN roles r ON r.id = m.role_id WHERE m.constraint_id = c.id) AS members
         FROM separation_constraints c`,
    );
    return rows.map((constraint) => ({ ...constraint, members: constraint.members.sort() }));
  }

  private async loadMappings(tx: Transaction, nowMs: number): Promise<StoredAccess['mappings']> {
    const rows: MappingRow[] = await tx.query(
      `SELECT a.id, g.id AS "holderId", ${REFERENCE} AS "group", ${REFERENCE_ID} AS "groupId", t.entra_tenant_id::text AS tenant, r.name AS role, a.scope, a.effect,
              floor(extract(epoch FROM a.valid_from) * 1000)::float8 AS "validFrom",
              floor(extract(epoch FROM a.valid_until) * 1000)::float8 AS "validUntil"
         FROM role_assignments a JOIN groups g ON g.id = a.group_id JOIN tenants t ON t.id = g.tenant_id
         JOIN roles r ON r.id = a.role_id
        ORDER BY a.id`,
    );
    return rows
      .filter(({ validUntil }) => validUntil === null || validUntil > nowMs)
      .map(({ validFrom, validUntil, ...mapping }) => ({
        ...mapping,
        validFrom: validFrom > nowMs ? new Date(validFrom).toISOString() : null,
        validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
      }));
  }
}
