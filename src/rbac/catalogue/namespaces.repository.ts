import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { Permission } from '../permission.entity.js';
import type { KnownPermission, NamespacePatch, NewNamespace, PermissionNamespace } from './namespace.types.js';

const COLUMNS = 'name, display_name AS "displayName", service_account_id AS "serviceAccountId", version';

@Injectable()
export class NamespacesRepository {
  async find(tx: Transaction, name: string): Promise<PermissionNamespace | null> {
    const [namespace]: PermissionNamespace[] = await tx.query(
      `SELECT ${COLUMNS} FROM permission_namespaces WHERE name = $1`,
      [name],
    );
    return namespace ?? null;
  }

  /** All of them: there are at most MAX_NAMESPACES. */
  findAll(tx: Transaction): Promise<PermissionNamespace[]> {
    return tx.query(`SELECT ${COLUMNS} FROM permission_namespaces ORDER BY name`);
  }

  async insert(tx: Transaction, { name, displayName, serviceAccountId }: NewNamespace): Promise<void> {
    await tx.query('INSERT INTO permission_namespaces (name, display_name, service_account_id) VALUES ($1, $2, $3)', [
      name,
      displayName,
      serviceAccountId,
    ]);
  }

  async update(tx: Transaction, before: PermissionNamespace, patch: NamespacePatch): Promise<void> {
    const after = { ...before, ...patch };
    await tx.query(
      `UPDATE permission_namespaces SET display_name = $2, service_account_id = $3, version = version + 1, updated_at = now()
        WHERE name = $1`,
      [before.name, after.displayName, after.serviceAccountId],
    );
  }

  async delete(tx: Transaction, name: string): Promise<void> {
    await tx.query('DELETE FROM permission_namespaces WHERE name = $1', [name]);
  }

  /** Sorted by name. */
  findPermissions(tx: Transaction, namespace: string): Promise<KnownPermission[]> {
    return tx.find(Permission, { where: { namespace }, order: { name: 'ASC' } });
  }

  /** Ours and all registered ones, by the bytes of their names. @param namespace only those of this one */
  findPermissionPage(
    tx: Transaction,
    namespace: string | undefined,
    limit: number,
    afterName: string | null,
  ): Promise<KnownPermission[]> {
    return tx.query(
      `SELECT name, description, namespace FROM permissions
        WHERE ($1::text IS NULL OR namespace = $1) AND ($2::text IS NULL OR name COLLATE "C" > $2)
        ORDER BY name COLLATE "C" LIMIT $3`,
      [namespace ?? null, afterName, limit],
    );
  }

  async findDescriptions(tx: Transaction, names: readonly string[]): Promise<Map<string, string>> {
    const rows: { name: string; description: string }[] = await tx.query(
      'SELECT name, description FROM permissions WHERE name = ANY ($1::text[])',
      [names],
    );
    return new Map(rows.map(({ name, description }) => [name, description]));
  }

  /** Adds the permissions, or renews their descriptions, and gives new ones to the role that holds everything. */
  async putPermissions(
    tx: Transaction,
    namespace: string,
    permissions: readonly { name: string; description: string }[],
    everythingRole: string,
  ): Promise<void> {
    const names = permissions.map(({ name }) => name);
    await tx.query(
      `INSERT INTO permissions (name, description, namespace) SELECT name, description, $1 FROM unnest($2::text[], $3::text[]) AS p (name, description)
       ON CONFLICT (name) DO UPDATE SET description = excluded.description
        WHERE permissions.description <> excluded.description`,
      [namespace, names, permissions.map(({ description }) => description)],
    );
    await tx.query(
      `INSERT INTO role_permissions (role_id, permission)
       SELECT r.id, p.name FROM roles r, unnest($2::text[]) AS p (name) WHERE r.name = $1
       ON CONFLICT DO NOTHING`,
      [everythingRole, names],
    );
  }

  /** Which roles hold any of these themselves, and which constraints name them; not the role that holds everything. */
  async findUses(
    tx: Transaction,
    names: readonly string[],
    everythingRole: string,
  ): Promise<{ permission: string; usedBy: string }[]> {
    return tx.query(
      `SELECT p.permission, 'the role ' || r.name AS "usedBy" FROM role_permissions p JOIN roles r ON r.id = p.role_id
        WHERE p.permission = ANY ($1::text[]) AND r.name <> $2
       UNION ALL
       SELECT m.permission, 'the separation constraint ' || c.name FROM separation_constraint_members m
         JOIN separation_constraints c ON c.id = m.constraint_id WHERE m.permission = ANY ($1::text[])
       ORDER BY 1, 2 LIMIT 10`,
      [names, everythingRole],
    );
  }

  async deletePermissions(tx: Transaction, names: readonly string[], everythingRole: string): Promise<void> {
    await tx.query(
      'DELETE FROM role_permissions WHERE permission = ANY ($1::text[]) AND role_id = (SELECT id FROM roles WHERE name = $2)',
      [names, everythingRole],
    );
    await tx.query('DELETE FROM permissions WHERE name = ANY ($1::text[])', [names]);
  }
}
