import { Injectable } from '@nestjs/common';
import { sha256 } from '../../crypto/digest.js';
import { PreparedStatements } from '../../database/prepared-statements.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { LIFETIME } from '../lifetimes.js';
import { ROTATE, type RotatedSession, type Rotation, rotateParameters } from './rotate-statement.js';

/** A refresh token as it lies there, and what stands behind it, by the clock of the database. */
export interface KnownRefreshToken extends RotatedSession {
  id: string;
  familyId: string;
  generation: number;
  clientId: string;
  /** Neither ended nor past its absolute or idle end. */
  sessionAlive: boolean;
  userStands: boolean;
  signInAllowed: boolean;
  used: boolean;
  /** Used so lately that its successor may be given again. */
  withinGrace: boolean;
  successorSealed: Buffer | null;
  successorUsed: boolean;
  expired: boolean;
  /** Unix seconds. */
  issuedAt: number;
  expiresAt: number;
}

export interface NewRefreshToken {
  id: string;
  token: string;
  sessionId: string;
  familyId: string;
}

@Injectable()
export class RefreshTokensRepository {
  constructor(private readonly statements: PreparedStatements) {}

  /** The first of a family. */
  async insert(tx: Transaction, { id, token, sessionId, familyId }: NewRefreshToken): Promise<void> {
    await tx.query(
      `INSERT INTO refresh_tokens (id, session_id, family_id, token_hash, expires_at)
       SELECT $1, s.id, $3, $4, least(s.expires_at, now() + make_interval(secs => $5)) FROM user_sessions s WHERE s.id = $2`,
      [id, sessionId, familyId, sha256(token), LIFETIME.idleSeconds],
    );
  }

  /** Outside any transaction. Null when the token can't be had, for whatever reason: nothing was changed then. */
  async rotate(rotation: Rotation): Promise<RotatedSession | null> {
    const [rotated] = await this.statements.run<RotatedSession>(ROTATE, rotateParameters(rotation));
    return rotated ?? null;
  }

  async find(tx: Transaction, token: string): Promise<KnownRefreshToken | null> {
    const rows: KnownRefreshToken[] = await tx.query(
      `SELECT t.id, t.session_id AS "sessionId", t.family_id AS "familyId", t.generation, s.user_id AS "userId",
              s.client_id AS "clientId", s.scope, s.dpop_jkt AS "dpopJkt", u.tenant_id AS "tenantId",
              u.display_name AS "displayName",
              s.ended_at IS NULL AND least(s.expires_at, s.idle_expires_at) > clock_timestamp() AS "sessionAlive",
              u.status = 'active' AND u.security_stamp = s.security_stamp AS "userStands",
              n.sign_in_allowed AS "signInAllowed", t.used_at IS NOT NULL AS used,
              coalesce(t.used_at > clock_timestamp() - make_interval(secs => $2), false) AS "withinGrace",
              t.successor_sealed AS "successorSealed", x.used_at IS NOT NULL AS "successorUsed",
              t.expires_at <= clock_timestamp() AS expired,
              floor(extract(epoch FROM t.issued_at))::float8 AS "issuedAt",
              floor(extract(epoch FROM t.expires_at))::float8 AS "expiresAt",
              extract(epoch FROM s.expires_at - clock_timestamp())::float8 AS "secondsLeft"
         FROM refresh_tokens t
         JOIN user_sessions s ON s.id = t.session_id
         JOIN users u ON u.id = s.user_id
         JOIN tenants n ON n.id = u.tenant_id
         LEFT JOIN refresh_tokens x ON x.id = t.successor_id
        WHERE t.token_hash = $1`,
      [sha256(token), LIFETIME.refreshGraceSeconds],
    );
    return rows[0] ?? null;
  }
}
