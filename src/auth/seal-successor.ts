import { hkdfSync } from 'node:crypto';
import { openWithKey, SealBroken, sealWithKey } from '../crypto/envelope.js';

/**
 * A copy of a refresh token's successor that only the holder of the token itself can open: the key is derived from the token,
 * of which the database has nothing but a hash. A stolen database yields no token.
 *
 * @param row refresh_tokens.id of the token that was used
 */
export function sealSuccessor(token: string, successor: string, row: string): Buffer {
  return sealWithKey(keyOf(token), 0, Buffer.from(successor, 'utf8'), placeOf(row));
}

/** Null when the copy was changed or belongs to another token. */
export function openSuccessor(token: string, sealed: Buffer, row: string): string | null {
  try {
    return openWithKey(keyOf(token), sealed, placeOf(row)).toString('utf8');
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

/** The token has 256 random bits, so HKDF (RFC 5869) needs no salt. */
function keyOf(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', 'blindspotx refresh successor', 32));
}

function placeOf(row: string) {
  return { table: 'refresh_tokens', column: 'successor_sealed', row };
}
