import { Injectable } from '@nestjs/common';
import { sha256 } from '../crypto/digest.js';
import type { Transaction } from '../database/transaction-runner.js';
import { LIFETIME } from './lifetimes.js';

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

export type TakenSignInAttempt = Omit<NewSignInAttempt, 'state' | 'browser'>;

@Injectable()
export class SignInAttemptsRepository {
  async insert(tx: Transaction, attempt: NewSignInAttempt): Promise<void> {
    await tx.query(
      `INSERT INTO sign_in_attempts
         (id, tenant_id, state_hash, browser_hash, nonce, code_verifier_sealed, return_to, replaces_session_id, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9))`,
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

  /** A few at a time, by whoever begins a sign-in: nothing that was given up stays for long. */
  async deleteExpired(tx: Transaction): Promise<void> {
    await tx.query(
      `DELETE FROM sign_in_attempts WHERE id IN
         (SELECT id FROM sign_in_attempts WHERE expires_at <= now() ORDER BY expires_at LIMIT 20 FOR UPDATE SKIP LOCKED)`,
    );
  }
}
