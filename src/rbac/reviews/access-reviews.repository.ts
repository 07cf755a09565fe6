import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { VisibleScopes } from '../rbac.types.js';
import type { AccessReview, NewAccessReview } from './access-reviews.types.js';

const REVIEW = `
  SELECT r.id, r.name, r.description, r.scope, r.role_id AS "roleId", r.on_unanswered AS "onUnanswered",
         CASE WHEN r.status = 'open' AND r.due_at <= now() THEN 'ending' ELSE r.status END AS status,
         r.due_at AS "dueAt", r.created_by_type AS "createdByType", r.created_by_id AS "createdById",
         r.closed_at AS "closedAt", r.version, r.created_at AS "createdAt",
         ARRAY (SELECT v.user_id::text FROM access_review_reviewers v WHERE v.review_id = r.id ORDER BY 1) AS reviewers,
         (SELECT count(i.decision)::int FROM access_review_items i WHERE i.review_id = r.id) AS decided,
         (SELECT count(*)::int FROM access_review_items i WHERE i.review_id = r.id AND i.decision IS NULL) AS undecided
    FROM access_reviews r`;

const within = (scopes: string) => `EXISTS (
  SELECT FROM unnest(${scopes}::text[]) AS upper (scope)
   WHERE upper.scope = '/' OR r.scope = upper.scope OR starts_with(r.scope, upper.scope || '/'))`;

/** Who reads: the reviewers of a review, and whoever may start one on its scope. */
export interface ReviewReader {
  /** users.id; an id of something else reviews nothing. */
  id: string;
  scopes: VisibleScopes;
}

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed = [unknown[], number];

@Injectable()
export class AccessReviewsRepository {
  async find(tx: Transaction, id: string): Promise<AccessReview | null> {
    const [review]: AccessReview[] = await tx.query(`${REVIEW} WHERE r.id = $1`, [id]);
    return review ?? null;
  }

  /** By id, which is in the order of their beginning. */
  findPage(tx: Transaction, reader: ReviewReader, limit: number, afterId: string | null): Promise<AccessReview[]> {
    return tx.query(
      `${REVIEW}
        WHERE ($1::uuid IS NULL OR r.id > $1)
          AND (EXISTS (SELECT FROM access_review_reviewers v WHERE v.review_id = r.id AND v.user_id = $2)
            OR (${within('$3')} AND NOT ${within('$4')}))
        ORDER BY r.id LIMIT $5`,
      [afterId, reader.id, reader.scopes.allowed, reader.scopes.denied, limit],
    );
  }

  /** Waits for whoever changes it and keeps it as it is until the transaction ends. */
  async lock(tx: Transaction, id: string): Promise<AccessReview | null> {
    await tx.query('SELECT FROM access_reviews WHERE id = $1 FOR UPDATE', [id]);
    return this.find(tx, id);
  }

  async insert(
    tx: Transaction,
    review: NewAccessReview,
    by: { type: AccessReview['createdByType']; id: string },
  ): Promise<string> {
    const id = newId();
    const { name, description, scope, roleId, onUnanswered, dueAt, reviewers } = review;
    await tx.query(
      `INSERT INTO access_reviews (id, name, description, scope, role_id, on_unanswered, due_at, created_by_type, created_by_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, name, description, scope, roleId, onUnanswered, dueAt, by.type, by.id],
    );
    await tx.query('INSERT INTO access_review_reviewers (review_id, user_id) SELECT $1, unnest($2::uuid[])', [
      id,
      reviewers,
    ]);
    return id;
  }

  /** Whether a time lies so far ahead, by the database's clock. */
  async isAhead(tx: Transaction, time: Date, atLeastSeconds: number, atMostSeconds: number): Promise<boolean> {
    const [row]: { ahead: boolean }[] = await tx.query(
      'SELECT $1::timestamptz BETWEEN now() + make_interval(secs => $2) AND now() + make_interval(secs => $3) AS ahead',
      [time, atLeastSeconds, atMostSeconds],
    );
    return row?.ahead === true;
  }

  /** @returns those that are no active users */
  async findUnknownReviewers(tx: Transaction, userIds: readonly string[]): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT given.id FROM unnest($1::uuid[]) AS given (id)
        WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = given.id AND u.status = 'active')`,
      [userIds],
    );
    return rows.map(({ id }) => id);
  }

  async hasRole(tx: Transaction, roleId: string): Promise<boolean> {
    const rows: unknown[] = await tx.query('SELECT FROM roles WHERE id = $1', [roleId]);
    return rows.length > 0;
  }

  /** Makes it due at once. @returns whether it still was open */
  async makeDue(tx: Transaction, id: string): Promise<boolean> {
    const [, count]: Changed = await tx.query(
      `UPDATE access_reviews SET due_at = now(), version = version + 1 WHERE id = $1 AND status = 'open' AND due_at > now()`,
      [id],
    );
    return count === 1;
  }

  /** @returns whether it still was open and not due */
  async cancel(tx: Transaction, id: string): Promise<boolean> {
    const [, count]: Changed = await tx.query(
      `UPDATE access_reviews SET status = 'cancelled', closed_at = now(), version = version + 1
        WHERE id = $1 AND status = 'open' AND due_at > now()`,
      [id],
    );
    return count === 1;
  }

  async close(tx: Transaction, id: string): Promise<boolean> {
    const [, count]: Changed = await tx.query(
      `UPDATE access_reviews SET status = 'closed', closed_at = now(), version = version + 1 WHERE id = $1 AND status = 'open'`,
      [id],
    );
    return count === 1;
  }

  /** Open ones whose time has come and that no slot of the job waits for or runs, the longest due first. */
  async findDue(tx: Transaction, job: string, limit: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `SELECT r.id FROM access_reviews r
        WHERE r.status = 'open' AND r.due_at <= now()
          AND NOT EXISTS (SELECT FROM job_slots s WHERE s.job = $1 AND s.key = r.id::text AND s.status IN ('pending', 'running'))
        ORDER BY r.due_at LIMIT $2`,
      [job, limit],
    );
    return rows.map(({ id }) => id);
  }
}
