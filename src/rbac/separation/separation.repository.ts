import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { ConstraintPatch, NewConstraint, SeparationConstraint, ViolationCandidate } from './separation.types.js';

const CONSTRAINT = `
  SELECT c.id, c.name, c.description, c.kind, c.at_most AS "atMost", c.version, c.created_at AS "createdAt",
         c.updated_at AS "updatedAt",
         ARRAY (SELECT coalesce(m.role_id::text, m.permission) FROM separation_constraint_members m
                 WHERE m.constraint_id = c.id ORDER BY 1) AS members
    FROM separation_constraints c`;

/**
 * Who has more members of a constraint than it allows, on whatever scopes and at whatever times to come, by roles that hold or
 * inherit them: nobody else can violate it. $1: one constraint or null; $2: those after this id or null; $3: at most so many or null.
 * Of some subjects, $4, only what is theirs is read: their own assignments and those of their groups, by the indexes of those.
 */
const candidates = (ofSome: boolean) => `
  WITH RECURSIVE bringing (constraint_id, member, role_id) AS (
    (SELECT m.constraint_id, m.role_id::text, m.role_id FROM separation_constraint_members m
      WHERE m.role_id IS NOT NULL AND ($1::uuid IS NULL OR m.constraint_id = $1)
     UNION ALL
     SELECT m.constraint_id, m.permission, p.role_id
       FROM separation_constraint_members m JOIN role_permissions p ON p.permission = m.permission
      WHERE $1::uuid IS NULL OR m.constraint_id = $1)
    UNION
    SELECT b.constraint_id, b.member, p.role_id FROM bringing b JOIN role_parents p ON p.parent_role_id = b.role_id
  )${
    ofSome
      ? `, asked_groups AS (
    SELECT m.group_id FROM group_members m WHERE m.user_id = ANY ($4::uuid[])
    UNION
    SELECT m.group_id FROM users u JOIN group_members m ON m.object_id = u.object_id
      JOIN groups g ON g.id = m.group_id AND g.tenant_id = u.tenant_id
     WHERE u.id = ANY ($4::uuid[])
  )`
      : ''
  }, assigned AS (
    SELECT DISTINCT b.constraint_id, b.member, a.user_id, a.service_account_id, a.group_id
      FROM bringing b JOIN role_assignments a ON a.role_id = b.role_id
     WHERE a.effect = 'allow' AND (a.valid_until IS NULL OR a.valid_until > now())
       ${
         ofSome
           ? `AND (a.user_id = ANY ($4::uuid[]) OR a.service_account_id = ANY ($4::uuid[])
         OR a.group_id = ANY (ARRAY (SELECT group_id FROM asked_groups)))`
           : ''
       }
  ), members AS (
    SELECT m.group_id, u.id AS user_id FROM group_members m JOIN users u ON u.id = m.user_id
     WHERE m.group_id IN (SELECT group_id FROM assigned WHERE group_id IS NOT NULL) ${ofSome ? 'AND u.id = ANY ($4::uuid[])' : ''}
    UNION
    SELECT m.group_id, u.id FROM group_members m JOIN groups g ON g.id = m.group_id
      JOIN users u ON u.object_id = m.object_id AND u.tenant_id = g.tenant_id
     WHERE m.group_id IN (SELECT group_id FROM assigned WHERE group_id IS NOT NULL) ${ofSome ? 'AND u.id = ANY ($4::uuid[])' : ''}
  ), held AS (
    SELECT constraint_id, member, coalesce(user_id, service_account_id) AS subject_id FROM assigned WHERE group_id IS NULL
    UNION
    SELECT a.constraint_id, a.member, m.user_id FROM assigned a JOIN members m ON m.group_id = a.group_id
  ), excess AS (
    SELECT h.subject_id, h.constraint_id FROM held h JOIN separation_constraints c ON c.id = h.constraint_id
     WHERE $2::uuid IS NULL OR h.subject_id > $2
     GROUP BY h.subject_id, h.constraint_id, c.at_most HAVING count(DISTINCT h.member) > c.at_most
  )
  SELECT e.subject_id AS "subjectId", CASE WHEN u.id IS NULL THEN 'service_account' ELSE 'user' END AS type,
         coalesce(u.display_name, s.name) AS "displayName", coalesce(u.tenant_id, s.tenant_id) AS "tenantId",
         array_agg(e.constraint_id::text) AS "constraintIds"
    FROM excess e LEFT JOIN users u ON u.id = e.subject_id LEFT JOIN service_accounts s ON s.id = e.subject_id
   GROUP BY e.subject_id, u.id, s.id ORDER BY e.subject_id LIMIT $3`;

const CANDIDATES = candidates(false);
const CANDIDATES_AMONG = candidates(true);

/** Of whom, and how many. */
export interface CandidateQuery {
  /** separation_constraints.id; null for any. */
  constraintId: string | null;
  /** users.id and service_accounts.id; null for everybody. */
  subjectIds: readonly string[] | null;
  /** Those after this subject. */
  afterId: string | null;
  /** Null for all. */
  limit: number | null;
}

@Injectable()
export class SeparationRepository {
  /** Unix milliseconds. */
  async now(tx: Transaction): Promise<number> {
    const [row]: { now: number }[] = await tx.query(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    if (row === undefined) throw new Error('a statement without FROM answered no row');
    return row.now;
  }

  async find(tx: Transaction, id: string): Promise<SeparationConstraint | null> {
    const [constraint]: SeparationConstraint[] = await tx.query(`${CONSTRAINT} WHERE c.id = $1`, [id]);
    return constraint ?? null;
  }

  findAll(tx: Transaction, ids: readonly string[]): Promise<SeparationConstraint[]> {
    return tx.query(`${CONSTRAINT} WHERE c.id = ANY ($1::uuid[]) ORDER BY c.name`, [ids]);
  }

  /** Those with one of these permissions among their members. */
  findNaming(tx: Transaction, permissions: readonly string[]): Promise<SeparationConstraint[]> {
    return tx.query(
      `${CONSTRAINT} WHERE EXISTS (SELECT FROM separation_constraint_members n
         WHERE n.constraint_id = c.id AND n.permission = ANY ($1::text[])) ORDER BY c.name`,
      [permissions],
    );
  }

  findPage(tx: Transaction, limit: number, afterId: string | null): Promise<SeparationConstraint[]> {
    return tx.query(`${CONSTRAINT} WHERE $2::uuid IS NULL OR c.id > $2 ORDER BY c.id LIMIT $1`, [limit, afterId]);
  }

  async count(tx: Transaction): Promise<number> {
    const [row]: { count: number }[] = await tx.query('SELECT count(*)::int AS count FROM separation_constraints');
    return row?.count ?? 0;
  }

  async insert(tx: Transaction, { name, description, kind, members, atMost }: NewConstraint): Promise<string> {
    const id = newId();
    await tx.query(
      'INSERT INTO separation_constraints (id, name, description, kind, at_most) VALUES ($1, $2, $3, $4, $5)',
      [id, name, description, kind, atMost],
    );
    await this.putMembers(tx, id, kind, members);
    return id;
  }

  /** Changes the constraint if it still has the version that was read. @returns whether it had */
  async update(
    tx: Transaction,
    { id, kind }: SeparationConstraint,
    version: number,
    patch: ConstraintPatch,
  ): Promise<boolean> {
    const [rows]: [unknown[], number] = await tx.query(
      `UPDATE separation_constraints
          SET name = coalesce($3, name), description = coalesce($4, description), kind = coalesce($5, kind),
              at_most = coalesce($6, at_most), version = version + 1, updated_at = now()
        WHERE id = $1 AND version = $2 RETURNING id`,
      [id, version, patch.name ?? null, patch.description ?? null, patch.kind ?? null, patch.atMost ?? null],
    );
    if (rows.length === 0) return false;
    if (patch.members !== undefined) {
      await tx.query('DELETE FROM separation_constraint_members WHERE constraint_id = $1', [id]);
      await this.putMembers(tx, id, patch.kind ?? kind, patch.members);
    }
    return true;
  }

  async delete(tx: Transaction, id: string): Promise<void> {
    await tx.query('DELETE FROM separation_constraints WHERE id = $1', [id]);
  }

  /** Ordered by subject. */
  findCandidates(
    tx: Transaction,
    { constraintId, subjectIds, afterId, limit }: CandidateQuery,
  ): Promise<ViolationCandidate[]> {
    return subjectIds === null
      ? tx.query(CANDIDATES, [constraintId, afterId, limit])
      : tx.query(CANDIDATES_AMONG, [constraintId, afterId, limit, subjectIds]);
  }

  private async putMembers(
    tx: Transaction,
    id: string,
    kind: SeparationConstraint['kind'],
    members: readonly string[],
  ): Promise<void> {
    await tx.query(
      kind === 'roles'
        ? 'INSERT INTO separation_constraint_members (constraint_id, role_id) SELECT $1, unnest($2::uuid[])'
        : 'INSERT INTO separation_constraint_members (constraint_id, permission) SELECT $1, unnest($2::text[])',
      [id, members],
    );
  }
}
