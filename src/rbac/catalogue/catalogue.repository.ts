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

  /** A name that the code no longer knows is a permission that no route asks for. */
  async deletePermissionsExcept(tx: Transaction, names: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM role_permissions WHERE permission <> ALL ($1::text[])', [names]);
    await tx.query('DELETE FROM permissions WHERE name <> ALL ($1::text[])', [names]);
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
       ON CONFLICT (name) DO UPDATE SET description = excluded.description, is_system = true`,
      [newId(), name, description],
    );
    await tx.query(
      `DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = $1) AND permission <> ALL ($2::text[])`,
      [name, permissions],
    );
    await tx.query(
      `INSERT INTO role_permissions (role_id, permission)
       SELECT r.id, p.name FROM roles r, unnest($2::text[]) AS p (name) WHERE r.name = $1
       ON CONFLICT DO NOTHING`,
      [name, permissions],
    );
  }
}
