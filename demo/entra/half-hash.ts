import { createHash } from 'node:crypto';

/** `at_hash` and `c_hash` of tokens signed with RS256: the left half of SHA-256, as base64url (OpenID Connect Core 3.1.3.6, 3.3.2.11). */
export function halfHash(text: string): string {
  return createHash('sha256').update(text, 'ascii').digest().subarray(0, 16).toString('base64url');
}
