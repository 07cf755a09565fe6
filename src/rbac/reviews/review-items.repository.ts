import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type {
  ItemFilter,
  ReviewDecision,
  ReviewedAssignment,
  ReviewItem,
  ReviewOutcome,
} from './access-reviews.types.js';

const ITEM = `
  SELECT i.id, i.review_id AS "reviewId", i.assignment_id AS "assignmentId", i.assignment_kind AS kind, i.content,
         i.decision, i.decided_by AS "decidedBy", i.decided_at AS "decidedAt", i.reason, i.outcome,
         i.outcome_detail AS "outcomeDetail"
    FROM access_review_items i`;

const utc = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Grants of one table with what has to be known of them later; denials give nothing that a review could take. */
const grants = (table: string, kind: string, program: string, more: string) => `
  SELECT a.id AS "assignmentId", '${kind}' AS kind, jsonb_build_object(
           'subjectType', CASE WHEN a.user_id IS NOT NULL THEN 'user' WHEN a.group_id IS NOT NULL THEN 'group' ELSE 'service_account' END,
           'subjectId', coalesce(a.user_id, a.group_id, ${program}),
           'subjectDisplayName', coalesce(
             (SELECT display_name FROM users WHERE id = a.user_id),
             (SELECT display_name FROM groups WHERE id = a.group_id),
             (SELECT name FROM service_accounts WHERE id = ${program}), ''),
           'roleId', a.role_id, 'roleName', r.name, 'scope', a.scope,
           'validFrom', ${utc('a.valid_from')}, 'validUntil', ${utc('a.valid_until')}, 'reason', a.reason) AS content
    FROM ${table} a JOIN roles r ON r.id = a.role_id
   WHERE (a.valid_until IS NULL OR a.valid_until > now())${more}`;

const ACTIVE = grants('role_assignments', 'active', 'a.service_account_id', " AND a.effect = 'allow'");
const ELIGIBLE = grants('eligible_assignments', 'eligible', 'NULL::uuid', '');

const CONDITIONS: Record<ItemFilter, string> = {
  keep: "AND i.decision = 'keep'",
  remove: "AND i.decision = 'remove'",
  undecided: 'AND i.decision IS NULL',
};

@Injectable()
export class ReviewItemsRepository {
  /** What there is to review now. @param roleId null: of every role */
  findAssignments(tx: Transaction, scope: string, roleId: string | null, limit: number): Promise<ReviewedAssignment[]> {
    const chosen = `AND ($1 = '/' OR a.scope = $1 OR starts_with(a.scope, $1 || '/')) AND ($2::uuid IS NULL OR a.role_id = $2)`;
    return tx.query(`${ACTIVE} ${chosen} UNION ALL ${ELIGIBLE} ${chosen} LIMIT $3`, [scope, roleId, limit]);
  }

  /** The assignment as it is now; null when it is gone or has ended. */
  async findAssignment(
    tx: Transaction,
    kind: ReviewedAssignment['kind'],
    id: string,
  ): Promise<ReviewedAssignment | null> {
    const [found]: ReviewedAssignment[] = await tx.query(`${kind === 'active' ? ACTIVE : ELIGIBLE} AND a.id = $1`, [
      id,
    ]);
    return found ?? null;
  }

  async insert(tx: Transaction, reviewId: string, assignments: readonly ReviewedAssignment[]): Promise<void> {
    await tx.query(
      `INSERT INTO access_review_items (id, review_id, assignment_id, assignment_kind, content)
       SELECT given.id, $1, given.assignment_id, given.kind, given.content
         FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[]) AS given (id, assignment_id, kind, content)`,
      [
        reviewId,
        assignments.map(() => newId()),
        assignments.map(({ assignmentId }) => assignmentId),
        assignments.map(({ kind }) => kind),
        assignments.map(({ content }) => JSON.stringify(content)),
      ],
    );
  }

  findPage(
    tx: Transaction,
    reviewId: string,
    filter: ItemFilter | undefined,
    limit: number,
    afterId: string | null,
  ): Promise<ReviewItem[]> {
    return tx.query(
      `${ITEM} WHERE i.review_id = $1 AND ($2::uuid IS NULL OR i.id > $2) ${filter === undefined ? '' : CONDITIONS[filter]}
        ORDER BY i.id LIMIT $3`,
      [reviewId, afterId, limit],
    );
  }

  async find(tx: Transaction, reviewId: string, id: string): Promise<ReviewItem | null> {
    const [item]: ReviewItem[] = await tx.query(`${ITEM} WHERE i.review_id = $1 AND i.id = $2`, [reviewId, id]);
    return item ?? null;
  }

  /** What a person holds by detours: their groups are asked for elsewhere. @returns whether the program is theirs */
  async ownsProgram(tx: Transaction, userId: string, accountId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query('SELECT FROM service_accounts WHERE id = $1 AND owner_user_id = $2', [
      accountId,
      userId,
    ]);
    return rows.length > 0;
  }

  /** @returns users.id */
  async findOwner(tx: Transaction, accountId: string): Promise<string | null> {
    const [row]: { id: string }[] = await tx.query('SELECT owner_user_id AS id FROM service_accounts WHERE id = $1', [
      accountId,
    ]);
    return row?.id ?? null;
  }

  /** Whether something is reviewed of these subjects, or of a program of this owner. */
  async concernsAny(
    tx: Transaction,
    reviewId: string,
    subjectIds: readonly string[],
    ownerId: string,
  ): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      `SELECT FROM access_review_items i
        WHERE i.review_id = $1
          AND (i.content ->> 'subjectId' = ANY ($2::text[])
            OR i.content ->> 'subjectId' IN (SELECT s.id::text FROM service_accounts s WHERE s.owner_user_id = $3))
        LIMIT 1`,
      [reviewId, subjectIds, ownerId],
    );
    return rows.length > 0;
  }

  /** @returns whether the review still was open */
  async decide(
    tx: Transaction,
    item: ReviewItem,
    decision: ReviewDecision,
    userId: string,
    reason: string,
  ): Promise<boolean> {
    const [, count]: [unknown[], number] = await tx.query(
      `UPDATE access_review_items i SET decision = $2, decided_by = $3, decided_at = now(), reason = $4
         FROM access_reviews r
        WHERE i.id = $1 AND i.outcome IS NULL AND r.id = i.review_id AND r.status = 'open' AND r.due_at > now()`,
      [item.id, decision, userId, reason],
    );
    return count === 1;
  }

  /** Items that the end has not come to yet. */
  async findPending(tx: Transaction, reviewId: string, limit: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      'SELECT id FROM access_review_items WHERE review_id = $1 AND outcome IS NULL ORDER BY id LIMIT $2',
      [reviewId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Keeps the item as it is until the transaction ends; null when the end has come to it already. */
  async lockPending(tx: Transaction, id: string): Promise<ReviewItem | null> {
    const [item]: ReviewItem[] = await tx.query(`${ITEM} WHERE i.id = $1 AND i.outcome IS NULL FOR UPDATE`, [id]);
    return item ?? null;
  }

  async putOutcome(tx: Transaction, id: string, outcome: ReviewOutcome, detail: string | null): Promise<void> {
    await tx.query('UPDATE access_review_items SET outcome = $2, outcome_detail = $3 WHERE id = $1', [
      id,
      outcome,
      detail,
    ]);
  }

  async countOutcomes(tx: Transaction, reviewId: string): Promise<Record<ReviewOutcome, number>> {
    const [row] = await tx.query(
      `SELECT count(*) FILTER (WHERE outcome = 'kept')::int AS kept, count(*) FILTER (WHERE outcome = 'removed')::int AS removed,
              count(*) FILTER (WHERE outcome = 'already_gone')::int AS already_gone,
              count(*) FILTER (WHERE outcome = 'refused')::int AS refused
         FROM access_review_items WHERE review_id = $1`,
      [reviewId],
    );
    return row;
  }
}
