import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { EndedSession, SessionEnd, SessionSummary } from '../auth.types.js';
import { LIFETIME, OWN_CLIENT } from '../lifetimes.js';
import { DEVICE_COLUMNS, type DeviceColumns, type SessionDevice, SessionDevices } from './session-devices.service.js';

const ALIVE = 's.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()';
const SUMMARY = `s.id, s.user_id AS "userId", s.client_id AS "clientId", s.created_at AS "createdAt",
  s.last_seen_at AS "lastSeenAt", least(s.expires_at, s.idle_expires_at) AS "expiresAt"`;

export interface NewSession extends SessionDevice {
  userId: string;
  securityStamp: number;
  /** The sender's key that it is bound to from the start (RFC 9449 10); null: unbound. */
  dpopJkt: string | null;
  entraSessionId: string | null;
  /** Entra's pairwise `sub`. */
  entraSubject: string;
}

/** A session that begins with an access token of Entra ID. */
export interface NewExchangedSession extends SessionDevice {
  userId: string;
  /** OAuth client id. */
  clientId: string;
  /** The program that asks, as it was when it proved itself; null for the public client. */
  program: { id: string; securityStamp: number } | null;
  scope: string | null;
  dpopJkt: string | null;
  entraSessionId: string | null;
  entraSubject: string;
  /** Of the token of Entra ID. */
  subjectIssuedAt: Date;
  subjectExpiresAt: Date;
  atMostSeconds: number;
}

export interface StartedSession {
  id: string;
  secondsLeft: number;
}

@Injectable()
export class SessionsRepository {
  constructor(private readonly devices: SessionDevices) {}

  /** With their refresh tokens. @returns how many */
  async deleteEnded(tx: Transaction, days: number, limit: number): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM user_sessions WHERE id IN
         (SELECT id FROM user_sessions
           WHERE coalesce(ended_at, least(expires_at, idle_expires_at)) < now() - make_interval(days => $1)
           ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
    return count;
  }

  async insert(tx: Transaction, session: NewSession): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO user_sessions
         (id, user_id, security_stamp, client_id, dpop_jkt, entra_session_id, entra_subject, sealed_device,
          expires_at, idle_expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9), now() + make_interval(secs => $10))`,
      [
        id,
        session.userId,
        session.securityStamp,
        OWN_CLIENT,
        session.dpopJkt,
        session.entraSessionId,
        session.entraSubject,
        await this.devices.seal(id, session),
        LIFETIME.sessionSeconds,
        LIFETIME.idleSeconds,
      ],
    );
    return id;
  }

  /**
   * Looks at the account once more while it holds the account's row: whoever disables it or signs it out at the same moment
   * either is seen here, or sees this session.
   *
   * @returns null when the account or the token no longer stands
   */
  async insertExchanged(tx: Transaction, session: NewExchangedSession): Promise<StartedSession | null> {
    const id = newId();
    const rows: StartedSession[] = await tx.query(
      `INSERT INTO user_sessions (id, user_id, security_stamp, client_id, scope, dpop_jkt, entra_session_id, sealed_device,
              expires_at, idle_expires_at, service_account_id, service_account_stamp, entra_subject)
       SELECT $1, u.id, u.security_stamp, $3, $4, $5, $6, $7, e.at, e.at, $11, $12, $13
         FROM users u JOIN tenants n ON n.id = u.tenant_id
         JOIN (SELECT least(clock_timestamp() + make_interval(secs => $8), $9::timestamptz) AS at) e
           ON e.at > clock_timestamp()
        WHERE u.id = $2 AND u.status = 'active' AND n.sign_in_allowed
          AND coalesce(greatest(u.security_stamp_raised_at, u.entra_valid_from) < $10, true)
          FOR SHARE OF u
       RETURNING id, extract(epoch FROM expires_at - clock_timestamp())::float8 AS "secondsLeft"`,
      [
        id,
        session.userId,
        session.clientId,
        session.scope,
        session.dpopJkt,
        session.entraSessionId,
        await this.devices.seal(id, session),
        session.atMostSeconds,
        session.subjectExpiresAt,
        session.subjectIssuedAt,
        session.program?.id ?? null,
        session.program?.securityStamp ?? null,
        session.entraSubject,
      ],
    );
    return rows[0] ?? null;
  }

  /** Those that really stand, as StandingsRepository.findSession has it. */
  async findStandingPage(
    tx: Transaction,
    userId: string,
    limit: number,
    afterId: string | null,
  ): Promise<SessionSummary[]> {
    const rows: (EndedSession & DeviceColumns)[] = await tx.query(
      `SELECT ${SUMMARY}, ${DEVICE_COLUMNS} FROM user_sessions s JOIN users u ON u.id = s.user_id JOIN tenants t ON t.id = u.tenant_id
        WHERE s.user_id = $1 AND ${ALIVE} AND u.status = 'active' AND u.security_stamp = s.security_stamp
          AND t.sign_in_allowed AND ($2::uuid IS NULL OR s.id > $2) ORDER BY s.id LIMIT $3`,
      [userId, afterId, limit],
    );
    return Promise.all(rows.map((row) => this.devices.open(row)));
  }

  /** Ends one session unless it has ended. @returns whom it belonged to, null when there was nothing to end */
  async end(tx: Transaction, id: string, reason: SessionEnd): Promise<EndedSession | null> {
    const [session] = await this.endWhere(tx, 's.id = $2', reason, [id]);
    return session ?? null;
  }

  /** The same for its owner only. */
  async endOwn(tx: Transaction, userId: string, id: string, reason: SessionEnd): Promise<EndedSession | null> {
    const [session] = await this.endWhere(tx, `s.id = $2 AND s.user_id = $3 AND ${ALIVE}`, reason, [id, userId]);
    return session ?? null;
  }

  /**
   * All that a user has, as far as time has not ended them: also those that don't stand because the tenant is closed just now.
   *
   * @param keptId the one that goes on; null: none
   */
  endAllOf(tx: Transaction, userId: string, keptId: string | null, reason: SessionEnd): Promise<EndedSession[]> {
    return this.endWhere(tx, `s.user_id = $2 AND s.id IS DISTINCT FROM $3::uuid AND ${ALIVE}`, reason, [
      userId,
      keptId,
    ]);
  }

  /** Those that began before this moment. */
  endBegunBefore(tx: Transaction, userId: string, moment: Date, reason: SessionEnd): Promise<EndedSession[]> {
    return this.endWhere(tx, `s.user_id = $2 AND s.created_at < $3 AND ${ALIVE}`, reason, [userId, moment]);
  }

  /**
   * What began with a session at Entra, or what a person has there at all.
   *
   * @param entra tenants.id, and Entra's `sid`, `sub` or both; sessions from before `sub` was kept are told by `sid` alone
   */
  endByEntra(
    tx: Transaction,
    entra: { tenantId: string | null; sessionId: string | null; subject: string | null },
    reason: SessionEnd,
  ): Promise<EndedSession[]> {
    return this.endWhere(
      tx,
      `($2::text IS NOT NULL OR $3::text IS NOT NULL) AND ($2::text IS NULL OR s.entra_session_id = $2)
         AND ($3::text IS NULL OR s.entra_subject = $3 OR ($2::text IS NOT NULL AND s.entra_subject IS NULL))
         AND ($4::uuid IS NULL OR s.user_id IN (SELECT u.id FROM users u WHERE u.tenant_id = $4))`,
      reason,
      [entra.sessionId, entra.subject, entra.tenantId],
    );
  }

  private async endWhere(
    tx: Transaction,
    condition: string,
    reason: SessionEnd,
    parameters: unknown[],
  ): Promise<EndedSession[]> {
    const [rows] = (await tx.query(
      `UPDATE user_sessions s SET ended_at = now(), ended_reason = $1
        WHERE s.ended_at IS NULL AND ${condition} RETURNING ${SUMMARY}`,
      [reason, ...parameters],
    )) as [EndedSession[], number];
    return rows;
  }
}
