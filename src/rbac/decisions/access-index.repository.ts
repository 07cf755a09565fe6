import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { FactChange } from './fact-change.js';

/** Rows that are fetched at once. */
const PAGE = 5_000;

/** How far history has been read: all of the revisions before, and of this one what comes no later than the row, if there is one. */
export interface HistoryPosition {
  revision: number;
  /** Which of all that ever had this number: after a failover that lost commits there is another. Null where it can't be told. */
  identity: string | null;
  row: { kind: string; key: string } | null;
}

export interface HistoryPage {
  /** Of the revision that was read up to, as it is now. */
  identity: string | null;
  /** The revision that the database is at. */
  current: number;
  changes: FactChange[];
  /** Where to go on; its row is null when everything up to `current` has been read. */
  next: HistoryPosition;
}

/** When the last fact of a revision was written down: no two transactions write at the same microsecond under the same number. */
const IDENTITY = (revision: string) => `(SELECT max(i.at)::text FROM access_history i WHERE i.revision = ${revision})`;

const MILLISECONDS = (column: string) => `round(extract(epoch FROM ${column}) * 1000)::float8`;

/** Each table that decides, as rows of `key` and the members of the fact. */
const WHOLE: [kind: FactChange['kind'], text: string][] = [
  ['permission', 'SELECT name AS key FROM permissions'],
  [
    'role',
    `SELECT r.id AS key, r.name, r.is_system AS "isSystem",
            ARRAY(SELECT p.permission FROM role_permissions p WHERE p.role_id = r.id) AS permissions,
            ARRAY(SELECT p.parent_role_id::text FROM role_parents p WHERE p.role_id = r.id) AS parents FROM roles r`,
  ],
  ['user', 'SELECT id AS key, status, tenant_id AS "tenantId", object_id AS "objectId" FROM users'],
  [
    'service_account',
    'SELECT id AS key, status, tenant_id AS "tenantId", owner_user_id AS "ownerUserId" FROM service_accounts',
  ],
  [
    'membership',
    `SELECT access_key('membership', to_jsonb(m)) AS key, m.group_id AS "groupId", m.user_id AS "userId",
            m.object_id AS "objectId", g.tenant_id AS "groupTenantId" FROM group_members m JOIN groups g ON g.id = m.group_id`,
  ],
  [
    'assignment',
    `SELECT id AS key, CASE WHEN user_id IS NOT NULL THEN 'user' WHEN service_account_id IS NOT NULL THEN 'service_account'
              ELSE 'group' END AS "holderType",
            coalesce(user_id, service_account_id, group_id) AS "holderId", role_id AS "roleId", scope, effect,
            ${MILLISECONDS('valid_from')} AS "validFrom", ${MILLISECONDS('valid_until')} AS "validUntil" FROM role_assignments`,
  ],
];

/** Reads what the index is made of, and what has changed since. */
@Injectable()
export class AccessIndexRepository {
  /**
   * Everything that decides, page by page, as of one moment. Must be the first that its transaction does.
   *
   * @returns the revision of that moment, as a position
   */
  async loadWhole(tx: Transaction, take: (changes: FactChange[]) => void): Promise<HistoryPosition> {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const [state]: { revision: string; identity: string | null }[] = await tx.query(
      `SELECT s.revision, ${IDENTITY('s.revision')} AS identity FROM access_state s`,
    );
    for (const [kind, text] of WHOLE) {
      await tx.query(`DECLARE facts NO SCROLL CURSOR FOR ${text}`);
      let rows: { key: string }[];
      do {
        rows = await tx.query(`FETCH ${PAGE} FROM facts`);
        take(rows.map((row) => ({ kind, key: row.key, removed: false, content: row }) as unknown as FactChange));
      } while (rows.length === PAGE);
      await tx.query('CLOSE facts');
    }
    return { revision: Number(state?.revision ?? 0), identity: state?.identity ?? null, row: null };
  }

  /** The next rows of history. A revision may be cut in two by the end of a page. */
  async changesAfter(tx: Transaction, { revision, row }: HistoryPosition): Promise<HistoryPage> {
    const rows: HistoryRow[] = await tx.query(
      `SELECT s.revision::float8 AS current, ${IDENTITY('s.revision')} AS "currentIdentity", ${IDENTITY('$1')} AS identity, h.revision::float8 AS revision, h.kind, h.key, h.removed,
              CASE h.kind WHEN 'membership' THEN h.content || jsonb_build_object('groupTenantId',
                (SELECT g.tenant_id FROM groups g WHERE g.id = (h.content ->> 'groupId')::uuid)) ELSE h.content END AS content
         FROM access_state s LEFT JOIN LATERAL (
           SELECT * FROM access_history
            WHERE revision >= $1 AND (revision > $1 OR ($2::text IS NOT NULL AND (kind, key) > ($2, $3)))
            ORDER BY revision, kind, key LIMIT ${PAGE}) h ON true
        ORDER BY h.revision, h.kind, h.key`,
      [revision, row?.kind ?? null, row?.key ?? null],
    );
    const changes = rows.filter((change): change is HistoryRow & { key: string } => change.key !== null);
    const current = rows[0]?.current ?? 0;
    const last = changes.at(-1);
    return {
      current,
      identity: rows[0]?.identity ?? null,
      changes: changes as unknown as FactChange[],
      next:
        last === undefined || changes.length < PAGE
          ? { revision: current, identity: rows[0]?.currentIdentity ?? null, row: null }
          : { revision: last.revision, identity: null, row: { kind: last.kind, key: last.key } },
    };
  }
}

interface HistoryRow {
  current: number;
  currentIdentity: string | null;
  identity: string | null;
  revision: number;
  kind: string;
  key: string | null;
  removed: boolean;
  content: unknown;
}
