import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid } from '../../kernel/ids/ids.js';
import type { Condition } from '../protocol/narrow-filter.js';

/** A person as SCIM shows them. */
export interface ScimUserRow {
  id: string;
  externalId: string | null;
  objectId: string | null;
  userPrincipalName: string | null;
  displayName: string;
  email: string | null;
  status: 'active' | 'disabled';
  profile: JsonObject;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** Comparisons that an index answers. */
export const USER_KEYS = [
  'id eq',
  'userName eq',
  'externalId eq',
  'displayName eq',
  'active eq',
  'meta.lastModified gt',
] as const;
export type UserKey = (typeof USER_KEYS)[number];

const COLUMNS = `u.id, u.external_id AS "externalId", u.object_id AS "objectId", u.user_principal_name AS "userPrincipalName",
  u.display_name AS "displayName", u.email, u.status, u.profile, u.version, u.created_at AS "createdAt",
  u.updated_at AS "updatedAt"`;

/** Reads the users of one tenant; what is deleted is not there. Values only ever travel as parameters. */
@Injectable()
export class ScimUsersRepository {
  async find(tx: Transaction, tenantId: string, id: string): Promise<ScimUserRow | null> {
    const [row] = await this.read(tx, tenantId, [{ key: 'id eq', value: id }], 0, 1);
    return row ?? null;
  }

  async count(tx: Transaction, tenantId: string, conditions: readonly Condition<UserKey>[]): Promise<number> {
    const { where, values } = whereOf(tenantId, conditions);
    const [row]: { count: number }[] = await tx.query(
      `SELECT count(*)::int AS count FROM users u WHERE ${where}`,
      values,
    );
    return row?.count ?? 0;
  }

  read(
    tx: Transaction,
    tenantId: string,
    conditions: readonly Condition<UserKey>[],
    offset: number,
    limit: number,
  ): Promise<ScimUserRow[]> {
    const { where, values } = whereOf(tenantId, conditions);
    const page = `OFFSET $${values.length + 1} LIMIT $${values.length + 2}`;
    return tx.query(`SELECT ${COLUMNS} FROM users u WHERE ${where} ORDER BY u.id ${page}`, [...values, offset, limit]);
  }
}

function whereOf(tenantId: string, conditions: readonly Condition<UserKey>[]): { where: string; values: unknown[] } {
  const values: unknown[] = [tenantId];
  const parts = conditions.map(({ key, value }) => {
    const parameter = (given: unknown) => `$${values.push(given)}`;
    switch (key) {
      case 'id eq':
        return isUuid(value) ? `u.id = ${parameter(value)}` : 'false';
      case 'userName eq':
        return `lower(u.user_principal_name) = lower(${parameter(value)})`;
      case 'displayName eq':
        return `lower(u.display_name) = lower(${parameter(value)})`;
      case 'active eq':
        return `u.status = ${parameter(value === 'true' ? 'active' : 'disabled')}`;
      case 'meta.lastModified gt': {
        const moment = Date.parse(value);
        return Number.isNaN(moment)
          ? 'false'
          : `date_trunc('milliseconds', u.updated_at) > ${parameter(new Date(moment))}`;
      }
      case 'externalId eq': {
        const given = parameter(value);
        // Who signed in before being provisioned is known by the object id.
        const known = isUuid(value) ? ` OR (u.external_id IS NULL AND u.object_id = ${given}::text::uuid)` : '';
        return `(u.external_id = ${given}::text${known})`;
      }
      default:
        return 'false';
    }
  });
  return { where: ["u.tenant_id = $1 AND u.status <> 'deleted'", ...parts].join(' AND '), values };
}
