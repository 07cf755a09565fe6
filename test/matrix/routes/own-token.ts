import { randomUUID, sign } from 'node:crypto';
import { KeyRing } from '../../../src/crypto/key-ring.js';
import { part } from '../../security/sender-key.js';
import type { MatrixStage } from './matrix-stage.js';

type Members = Record<string, unknown>;

/** A token of ours again, signed with the service's own key, with other members; undefined leaves one out. */
export async function signAgain(
  stage: MatrixStage,
  token: string,
  claims: Members = {},
  header: Members = {},
): Promise<string> {
  const { privateKey } = await stage.auth.service.app.get(KeyRing, { strict: false }).signingKey();
  const input = unsigned(token, { jti: randomUUID(), ...claims }, header);
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Header and claims, with other members. */
export function unsigned(token: string, claims: Members = {}, header: Members = {}): string {
  return `${part({ ...membersOf(token, 0), ...header })}.${part({ ...membersOf(token, 1), ...claims })}`;
}

export function membersOf(token: string, nth: 0 | 1): Members {
  return JSON.parse(Buffer.from(token.split('.')[nth] ?? '', 'base64url').toString()) as Members;
}
