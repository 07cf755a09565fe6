import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { momentOf } from '../protocol/moment.js';
import type { Condition } from '../protocol/narrow-filter.js';

/** A provisioned group, without its members. */
export interface ScimGroupRow {
  id: string;
  externalId: string | null;
  displayName: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Comparisons that an index answers. */
export const GROUP_KEYS = [
  'id eq',
  'displayName eq',
  'externalId eq',
  'members.value eq',
  'meta.lastModified gt',
] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];

const COLUMNS = `g.id, g.external_id AS "externalId", g.display_name AS "displayName", g.version,
  g.created_at AS "createdAt", g.updated_at AS "updatedAt"`;

/** Reads the groups that were provisioned to one tenant; those of Entra's own directory are not SCIM's. */
@Injectable()
export class ScimGroupsRepository {
  /**
   * Changes of one group by SCIM are made one after the other, so that each is judged by what the one before left. Not by its row:
   * whoever changes access takes their lock before any row.
   */
  async lock(tx: Transaction, id: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('scim.groups:' || $1, 0))`, [id.toLowerCase()]);
  }

  async find(tx: Transaction, tenantId: string, id: string): Promise<ScimGroupRow | null> {
    const [row] = await this.read(tx, tenantId, [{ key: 'id eq', value: id }], 0, 1);
    return row ?? null;
  }

  async count(tx: Transaction, tenantId: string, conditions: readonly Condition<GroupKey>[]): Promise<number> {
    const { where, values } = whereOf(tenantId, conditions);
    const [row]: { count: number }[] = await tx.query(
      `SELECT count(*)::int AS count FROM groups g WHERE ${where}`,
      values,
    );
    return row?.count ?? 0;
  }

  /** @param from how many to leave out, or the id after which to begin */
  read(
    tx: Transaction,
    tenantId: string,
    conditions: readonly Condition<GroupKey>[],
    from: number | string,
    limit: number,
  ): Promise<ScimGroupRow[]> {
    const { where, values } = whereOf(tenantId, conditions);
    const parameter = `$${values.length + 1}`;
    const begin =
      typeof from === 'number' ? `ORDER BY g.id OFFSET ${parameter}` : `AND g.id > ${parameter} ORDER BY g.id`;
    return tx.query(`SELECT ${COLUMNS} FROM groups g WHERE ${where} ${begin} LIMIT $${values.length + 2}`, [
      ...values,
      from,
      limit,
    ]);
  }

  /** @param limit of members over all these groups */
  async membersOf(
    tx: Transaction,
    groupIds: readonly string[],
    limit: number,
  ): Promise<{ groupId: string; userId: string }[]> {
    return tx.query(
      `SELECT m.group_id AS "groupId", m.user_id AS "userId" FROM group_members m
         JOIN users u ON u.id = m.user_id AND u.status <> 'deleted'
        WHERE m.group_id = ANY ($1::uuid[]) ORDER BY m.group_id, m.user_id LIMIT $2`,
      [groupIds, limit],
    );
  }

  /** Those of these ids that are users of the tenant. */
  async usersAmong(tx: Transaction, tenantId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows: { id: string }[] = await tx.query(
      `SELECT u.id FROM users u WHERE u.id = ANY ($1::uuid[]) AND u.tenant_id = $2 AND u.status <> 'deleted'`,
      [ids, tenantId],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

function whereOf(tenantId: string, conditions: readonly Condition<GroupKey>[]): { where: string; values: unknown[] } {
  const values: unknown[] = [tenantId];
  const parts = conditions.map(({ key, value }) => {
    const parameter = (given: unknown) => `$${values.push(given)}`;
    switch (key) {
      case 'id eq':
        return isUuid(value) ? `g.id = ${parameter(value)}` : 'false';
      case 'displayName eq':
        return `lower(g.display_name) = lower(${parameter(value)})`;
      case 'externalId eq':
        return `g.external_id = ${parameter(value)}`;
      case 'members.value eq':
        return isUuid(value)
          ? `EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.id AND m.user_id = ${parameter(value)})`
          : 'false';
      case 'meta.lastModified gt': {
        const moment = momentOf(value);
        return moment === null ? 'false' : `date_trunc('milliseconds', g.updated_at) > ${parameter(moment)}`;
      }
      default:
        return 'false';
    }
  });
  return { where: ["g.tenant_id = $1 AND g.source = 'scim'", ...parts].join(' AND '), values };
}
