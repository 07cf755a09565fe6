import { Injectable } from '@nestjs/common';
import { sha256 } from '../crypto/digest.js';
import type { Transaction } from '../database/transaction-runner.js';
import { LIFETIME } from './lifetimes.js';

/** The token that a rotation took. */
export interface TakenToken {
  id: string;
  sessionId: string;
  familyId: string;
}

/** A token that could not be taken, and why that may be. */
export interface SpentToken extends TakenToken {
  expired: boolean;
  used: boolean;
  /** Used so lately that its successor may be given again. */
  withinGrace: boolean;
  successorSealed: Buffer | null;
  successorUsed: boolean;
}

export interface NewRefreshToken {
  id: string;
  token: string;
  sessionId: string;
  familyId: string;
}

@Injectable()
export class RefreshTokensRepository {
  async insert(tx: Transaction, { id, token, sessionId, familyId }: NewRefreshToken): Promise<void> {
    await tx.query(
      `INSERT INTO refresh_tokens (id, session_id, family_id, token_hash, expires_at)
       SELECT $1, s.id, $3, $4, least(s.expires_at, now() + make_interval(secs => $5)) FROM user_sessions s WHERE s.id = $2`,
      [id, sessionId, familyId, sha256(token), LIFETIME.idleSeconds],
    );
  }

  /**
   * Takes the token if nobody has: one statement, so that of any number of takers at once exactly one gets it. The id is asked
   * for first because the seal of the successor is bound to it.
   */
  async take(tx: Transaction, id: string, successorId: string, successorSealed: Buffer): Promise<TakenToken | null> {
    const [rows] = (await tx.query(
      `UPDATE refresh_tokens t SET used_at = clock_timestamp(), successor_id = $2, successor_sealed = $3
        WHERE t.id = $1 AND t.used_at IS NULL AND t.expires_at > now()
        RETURNING t.id, t.session_id AS "sessionId", t.family_id AS "familyId"`,
      [id, successorId, successorSealed],
    )) as [TakenToken[], number];
    return rows[0] ?? null;
  }

  async find(tx: Transaction, token: string): Promise<SpentToken | null> {
    const rows: SpentToken[] = await tx.query(
      `SELECT t.id, t.session_id AS "sessionId", t.family_id AS "familyId", t.expires_at <= now() AS expired,
              t.used_at IS NOT NULL AS used,
              coalesce(t.used_at > clock_timestamp() - make_interval(secs => $2), false) AS "withinGrace",
              t.successor_sealed AS "successorSealed", n.used_at IS NOT NULL AS "successorUsed"
         FROM refresh_tokens t LEFT JOIN refresh_tokens n ON n.id = t.successor_id
        WHERE t.token_hash = $1`,
      [sha256(token), LIFETIME.refreshGraceSeconds],
    );
    return rows[0] ?? null;
  }
}
