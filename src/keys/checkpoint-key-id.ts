import { sha256 } from '../crypto/digest.js';

/** @param publicKey 32 bytes (RFC 8032 5.1.5) */
export function checkpointKeyId(publicKey: Buffer): string {
  return sha256(publicKey).toString('hex', 0, 8);
}
