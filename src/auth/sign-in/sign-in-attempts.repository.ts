import { Injectable } from '@nestjs/common';
import { sha256 } from '../../crypto/digest.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { LIFETIME } from '../lifetimes.js';

export interface NewSignInAttempt {
  id: string;
  /** tenants.id */
  tenantId: string;
  state: string;
  /** Value of the sign-in cookie. */
  browser: string;
  nonce: string;
  codeVerifierSealed: Buffer;
  returnTo: string;
  replacesSessionId: string | null;
}

/** Sign-ins that may be under way at once. A row has about 600 bytes; an attempt lives for ten minutes. */
export const MAX_OPEN_ATTEMPTS = 100_000;

/** Long enough for most sign-ins. */
const YOUNG_SECONDS = 120;

export type TakenSignInAttempt = Omit<NewSignInAttempt, 'state' | 'browser'>;

@Injectable()
export class SignInAttemptsRepository {
  /** @returns false when there are too many already, given up or not */
  async insert(tx: Transaction, attempt: NewSignInAttempt): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `INSERT INTO sign_in_attempts
         (id, tenant_id, state_hash, browser_hash, nonce, code_verifier_sealed, return_to, replaces_session_id, expires_at)
       SELECT $1::uuid, $2::uuid, $3::bytea, $4::bytea, $5::text, $6::bytea, $7::text, $8::uuid, now() + make_interval(secs => $9)
        WHERE (SELECT count(*) FROM (SELECT FROM sign_in_attempts LIMIT ${MAX_OPEN_ATTEMPTS}) AS open) < ${MAX_OPEN_ATTEMPTS}
       RETURNING id`,
      [
        attempt.id,
        attempt.tenantId,
        sha256(attempt.state),
        sha256(attempt.browser),
        attempt.nonce,
        attempt.codeVerifierSealed,
        attempt.returnTo,
        attempt.replacesSessionId,
        LIFETIME.signInSeconds,
      ],
    );
    return rows.length > 0;
  }

  /** Takes the attempt once, and only for the browser that began it: another browser can't use it up either. */
  async take(tx: Transaction, state: string, browser: string): Promise<TakenSignInAttempt | null> {
    const [rows] = (await tx.query(
      `DELETE FROM sign_in_attempts WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > now()
       RETURNING id, tenant_id AS "tenantId", nonce, code_verifier_sealed AS "codeVerifierSealed",
                 return_to AS "returnTo", replaces_session_id AS "replacesSessionId"`,
      [sha256(state), sha256(browser)],
    )) as [TakenSignInAttempt[], number];
    return rows[0] ?? null;
  }

  /**
   * When there are too many: the oldest give way, but none that is so young that somebody is probably just signing in. Refusing
   * everybody instead would let whoever fills the table keep all people out.
   *
   * @returns whether there is room now
   */
  async makeRoom(tx: Transaction): Promise<boolean> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM sign_in_attempts WHERE id IN
         (SELECT id FROM sign_in_attempts WHERE expires_at <= now() + make_interval(secs => $1)
           ORDER BY expires_at LIMIT 200 FOR UPDATE SKIP LOCKED)`,
      [LIFETIME.signInSeconds - YOUNG_SECONDS],
    );
    return count > 0;
  }

  /** A few at a time, by whoever begins a sign-in, and the rest in the course of a day. @returns how many */
  async deleteExpired(tx: Transaction, limit = 20): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM sign_in_attempts WHERE id IN
         (SELECT id FROM sign_in_attempts WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
    return count;
  }
}
