import { createHmac } from 'node:crypto';
import { openWithKey, SealBroken, sealWithKey } from '../../crypto/envelope.js';

const PURPOSE = 'blindspotx refresh successor';

/**
 * A copy of a refresh token's successor that only the holder of the token itself can open: the key is derived from the token,
 * of which the database has nothing but a hash. A stolen database yields no token.
 *
 * @param tokenHash of the token that is used up; the copy opens nowhere else
 */
export function sealSuccessor(token: string, successor: string, tokenHash: Buffer): Buffer {
  return sealWithKey(keyOf(token), 0, Buffer.from(successor, 'utf8'), placeOf(tokenHash));
}

/** Null when the copy was changed or belongs to another token. */
export function openSuccessor(token: string, sealed: Buffer, tokenHash: Buffer): string | null {
  try {
    return openWithKey(keyOf(token), sealed, placeOf(tokenHash)).toString('utf8');
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

/** HKDF (RFC 5869) by its second half alone: a token of 256 random bits is a strong key already (3.3), and 32 bytes are one block. */
function keyOf(token: string): Buffer {
  return createHmac('sha256', token).update(`${PURPOSE}\x01`).digest();
}

/** The row by its hash and not its id: the hash is known before anything was asked. */
function placeOf(tokenHash: Buffer) {
  return { table: 'refresh_tokens', column: 'successor_sealed', row: tokenHash.toString('base64url') };
}
