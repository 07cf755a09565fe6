import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { AccountStanding, ServiceAccountStanding, SessionStanding } from './standing.types.js';
import { storedScopes } from './token-scope.js';

export interface Timed<S> {
  standing: S;
  /** Until it ends by itself, by the database's clock; null for never. */
  secondsLeft: number | null;
}

/** service_accounts.id and its owner's users.id */
export interface SessionProgram {
  id: string;
  ownerId: string;
}

interface SessionRow extends Omit<SessionStanding, 'scopes'> {
  scope: string | null;
  secondsLeft: number;
  programId: string | null;
  programOwnerId: string | null;
}

/**
 * What has to be true of session, user and tenant together for a token to be good: a read model over the tables of three rooms,
 * because asking each of them costs three round trips in every call that memory can't answer.
 */
@Injectable()
export class StandingsRepository {
  /** A session whose tokens a program exchanged stands only while that program does, as it was then. */
  async findSession(
    tx: Transaction,
    sessionId: string,
  ): Promise<(Timed<SessionStanding> & { program: SessionProgram | null }) | null> {
    const [row]: SessionRow[] = await tx.query(
      `SELECT s.id AS "sessionId", s.user_id AS "userId", u.tenant_id AS "tenantId", u.display_name AS "displayName",
              s.client_id AS "clientId", s.scope, s.dpop_jkt AS "dpopJkt",
              a.id AS "programId", a.owner_user_id AS "programOwnerId",
              extract(epoch FROM least(s.expires_at, s.idle_expires_at) - clock_timestamp())::float8 AS "secondsLeft"
         FROM user_sessions s JOIN users u ON u.id = s.user_id JOIN tenants t ON t.id = u.tenant_id
         LEFT JOIN service_accounts a ON a.id = s.service_account_id
         LEFT JOIN users o ON o.id = a.owner_user_id
        WHERE s.id = $1 AND s.ended_at IS NULL AND least(s.expires_at, s.idle_expires_at) > clock_timestamp()
          AND u.status = 'active' AND u.security_stamp = s.security_stamp AND t.sign_in_allowed
          AND (s.service_account_id IS NULL
            OR (a.status = 'active' AND o.status = 'active' AND a.security_stamp = s.service_account_stamp))`,
      [sessionId],
    );
    if (row === undefined) return null;
    const { scope, secondsLeft, programId, programOwnerId, ...session } = row;
    const program = programId === null || programOwnerId === null ? null : { id: programId, ownerId: programOwnerId };
    return {
      standing: { ...session, scopes: storedScopes(scope) },
      secondsLeft,
      program,
    };
  }

  async findServiceAccount(
    tx: Transaction,
    id: string,
  ): Promise<(Timed<ServiceAccountStanding> & { ownerId: string }) | null> {
    const [row]: (ServiceAccountStanding & { ownerId: string })[] = await tx.query(
      `SELECT a.id AS "serviceAccountId", a.tenant_id AS "tenantId", a.name AS "displayName",
              a.security_stamp AS "securityStamp", a.owner_user_id AS "ownerId"
         FROM service_accounts a JOIN users o ON o.id = a.owner_user_id JOIN tenants t ON t.id = a.tenant_id
        WHERE a.id = $1 AND a.status = 'active' AND o.status = 'active' AND t.sign_in_allowed`,
      [id],
    );
    if (row === undefined) return null;
    const { ownerId, ...standing } = row;
    return { standing, secondsLeft: null, ownerId };
  }

  /** @returns also the user behind it when the account exists but doesn't stand, so that callers can tell the two apart */
  async findAccount(
    tx: Transaction,
    entraTenantId: string,
    objectId: string,
  ): Promise<{ userId: string; standing: AccountStanding | null } | null> {
    const [row]: (AccountStanding & { stands: boolean })[] = await tx.query(
      `SELECT u.id AS "userId", u.tenant_id AS "tenantId", u.display_name AS "displayName",
              coalesce(extract(epoch FROM greatest(u.security_stamp_raised_at, u.entra_valid_from))::float8 * 1000, 0) AS "notBeforeMs",
              u.status = 'active' AND t.sign_in_allowed AS stands
         FROM users u JOIN tenants t ON t.id = u.tenant_id
        WHERE t.entra_tenant_id = $1 AND u.object_id = $2`,
      [entraTenantId, objectId],
    );
    if (row === undefined) return null;
    const { stands, ...standing } = row;
    return { userId: row.userId, standing: stands ? standing : null };
  }

  async isRevoked(tx: Transaction, jti: string): Promise<boolean> {
    const rows: unknown[] = await tx.query('SELECT 1 FROM revoked_access_tokens WHERE jti = $1', [jti]);
    return rows.length > 0;
  }

  async findRevoked(tx: Transaction): Promise<string[]> {
    const rows: { jti: string }[] = await tx.query(
      'SELECT jti FROM revoked_access_tokens WHERE expires_at > clock_timestamp()',
    );
    return rows.map(({ jti }) => jti);
  }

  /** The access token is refused from now on, until it would have ended anyway. */
  async revoke(tx: Transaction, jti: string, expiresAtSeconds: number): Promise<void> {
    await tx.query(
      `INSERT INTO revoked_access_tokens (jti, expires_at) VALUES ($1, to_timestamp($2)) ON CONFLICT (jti) DO NOTHING`,
      [jti, expiresAtSeconds],
    );
  }

  /** A few at a time, by whoever revokes; the rest in the course of a day. @returns how many */
  async deleteExpired(tx: Transaction, limit = 20): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM revoked_access_tokens WHERE jti IN
         (SELECT jti FROM revoked_access_tokens WHERE expires_at <= clock_timestamp() - interval '1 minute'
           ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
    return count;
  }
}
