import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { newId } from '../kernel/ids/ids.js';
import type { SessionEnd, SessionStanding, SessionSummary } from './auth.types.js';
import { LIFETIME, OWN_CLIENT } from './lifetimes.js';

const ALIVE = 's.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()';
const SUMMARY = `s.id, s.user_id AS "userId", s.source_address AS "sourceAddress", s.user_agent AS "userAgent",
  s.created_at AS "createdAt", s.last_seen_at AS "lastSeenAt", least(s.expires_at, s.idle_expires_at) AS "expiresAt"`;

export interface NewSession {
  userId: string;
  securityStamp: number;
  entraSessionId: string | null;
  sourceAddress: string | null;
  userAgent: string | null;
}

@Injectable()
export class SessionsRepository {
  async insert(tx: Transaction, session: NewSession): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO user_sessions
         (id, user_id, security_stamp, client_id, entra_session_id, source_address, user_agent, expires_at, idle_expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8), now() + make_interval(secs => $9))`,
      [
        id,
        session.userId,
        session.securityStamp,
        OWN_CLIENT,
        session.entraSessionId,
        session.sourceAddress,
        session.userAgent,
        LIFETIME.sessionSeconds,
        LIFETIME.idleSeconds,
      ],
    );
    return id;
  }

  async findStanding(tx: Transaction, id: string): Promise<SessionStanding | null> {
    const rows: SessionStanding[] = await tx.query(
      `SELECT s.id, s.user_id AS "userId", s.security_stamp AS "securityStamp", (${ALIVE}) AS alive
         FROM user_sessions s WHERE s.id = $1`,
      [id],
    );
    return rows[0] ?? null;
  }

  findAlivePage(tx: Transaction, userId: string, limit: number, afterId: string | null): Promise<SessionSummary[]> {
    return tx.query(
      `SELECT ${SUMMARY} FROM user_sessions s
        WHERE s.user_id = $1 AND ${ALIVE} AND ($2::uuid IS NULL OR s.id > $2) ORDER BY s.id LIMIT $3`,
      [userId, afterId, limit],
    );
  }

  /** Moves the idle end on, never past the absolute one. */
  async touch(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      `UPDATE user_sessions SET last_seen_at = now(),
              idle_expires_at = least(expires_at, now() + make_interval(secs => $2)) WHERE id = $1`,
      [id, LIFETIME.idleSeconds],
    );
  }

  /** Ends one session unless it has ended. @returns whom it belonged to, null when there was nothing to end */
  async end(tx: Transaction, id: string, reason: SessionEnd): Promise<SessionSummary | null> {
    const [session] = await this.endWhere(tx, 's.id = $2', reason, [id]);
    return session ?? null;
  }

  /** The same for its owner only. */
  async endOwn(tx: Transaction, userId: string, id: string, reason: SessionEnd): Promise<SessionSummary | null> {
    const [session] = await this.endWhere(tx, 's.id = $2 AND s.user_id = $3', reason, [id, userId]);
    return session ?? null;
  }

  endOthers(tx: Transaction, userId: string, keptId: string, reason: SessionEnd): Promise<SessionSummary[]> {
    return this.endWhere(tx, 's.user_id = $2 AND s.id <> $3', reason, [userId, keptId]);
  }

  endByEntraSession(tx: Transaction, entraSessionId: string, reason: SessionEnd): Promise<SessionSummary[]> {
    return this.endWhere(tx, 's.entra_session_id = $2', reason, [entraSessionId]);
  }

  private async endWhere(
    tx: Transaction,
    condition: string,
    reason: SessionEnd,
    parameters: unknown[],
  ): Promise<SessionSummary[]> {
    const [rows] = (await tx.query(
      `UPDATE user_sessions s SET ended_at = now(), ended_reason = $1
        WHERE s.ended_at IS NULL AND ${condition} RETURNING ${SUMMARY}`,
      [reason, ...parameters],
    )) as [SessionSummary[], number];
    return rows;
  }
}
