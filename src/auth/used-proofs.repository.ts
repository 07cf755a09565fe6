import { Injectable } from '@nestjs/common';
import { sha256 } from '../crypto/digest.js';
import type { Transaction } from '../database/transaction-runner.js';

/** What is good for one use over all instances. The same `jti` for two purposes is two proofs. */
export type ProofPurpose = 'dpop' | 'client-assertion' | 'logout-token';

const MAX_JTI_LENGTH = 256;
/** Kept so much longer than the proof could be used: clocks that are measured are a little off. */
const MARGIN_SECONDS = 60;
/** Deleted with each use, so that more go than come. */
const DELETED_AT_ONCE = 5;

/** Whether a claim can be a `jti` that we remember: text, not empty, and no longer than 256 characters. */
export function isProofId(jti: unknown): jti is string {
  return typeof jti === 'string' && jti !== '' && jti.length <= MAX_JTI_LENGTH;
}

/** Proofs that were used, as digests. */
@Injectable()
export class UsedProofs {
  /**
   * Uses up a proof: true for exactly one caller, however many ask at once and on however many instances. It must be committed
   * whatever comes of the request, so it has no place in a transaction that may still be rolled back; except where nothing has happened then, as at a logout
   * token that may be sent again.
   *
   * @param issuer whose `jti` it is (client id, key thumbprint, issuer): nobody can use up somebody else's
   * @param expiresAtSeconds when the proof is refused for its age anyway, Unix seconds
   */
  async take(
    tx: Transaction,
    purpose: ProofPurpose,
    issuer: string,
    jti: string,
    expiresAtSeconds: number,
  ): Promise<boolean> {
    if (!isProofId(jti)) return false;
    const rows: unknown[] = await tx.query(
      `WITH gone AS (
         DELETE FROM used_proofs WHERE digest IN
           (SELECT digest FROM used_proofs WHERE expires_at <= clock_timestamp() AND digest <> $1
             ORDER BY expires_at LIMIT ${DELETED_AT_ONCE} FOR UPDATE SKIP LOCKED))
       INSERT INTO used_proofs (digest, expires_at) VALUES ($1, to_timestamp($2)) ON CONFLICT (digest) DO NOTHING
       RETURNING true AS taken`,
      [digestOf([purpose, issuer, jti]), expiresAtSeconds + MARGIN_SECONDS],
    );
    return rows.length === 1;
  }

  /** @returns how many */
  async deleteExpired(tx: Transaction, limit: number): Promise<number> {
    const [, count] = await tx.query<[unknown[], number]>(
      `DELETE FROM used_proofs WHERE digest IN
         (SELECT digest FROM used_proofs WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
    return count;
  }
}

/** Each part with its length before it: no two lists of parts have the same bytes. */
function digestOf(parts: readonly string[]): Buffer {
  return sha256(
    Buffer.concat(
      parts.flatMap((part) => {
        const bytes = Buffer.from(part, 'utf8');
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        return [length, bytes];
      }),
    ),
  );
}
