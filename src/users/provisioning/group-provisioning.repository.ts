import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';

/** A group that a directory keeps, with members that are users here. */
export interface ProvisionedGroup {
  id: string;
  tenantId: string;
  displayName: string;
  externalId: string | null;
  version: number;
}

@Injectable()
export class GroupProvisioningRepository {
  async find(tx: Transaction, id: string): Promise<ProvisionedGroup | null> {
    const [row]: ProvisionedGroup[] = await tx.query(
      `SELECT id, tenant_id AS "tenantId", display_name AS "displayName", external_id AS "externalId", version
         FROM groups WHERE id = $1 AND source = 'scim'`,
      [id],
    );
    return row ?? null;
  }

  async insert(tx: Transaction, tenantId: string, displayName: string, externalId: string | null): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO groups (id, tenant_id, source, display_name, external_id) VALUES ($1, $2, 'scim', $3, $4)`,
      [id, tenantId, displayName, externalId],
    );
    return id;
  }

  async rename(tx: Transaction, id: string, displayName: string, externalId: string | null): Promise<void> {
    await tx.query(
      `UPDATE groups SET display_name = $2, external_id = $3, version = version + 1, updated_at = now() WHERE id = $1`,
      [id, displayName, externalId],
    );
  }

  async memberIds(tx: Transaction, id: string): Promise<string[]> {
    const rows: { userId: string }[] = await tx.query(
      `SELECT user_id AS "userId" FROM group_members WHERE group_id = $1 AND user_id IS NOT NULL ORDER BY user_id`,
      [id],
    );
    return rows.map(({ userId }) => userId);
  }

  async addMembers(tx: Transaction, id: string, userIds: readonly string[]): Promise<void> {
    await tx.query(
      `INSERT INTO group_members (group_id, user_id) SELECT $1, u FROM unnest($2::uuid[]) u ON CONFLICT DO NOTHING`,
      [id, userIds],
    );
    await this.touch(tx, id);
  }

  async removeMembers(tx: Transaction, id: string, userIds: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM group_members WHERE group_id = $1 AND user_id = ANY ($2::uuid[])', [id, userIds]);
    await this.touch(tx, id);
  }

  /** With its members; nothing may be assigned to it any more. */
  async remove(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM groups WHERE id = $1', [id]);
  }

  private async touch(tx: Transaction, id: string): Promise<void> {
    await tx.query('UPDATE groups SET version = version + 1, updated_at = now() WHERE id = $1', [id]);
  }
}
