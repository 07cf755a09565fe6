import type { TokenFlaw } from '../faults/fault-registry.js';
import type { Json } from '../store/json.types.js';
import { halfHash } from './half-hash.js';

const HOUR = 3600;
const ELSEWHERE = '99999999-9999-4999-8999-999999999999';

/** The claims in which a flawed token differs from a right one; those given as undefined are left out. Flaws of header and signature have none. */
export function flawedClaims(flaw: TokenFlaw | undefined, now: number): Record<string, Json | undefined> {
  const flaws: Partial<Record<TokenFlaw, Record<string, Json | undefined>>> = {
    wrongAudience: { aud: ELSEWHERE },
    wrongIssuer: { iss: `https://login.attacker.example/${ELSEWHERE}/v2.0` },
    wrongTenant: { tid: ELSEWHERE },
    wrongNonce: { nonce: 'another-nonce' },
    missingNonce: { nonce: undefined },
    missingSub: { sub: undefined },
    missingOid: { oid: undefined },
    missingIat: { iat: undefined },
    missingAud: { aud: undefined },
    expired: { iat: now - 3 * HOUR, nbf: now - 3 * HOUR, exp: now - 2 * HOUR },
    notYetValid: { nbf: now + 2 * HOUR, exp: now + 3 * HOUR },
    futureIat: { iat: now + 2 * HOUR },
    wrongAtHash: { at_hash: halfHash('the access token of another answer') },
    wrongCHash: { c_hash: halfHash('the code of another answer') },
  };
  return (flaw && flaws[flaw]) ?? {};
}
