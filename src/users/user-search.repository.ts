import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { PROFILE_COLUMNS, type ProfileColumns, UserProfiles } from './user-profiles.service.js';
import { DESCRIBED } from './users.repository.js';
import type { ListedUser, UserDetails, UserPosition, UserSearch, UserSort } from './users.types.js';

/** The key of somebody who never signed in: before everybody who did. */
export const NEVER = 'never';

/** By SCIM come accounts that a directory describes, or that nobody has signed in to. */
const SOURCE = `CASE WHEN ${DESCRIBED} OR u.last_sign_in_at IS NULL THEN 'scim' ELSE 'entra' END`;

const LISTED = `u.id, u.tenant_id AS "tenantId", u.object_id AS "objectId", u.display_name AS "displayName",
  u.user_principal_name AS "userPrincipalName", u.email, u.status, u.security_stamp AS "securityStamp",
  u.security_stamp_raised_at AS "securityStampRaisedAt", u.last_sign_in_at AS "lastSignInAt", u.version,
  u.created_at AS "createdAt", ${SOURCE} AS source`;

/** Microseconds, which is what the database counts in: milliseconds would lose rows between pages. */
const microseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
const atMicroseconds = (key: string) => `('epoch'::timestamptz + ${key}::bigint * interval '1 microsecond')`;

/** By what is sorted, as the indexes have it; the same as text; and back. */
const SORTS: Record<UserSort, { by: string; key: string; value: (key: string, parameter: string) => string }> = {
  displayName: { by: 'u.sort_name', key: 'u.sort_name', value: (_key, parameter) => `${parameter}::text` },
  createdAt: {
    by: 'u.created_at',
    key: microseconds('u.created_at'),
    value: (_key, parameter) => atMicroseconds(parameter),
  },
  lastSignIn: {
    by: `coalesce(u.last_sign_in_at, '-infinity'::timestamptz)`,
    key: `coalesce(${microseconds('u.last_sign_in_at')}, '${NEVER}')`,
    value: (key, parameter) =>
      key === NEVER
        ? `coalesce(nullif(${parameter}::text, '${NEVER}')::timestamptz, '-infinity')`
        : atMicroseconds(parameter),
  },
};

/** Finds people; by the indexes of migration 0013. */
@Injectable()
export class UserSearchRepository {
  constructor(private readonly profiles: UserProfiles) {}

  findPage(
    tx: Transaction,
    search: UserSearch,
    limit: number,
    after: UserPosition | null,
  ): Promise<(ListedUser & { sortKey: string })[]> {
    const parameters: unknown[] = [];
    const given = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = [search.status === null ? `u.status <> 'deleted'` : `u.status = ${given(search.status)}`];
    for (const word of search.words) conditions.push(`u.search_text LIKE ${containing(given(word))}`);
    if (search.tenantId !== null) conditions.push(`u.tenant_id = ${given(search.tenantId)}`);
    if (search.source !== null) conditions.push(`${SOURCE} = ${given(search.source)}`);
    const { by, key, value } = SORTS[search.sort];
    const [direction, beyond] = search.order === 'asc' ? ['ASC', '>'] : ['DESC', '<'];
    if (after !== null) {
      const position = value(after.key, given(after.key));
      conditions.push(`(${by}, u.id) ${beyond} (${position}, ${given(after.id)}::uuid)`);
    }
    return tx.query(
      `SELECT ${LISTED}, ${key} AS "sortKey" FROM users u WHERE ${conditions.join(' AND ')}
        ORDER BY ${by} ${direction}, u.id ${direction} LIMIT ${given(limit)}`,
      parameters,
    );
  }

  async findDetails(tx: Transaction, id: string): Promise<UserDetails | null> {
    const [user]: (Omit<UserDetails, 'profile'> & ProfileColumns)[] = await tx.query(
      `SELECT ${LISTED}, u.external_id AS "externalId", ${PROFILE_COLUMNS}, u.updated_at AS "updatedAt", u.deleted_at AS "deletedAt"
         FROM users u WHERE u.id = $1`,
      [id],
    );
    return user === undefined ? null : this.profiles.open(user, user.tenantId);
  }
}

/** Escaped after it is folded: what folds to a wildcard, as the full-width percent sign does, is none either. */
function containing(word: string): string {
  return `'%' || regexp_replace(folded_text(${word}), '([\\\\%_])', '\\\\\\1', 'g') || '%'`;
}
