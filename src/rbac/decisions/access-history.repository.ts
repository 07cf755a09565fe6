import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AssignmentFacts, RoleFacts, SubjectFacts } from './access-facts.js';

/** Removed assignments that one question is answered with: the latest. */
const MAX_REMOVED = 20;

/** Where a past time lies in the history. */
export interface HistoryPoint {
  /** The last revision that was complete then; null when the history begins later. */
  revision: number | null;
  /** By the database's clock, or the asked time. Unix milliseconds. */
  nowMs: number;
  /** Whether that time has not come yet, by the database's clock. */
  isFuture: boolean;
  /** When rows were last emptied or loaded past the triggers, at or before that time: from then on the history has gaps. */
  interruptedAt: Date | null;
}

/** An assignment that stood once and no longer did at the asked time. */
export interface RemovedAssignment extends AssignmentFacts {
  removedAt: Date;
}

/** $1: key, $2: revision. The state of one fact then; no row when it wasn't there. */
const latest = (kind: string, key: string, revision: string) => `
  SELECT l.key, l.content FROM (
    SELECT h.key, h.content, h.removed FROM access_history h
     WHERE h.kind = '${kind}' AND h.key = ${key} AND h.revision <= ${revision} ORDER BY h.revision DESC LIMIT 1) AS l
   WHERE NOT l.removed`;

/** The keys of a kind that ever named one of the holders, with the last state of each until revision $2. $1: holders. */
const LAST_OF_HOLDERS = (kind: string) => `
  SELECT l.* FROM (SELECT DISTINCT h.key FROM access_history h
                    WHERE h.kind = '${kind}' AND h.holder = ANY($1::uuid[]) AND h.revision <= $2) AS keys
   CROSS JOIN LATERAL (SELECT h.key, h.holder, h.content, h.removed, h.at FROM access_history h
                        WHERE h.kind = '${kind}' AND h.key = keys.key AND h.revision <= $2
                        ORDER BY h.revision DESC LIMIT 1) AS l
   WHERE l.holder = ANY($1::uuid[])`;

/**
 * The facts as they were at a past time, from access_history. A transaction counts from the moment at which its last fact was
 * written down; nobody sees half of one.
 */
@Injectable()
export class AccessHistoryRepository {
  /** @param at to the millisecond */
  async findPoint(tx: Transaction, at: Date): Promise<HistoryPoint> {
    const [row]: { revision: string | null; isFuture: boolean; interruptedAt: Date | null }[] = await tx.query(
      `WITH last AS (
         SELECT revision FROM access_history WHERE at <= $1::timestamptz ORDER BY at DESC, revision DESC LIMIT 1)
       SELECT CASE WHEN EXISTS (SELECT 1 FROM access_history h WHERE h.revision = last.revision AND h.at > $1::timestamptz)
                   THEN (SELECT max(h.revision) FROM access_history h WHERE h.revision < last.revision)
                   ELSE last.revision END AS revision,
              $1::timestamptz > clock_timestamp() AS "isFuture",
              (SELECT max(h.at) FROM access_history h WHERE h.kind = 'reset' AND h.revision <= last.revision) AS "interruptedAt"
         FROM (SELECT 1) AS one LEFT JOIN last ON true`,
      [at],
    );
    return {
      revision: row?.revision == null ? null : Number(row.revision),
      nowMs: at.getTime(),
      isFuture: row?.isFuture ?? false,
      interruptedAt: row?.interruptedAt ?? null,
    };
  }

  /** All roles as they were, by id. */
  async loadRolesAtRevision(tx: Transaction, revision: number): Promise<Map<string, RoleFacts>> {
    const rows: { role: RoleFacts }[] = await tx.query(
      `SELECT l.content || jsonb_build_object('id', l.key) AS role
         FROM (SELECT DISTINCT ON (key) key, content, removed FROM access_history
                WHERE kind = 'role' AND revision <= $1 ORDER BY key, revision DESC) AS l
        WHERE NOT l.removed`,
      [revision],
    );
    return new Map(rows.map(({ role }) => [role.id, role]));
  }

  /** @param id users.id or service_accounts.id @returns null when there was no such subject */
  async loadSubjectAtRevision(tx: Transaction, id: string, revision: number): Promise<SubjectFacts | null> {
    const [row]: SubjectRow[] = await tx.query(
      `SELECT 'user' AS type, u.content, NULL AS owner FROM (${latest('user', '$1', '$2')}) AS u
       UNION ALL
       SELECT 'service_account', s.content, (SELECT o.content FROM (${latest('user', "s.content ->> 'ownerUserId'", '$2')}) AS o)
         FROM (${latest('service_account', '$1', '$2')}) AS s`,
      [id, revision],
    );
    if (row === undefined) return null;
    const { type, content, owner } = row;
    const isOwned = type === 'user' || owner?.status === 'active';
    const groupIds = type === 'user' ? await this.groupIdsOf(tx, id, content, revision) : [];
    return {
      type,
      id,
      tenantId: content.tenantId,
      active: content.status === 'active' && isOwned,
      groupIds,
      assignments: await this.findAssignments(tx, [id, ...groupIds], revision),
    };
  }

  /** When a subject was first written down; null when the history doesn't have it. */
  async findBeginning(tx: Transaction, type: SubjectFacts['type'], id: string): Promise<Date | null> {
    const [row]: { at: Date }[] = await tx.query(
      'SELECT at FROM access_history WHERE kind = $1 AND key = $2 ORDER BY revision LIMIT 1',
      [type, id],
    );
    return row?.at ?? null;
  }

  /** Of the holders, what was taken from them before that revision; latest first. */
  async findRemoved(tx: Transaction, holderIds: readonly string[], revision: number): Promise<RemovedAssignment[]> {
    const rows: { removed: RemovedAssignment; at: Date }[] = await tx.query(
      `SELECT a.content || jsonb_build_object('id', a.key) AS removed, a.at FROM (${LAST_OF_HOLDERS('assignment')}) AS a
        WHERE a.removed ORDER BY a.at DESC, a.key LIMIT ${MAX_REMOVED}`,
      [holderIds, revision],
    );
    return rows.map(({ removed, at }) => ({ ...removed, removedAt: at }));
  }

  async hasPermissionAt(tx: Transaction, name: string, revision: number): Promise<boolean> {
    const rows: unknown[] = await tx.query(latest('permission', '$1', '$2'), [name, revision]);
    return rows.length > 0;
  }

  /**
   * A member by object id counts within the group's tenant. The history doesn't say which that was; a group that is gone is taken to
   * be of the person's tenant, since Entra gives no two people the same object id.
   */
  private async groupIdsOf(tx: Transaction, id: string, user: UserContent, revision: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT DISTINCT m.content ->> 'groupId' AS id FROM (${LAST_OF_HOLDERS('membership')}) AS m
         LEFT JOIN groups g ON g.id::text = m.content ->> 'groupId'
        WHERE NOT m.removed
          AND (m.content ->> 'userId' = $3
               OR m.content ->> 'objectId' = $4 AND (g.id IS NULL OR g.tenant_id = $5::uuid))
        ORDER BY id`,
      [[id, ...(user.objectId === null ? [] : [user.objectId])], revision, id, user.objectId, user.tenantId],
    );
    return rows.map((row) => row.id);
  }

  private async findAssignments(
    tx: Transaction,
    holderIds: readonly string[],
    revision: number,
  ): Promise<AssignmentFacts[]> {
    const rows: { assignment: AssignmentFacts }[] = await tx.query(
      `SELECT a.content || jsonb_build_object('id', a.key) AS assignment FROM (${LAST_OF_HOLDERS('assignment')}) AS a
        WHERE NOT a.removed ORDER BY a.key::uuid`,
      [holderIds, revision],
    );
    return rows.map(({ assignment }) => assignment);
  }
}

interface UserContent {
  status: string;
  tenantId: string;
  objectId: string | null;
}

interface SubjectRow {
  type: 'user' | 'service_account';
  content: UserContent;
  /** Of a program: its owner then. */
  owner: UserContent | null;
}
