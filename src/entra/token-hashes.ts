import { createHash } from 'node:crypto';
import type { JsonObject } from '../crypto/canonical-json.js';
import { equalSecrets } from '../crypto/digest.js';
import { entraError } from './entra.errors.js';

/** What came along with an id token and may be bound to it. */
export interface TokenCompanions {
  /** Empty when Entra sent none. */
  accessToken: string;
  code: string;
}

/**
 * The hashes of an id token, where it has them: `at_hash` of the access token (OpenID Connect Core 3.1.3.6) and `c_hash` of the
 * code (3.3.2.11). In the code flow both may be missing; a wrong one says that the answer was put together from two.
 *
 * @param claims of an id token that is signed with RS256
 * @throws DomainError entra.token_invalid
 */
export function assertHashesFit(claims: JsonObject, { accessToken, code }: TokenCompanions): void {
  for (const [claim, companion] of [
    ['at_hash', accessToken],
    ['c_hash', code],
  ] as const) {
    const value = claims[claim];
    if (value === undefined) continue;
    if (typeof value !== 'string' || companion === '' || !equalSecrets(value, halfHash(companion))) {
      throw entraError('entra.token_invalid', { detail: `The token is refused: ${claim} is that of another answer.` });
    }
  }
}

/** The left half of SHA-256, which is the hash of RS256, over the ASCII octets. */
function halfHash(text: string): string {
  return createHash('sha256').update(text, 'ascii').digest().subarray(0, 16).toString('base64url');
}
