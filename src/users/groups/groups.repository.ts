import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { EntraGroup, Group, GroupMember } from './groups.types.js';

const COLUMNS = `g.id, g.tenant_id AS "tenantId", g.source, g.object_id AS "objectId", g.display_name AS "displayName",
  (SELECT count(*)::int FROM group_members m WHERE m.group_id = g.id) AS "memberCount",
  g.synced_at AS "syncedAt", g.sync_failure AS "syncFailure", g.created_at AS "createdAt"`;

@Injectable()
export class GroupsRepository {
  async now(tx: Transaction): Promise<Date> {
    const [row]: { now: Date }[] = await tx.query(`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`);
    return row?.now ?? new Date(0);
  }

  async find(tx: Transaction, id: string): Promise<Group | null> {
    const [group]: Group[] = await tx.query(`SELECT ${COLUMNS} FROM groups g WHERE g.id = $1`, [id]);
    return group ?? null;
  }

  /** The group, which nobody changes until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<Group | null> {
    await tx.query('SELECT 1 FROM groups WHERE id = $1 FOR UPDATE', [id]);
    return this.find(tx, id);
  }

  findPage(tx: Transaction, tenantId: string | null, limit: number, afterId: string | null): Promise<Group[]> {
    return tx.query(
      `SELECT ${COLUMNS} FROM groups g
        WHERE ($1::uuid IS NULL OR g.tenant_id = $1) AND ($2::uuid IS NULL OR g.id > $2) ORDER BY g.id LIMIT $3`,
      [tenantId, afterId, limit],
    );
  }

  async findChosen(tx: Transaction, tenantId: string): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT id FROM groups WHERE tenant_id = $1 AND source = 'entra' ORDER BY synced_at NULLS FIRST, id`,
      [tenantId],
    );
    return rows.map(({ id }) => id);
  }

  findMembers(tx: Transaction, id: string, limit: number, afterId: string | null): Promise<GroupMember[]> {
    return tx.query(
      `SELECT coalesce(m.user_id, m.object_id) AS id, u.id AS "userId", coalesce(m.object_id, u.object_id) AS "objectId",
              u.display_name AS "displayName", m.added_at AS "addedAt"
         FROM group_members m JOIN groups g ON g.id = m.group_id
         LEFT JOIN users u ON u.id = m.user_id OR (u.object_id = m.object_id AND u.tenant_id = g.tenant_id)
        WHERE m.group_id = $1 AND ($2::uuid IS NULL OR coalesce(m.user_id, m.object_id) > $2)
        ORDER BY coalesce(m.user_id, m.object_id) LIMIT $3`,
      [id, afterId, limit],
    );
  }

  async insert(tx: Transaction, tenantId: string, objectId: string, group: EntraGroup): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO groups (id, tenant_id, source, object_id, display_name, synced_at) VALUES ($1, $2, 'entra', $3, $4, $5)`,
      [id, tenantId, objectId, group.displayName, group.askedAt],
    );
    return id;
  }

  /** @returns object ids of those who weren't members before */
  async addMissing(tx: Transaction, id: string, objectIds: readonly string[]): Promise<string[]> {
    const rows: { objectId: string }[] = await tx.query(
      `INSERT INTO group_members (group_id, object_id) SELECT $1, o FROM unnest($2::uuid[]) o
       ON CONFLICT DO NOTHING RETURNING object_id AS "objectId"`,
      [id, objectIds],
    );
    return rows.map(({ objectId }) => objectId);
  }

  /** @returns object ids of those who were members and aren't among these */
  async removeOthers(tx: Transaction, id: string, objectIds: readonly string[]): Promise<string[]> {
    const rows: { objectId: string }[] = await tx.query(
      `WITH gone AS (DELETE FROM group_members WHERE group_id = $1 AND object_id <> ALL ($2::uuid[]) RETURNING object_id)
       SELECT object_id AS "objectId" FROM gone`,
      [id, objectIds],
    );
    return rows.map(({ objectId }) => objectId);
  }

  /** users.id of these people of the tenant, as far as they have accounts. */
  async findUserIds(tx: Transaction, tenantId: string, objectIds: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      'SELECT id FROM users WHERE tenant_id = $1 AND object_id = ANY ($2::uuid[])',
      [tenantId, objectIds],
    );
    return rows.map(({ id }) => id);
  }

  async noteSync(tx: Transaction, id: string, displayName: string, askedAt: Date): Promise<void> {
    await tx.query(
      `UPDATE groups SET synced_at = $3, sync_failure = NULL, display_name = $2, updated_at = now(),
              version = version + CASE WHEN display_name = $2 THEN 0 ELSE 1 END
        WHERE id = $1`,
      [id, displayName, askedAt],
    );
  }

  /** Whether what was noted of the group last was noted by then. */
  async wasNotedBy(tx: Transaction, id: string, moment: Date): Promise<boolean> {
    const rows: unknown[] = await tx.query('SELECT 1 FROM groups WHERE id = $1 AND updated_at <= $2', [id, moment]);
    return rows.length > 0;
  }

  /** @param reason one sentence for people */
  async noteFailure(tx: Transaction, id: string, reason: string): Promise<void> {
    await tx.query('UPDATE groups SET sync_failure = $2, updated_at = now() WHERE id = $1', [id, reason]);
  }

  async hasRoles(tx: Transaction, id: string): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `SELECT 1 FROM role_assignments WHERE group_id = $1 UNION ALL SELECT 1 FROM eligible_assignments WHERE group_id = $1 LIMIT 1`,
      [id],
    );
    return rows.length > 0;
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM groups WHERE id = $1', [id]);
  }
}
