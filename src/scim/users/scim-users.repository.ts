import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { PROFILE_COLUMNS, type ProfileColumns, UserProfiles } from '../../users/user-profiles.service.js';
import { momentOf } from '../protocol/moment.js';
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
  u.display_name AS "displayName", u.email, u.status, ${PROFILE_COLUMNS}, u.version, u.created_at AS "createdAt",
  u.updated_at AS "updatedAt"`;

/** Reads the users of one tenant; what is deleted is not there. Values only ever travel as parameters. */
@Injectable()
export class ScimUsersRepository {
  constructor(private readonly profiles: UserProfiles) {}

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

  /** @param from how many to leave out, or the id after which to begin */
  async read(
    tx: Transaction,
    tenantId: string,
    conditions: readonly Condition<UserKey>[],
    from: number | string,
    limit: number,
  ): Promise<ScimUserRow[]> {
    const { where, values } = whereOf(tenantId, conditions);
    const parameter = `$${values.length + 1}`;
    const begin =
      typeof from === 'number' ? `ORDER BY u.id OFFSET ${parameter}` : `AND u.id > ${parameter} ORDER BY u.id`;
    const rows: (Omit<ScimUserRow, 'profile'> & ProfileColumns)[] = await tx.query(
      `SELECT ${COLUMNS} FROM users u WHERE ${where} ${begin} LIMIT $${values.length + 2}`,
      [...values, from, limit],
    );
    return Promise.all(rows.map((row) => this.profiles.open(row, tenantId)));
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
        // Who has none is shown by the id.
        return isUuid(value)
          ? `(lower(u.user_principal_name) = lower(${parameter(value)}) OR (u.user_principal_name IS NULL AND u.id = ${parameter(value)}))`
          : `lower(u.user_principal_name) = lower(${parameter(value)})`;
      case 'displayName eq':
        return `lower(u.display_name) = lower(${parameter(value)})`;
      case 'active eq':
        return `u.status = ${parameter(value === 'true' ? 'active' : 'disabled')}`;
      case 'meta.lastModified gt': {
        const moment = momentOf(value);
        return moment === null ? 'false' : `date_trunc('milliseconds', u.updated_at) > ${parameter(moment)}`;
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
