import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';

@Injectable()
export class CatalogueRepository {
  async upsertPermissions(tx: Transaction, permissions: Readonly<Record<string, string>>): Promise<void> {
    await tx.query(
      `INSERT INTO permissions (name, description) SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (name) DO UPDATE SET description = excluded.description
        WHERE permissions.description <> excluded.description`,
      [Object.keys(permissions), Object.values(permissions)],
    );
  }

  /** Those of ours, of no namespace, that the code no longer knows: permissions that no route asks for. */
  async findOwnPermissionsExcept(tx: Transaction, names: readonly string[]): Promise<string[]> {
    const [row]: { gone: string[] }[] = await tx.query(
      'SELECT ARRAY (SELECT name FROM permissions WHERE namespace IS NULL AND name <> ALL ($1::text[])) AS gone',
      [names],
    );
    return row?.gone ?? [];
  }

  /** And takes them from the roles that hold them; no constraint may name them any more. */
  async deletePermissions(tx: Transaction, names: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM role_permissions WHERE permission = ANY ($1::text[])', [names]);
    await tx.query('DELETE FROM permissions WHERE name = ANY ($1::text[])', [names]);
  }

  /** What applications registered: full names. */
  async findRegistered(tx: Transaction): Promise<string[]> {
    const rows: { name: string }[] = await tx.query('SELECT name FROM permissions WHERE namespace IS NOT NULL');
    return rows.map(({ name }) => name);
  }

  /** Makes the role's row and its content exactly this. */
  async putSystemRole(
    tx: Transaction,
    name: string,
    description: string,
    permissions: readonly string[],
  ): Promise<void> {
    await tx.query(
      `INSERT INTO roles (id, name, description, is_system) VALUES ($1, $2, $3, true)
       ON CONFLICT (name) DO UPDATE SET description = excluded.description, is_system = true
        WHERE roles.description <> excluded.description OR NOT roles.is_system`,
      [newId(), name, description],
    );
    await tx.query(
      `DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = $1) AND permission <> ALL ($2::text[])`,
      [name, permissions],
    );
    // One of this name may have been somebody's own until now.
    await tx.query('DELETE FROM role_parents WHERE role_id = (SELECT id FROM roles WHERE name = $1)', [name]);
    await tx.query(
      `INSERT INTO role_permissions (role_id, permission)
       SELECT r.id, p.name FROM roles r, unnest($2::text[]) AS p (name) WHERE r.name = $1
       ON CONFLICT DO NOTHING`,
      [name, permissions],
    );
  }
}
