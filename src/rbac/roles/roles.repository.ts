import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { RoleFacts } from '../decisions/access-facts.js';
import type { NewRole, RoleDetails, RolePatch, RoleRef, RoleSummary } from '../rbac.types.js';
import { Role } from '../role.entity.js';

const OWN_PERMISSIONS =
  'ARRAY (SELECT permission FROM role_permissions p WHERE p.role_id = r.id ORDER BY permission) AS permissions';

/** Columns of RoleFacts. */
const FACTS = `
  r.id, r.name, r.is_system AS "isSystem",
  ${OWN_PERMISSIONS},
  ARRAY (SELECT parent_role_id::text FROM role_parents p WHERE p.role_id = r.id) AS parents`;

/** One statement, as a document asks for each of its roles. $1: roles.id */
const DETAILS = `
  SELECT r.id, r.name, r.description, r.is_system AS "isSystem", r.activation_max_seconds AS "activationMaxSeconds",
         r.activation_needs_approval AS "activationNeedsApproval", r.version, ${OWN_PERMISSIONS},
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', u.id, 'name', u.name) ORDER BY u.name)
                     FROM role_parents p JOIN roles u ON u.id = p.parent_role_id WHERE p.role_id = r.id), '[]') AS parents
    FROM roles r WHERE r.id = $1`;

/** A new role with what it holds and inherits from; what is recorded of it is read at the end of the transaction. */
const INSERT = `
  WITH role AS (
    INSERT INTO roles (id, name, description, is_system, activation_max_seconds, activation_needs_approval, version)
    VALUES ($1, $2, $3, false, $4, $5, 1)
  ), own AS (
    INSERT INTO role_permissions (role_id, permission) SELECT $1, unnest($6::text[]) ON CONFLICT DO NOTHING
  )
  INSERT INTO role_parents (role_id, parent_role_id) SELECT $1, unnest($7::uuid[]) ON CONFLICT DO NOTHING`;

@Injectable()
export class RolesRepository {
  private readonly kept = new WeakMap<Transaction, Map<string, RoleFacts>>();

  /**
   * For a transaction that changes many roles and that nobody changes roles beside: from here on what roles inherit is known from
   * memory, which follows the changes that are made here.
   */
  async keepAll(tx: Transaction): Promise<void> {
    const rows: RoleFacts[] = await tx.query(`SELECT ${FACTS} FROM roles r`);
    this.kept.set(tx, new Map(rows.map((role) => [role.id, role])));
  }

  keepsAll(tx: Transaction): boolean {
    return this.kept.has(tx);
  }

  find(tx: Transaction, id: string): Promise<RoleSummary | null> {
    return tx.findOneBy(Role, { id });
  }

  findByName(tx: Transaction, name: string): Promise<RoleSummary | null> {
    return tx.findOneBy(Role, { name });
  }

  async count(tx: Transaction): Promise<number> {
    return this.kept.get(tx)?.size ?? tx.count(Role);
  }

  /** @param nameContains any case */
  findPage(
    tx: Transaction,
    nameContains: string | undefined,
    limit: number,
    afterId: string | null,
  ): Promise<RoleSummary[]> {
    const query = tx.createQueryBuilder(Role, 'r').orderBy('r.id').limit(limit);
    if (afterId !== null) query.andWhere('r.id > :afterId', { afterId });
    if (nameContains !== undefined)
      query.andWhere('position(lower(:nameContains) IN lower(r.name)) > 0', { nameContains });
    return query.getMany();
  }

  async findDetails(tx: Transaction, id: string): Promise<RoleDetails | null> {
    const [role]: RoleDetails[] = await tx.query(DETAILS, [id]);
    return role ?? null;
  }

  /** These roles and all that they inherit from, directly or not; where all are kept, all. */
  async findClosure(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, RoleFacts>> {
    const kept = this.kept.get(tx);
    if (kept !== undefined) return kept;
    const rows: RoleFacts[] = await tx.query(
      `WITH RECURSIVE closure (id) AS (
         SELECT id FROM roles WHERE id = ANY ($1::uuid[])
         UNION SELECT p.parent_role_id FROM closure c JOIN role_parents p ON p.role_id = c.id
       )
       SELECT ${FACTS} FROM closure JOIN roles r USING (id)`,
      [ids],
    );
    return new Map(rows.map((role) => [role.id, role]));
  }

  /** Which roles each role inherits from directly, of all roles that inherit. */
  async findParents(tx: Transaction): Promise<Map<string, string[]>> {
    const rows: { id: string; parents: string[] }[] = await tx.query(
      'SELECT role_id AS id, array_agg(parent_role_id::text) AS parents FROM role_parents GROUP BY role_id',
    );
    return new Map(rows.map(({ id, parents }) => [id, parents]));
  }

  /** How often other roles than this one inherit from another directly. @param exceptOf roles.id */
  async countEdges(tx: Transaction, exceptOf: string): Promise<number> {
    const [row]: { count: number }[] = await tx.query(
      'SELECT count(*)::int AS count FROM role_parents WHERE role_id <> $1',
      [exceptOf],
    );
    return row?.count ?? 0;
  }

  async findNames(tx: Transaction, ids: readonly string[]): Promise<Map<string, string>> {
    const kept = this.kept.get(tx);
    const rows: readonly RoleRef[] =
      kept === undefined
        ? await tx.query('SELECT id, name FROM roles WHERE id = ANY ($1::uuid[])', [ids])
        : ids.flatMap((id) => kept.get(id) ?? []);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** @returns those of the names that are no permission here */
  async findUnknownPermissions(tx: Transaction, names: readonly string[]): Promise<Set<string>> {
    const rows: { name: string }[] = await tx.query(
      'SELECT name FROM unnest($1::text[]) AS given (name) WHERE NOT EXISTS (SELECT 1 FROM permissions p WHERE p.name = given.name)',
      [names],
    );
    return new Set(rows.map(({ name }) => name));
  }

  async insert(tx: Transaction, role: NewRole): Promise<string> {
    const { name, description, permissions, parents, activationMaxSeconds, activationNeedsApproval } = role;
    const id = newId();
    await tx.query(INSERT, [
      id,
      name,
      description,
      activationMaxSeconds,
      activationNeedsApproval,
      permissions,
      parents,
    ]);
    // No other inherits from it yet: what is worked out of them stays right.
    this.kept.get(tx)?.set(id, { id, name, isSystem: false, permissions, parents });
    return id;
  }

  /** Changes the role if it still has the version that was read. @returns whether it had */
  async update(tx: Transaction, id: string, version: number, patch: RolePatch): Promise<boolean> {
    const { permissions, parents, ...columns } = patch;
    const { affected } = await tx.update(Role, { id, version }, { ...columns, version: version + 1 });
    if (affected !== 1) return false;
    if (permissions !== undefined) await this.putPermissions(tx, id, permissions);
    if (parents !== undefined) await this.putParents(tx, id, parents);
    const kept = this.kept.get(tx);
    const before = kept?.get(id);
    if (kept !== undefined && before !== undefined) {
      const after: RoleFacts = {
        ...before,
        name: patch.name ?? before.name,
        permissions: permissions ?? before.permissions,
        parents: parents ?? before.parents,
      };
      // Another map: RoleClosures holds what it has worked out of this one.
      this.kept.set(tx, new Map(kept).set(id, after));
    }
    return true;
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM role_permissions WHERE role_id = $1', [id]);
    await tx.delete(Role, { id });
    this.kept.get(tx)?.delete(id);
  }

  /** What still refers to a role; the names are at most the first five. */
  async findUses(
    tx: Transaction,
    id: string,
  ): Promise<{ assigned: number; eligible: number; inheritedBy: string[]; constraints: string[] }> {
    const [row] = await tx.query(
      `SELECT (SELECT count(*)::int FROM role_assignments WHERE role_id = $1) AS assigned,
              (SELECT count(*)::int FROM eligible_assignments WHERE role_id = $1) AS eligible,
              ARRAY (SELECT r.name FROM role_parents p JOIN roles r ON r.id = p.role_id WHERE p.parent_role_id = $1
                      ORDER BY r.name LIMIT 5) AS "inheritedBy",
              ARRAY (SELECT c.name FROM separation_constraint_members m JOIN separation_constraints c ON c.id = m.constraint_id
                      WHERE m.role_id = $1 ORDER BY c.name LIMIT 5) AS constraints`,
      [id],
    );
    return row;
  }

  /**
   * Who has one of the roles, or one that inherits from it, or may activate one: users (also through groups) and service accounts.
   *
   * @returns users.id and service_accounts.id
   */
  async findHolders(tx: Transaction, roleIds: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `WITH RECURSIVE heirs (id) AS (
         SELECT unnest($1::uuid[]) UNION SELECT p.role_id FROM heirs h JOIN role_parents p ON p.parent_role_id = h.id
       ), holders AS (
         SELECT user_id, service_account_id, group_id FROM role_assignments WHERE role_id IN (SELECT id FROM heirs)
         UNION ALL
         SELECT user_id, NULL, group_id FROM eligible_assignments WHERE role_id IN (SELECT id FROM heirs)
       )
       SELECT coalesce(user_id, service_account_id) AS id FROM holders WHERE group_id IS NULL
       UNION
       SELECT u.id FROM holders h JOIN groups g ON g.id = h.group_id JOIN group_members m ON m.group_id = g.id
         JOIN users u ON u.id = m.user_id OR (u.object_id = m.object_id AND u.tenant_id = g.tenant_id)`,
      [roleIds],
    );
    return rows.map(({ id }) => id);
  }

  private async putPermissions(tx: Transaction, id: string, permissions: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM role_permissions WHERE role_id = $1 AND permission <> ALL ($2::text[])', [
      id,
      permissions,
    ]);
    await tx.query(
      'INSERT INTO role_permissions (role_id, permission) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
      [id, permissions],
    );
  }

  private async putParents(tx: Transaction, id: string, parents: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM role_parents WHERE role_id = $1 AND parent_role_id <> ALL ($2::uuid[])', [id, parents]);
    await tx.query(
      'INSERT INTO role_parents (role_id, parent_role_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING',
      [id, parents],
    );
  }
}
