import type { SigningKeyRotated, SigningKeyStatus, SigningKeysStatus } from '../../keys/keys.types.js';

/** The signing keys as a list for people: state, kid, times of the database. */
export function describeKeys({ now, rotationDueAt, keys }: SigningKeysStatus): string {
  const lines = keys.map((key) => `${key.state.padEnd(9)} ${key.kid}  ${timesOf(key, now)}`);
  return `${lines.join('\n')}\nthe schedule rotates after ${rotationDueAt.toISOString()}\n`;
}

export function describeRotation({ current, retiring, retiresAt, next }: SigningKeyRotated): string {
  return [
    `current   ${current}  signs from now on`,
    `retiring  ${retiring}  verifies until ${retiresAt.toISOString()}`,
    `next      ${next}  is published from now on`,
    '',
  ].join('\n');
}

function timesOf({ state, createdAt, activatedAt, retiresAt, readyAt }: SigningKeyStatus, now: Date): string {
  const at = (time: Date | null) => time?.toISOString() ?? 'unknown';
  if (state === 'next') {
    const ready = readyAt !== null && readyAt <= now ? 'may sign' : `may sign from ${at(readyAt)}`;
    return `published since ${at(createdAt)}, ${ready}`;
  }
  if (state === 'current') return `signs since ${at(activatedAt)}`;
  return state === 'retiring' ? `verifies until ${at(retiresAt)}` : `verified until ${at(retiresAt)}`;
}
