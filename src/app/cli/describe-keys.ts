import type { KeysRewrapped } from '../../keys/key-rewrapping.service.js';
import type { KeyRotated, SigningKeyRotated, SigningKeyStatus, SigningKeysStatus } from '../../keys/keys.types.js';
import type { StoredKeyStatus } from '../../keys/keys-status.repository.js';
import type { KeysStatus, StoredCount, UncountedUse } from '../../keys/keys-status.service.js';
import type { RotationOutcome } from '../keys-by-operator.js';

const DAY_SECONDS = 86_400;

/** The signing keys as a list for people: state, kid, times of the database. */
export function describeKeys({ now, rotationDueAt, keys }: SigningKeysStatus): string {
  const lines = keys.map((key) => `${key.state.padEnd(9)} ${key.kid}  ${timesOf(key, now)}`);
  return `${lines.join('\n')}\nthe schedule rotates after ${rotationDueAt.toISOString()}\n`;
}

/** What became of each kind. */
export function describeOutcomes(outcomes: readonly RotationOutcome[]): string {
  return outcomes
    .map((outcome) => {
      if ('refused' in outcome) return `${outcome.kind} key was not rotated: ${outcome.refused.message}\n`;
      return outcome.kind === 'signing' ? describeRotation(outcome.rotated) : describeKeyRotated(outcome.rotated);
    })
    .join('');
}

function describeRotation({ current, retiring, retiresAt, next }: SigningKeyRotated): string {
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

function describeKeyRotated({ kind, current, retiring }: KeyRotated): string {
  return `${kind} key ${current} is in use from now on, after ${retiring}\n`;
}

export function describeRewrapped({ wrappedBy, before, count }: KeysRewrapped): string {
  return count === 0
    ? `all keys are wrapped by ${wrappedBy}\n`
    : `${count} keys are wrapped by ${wrappedBy} now, before by ${before.join(', ')}\n`;
}

/** All other keys, what lies under each, and how far older values are written again. */
export function describeStored({ wrapsNow, keys, stored, uncounted, rewraps }: KeysStatus): string {
  const others = keys.filter(({ kind }) => kind !== 'signing');
  const wrappings = [...new Set(keys.filter(({ state }) => state !== 'retired').map(({ wrappedBy }) => wrappedBy))];
  return [
    ...others.map((key) => storedKeyLine(key)),
    '',
    `wrapped by ${wrappings.join(', ')}; ${wrapsNow === null ? 'the key vault does not answer' : `now by ${wrapsNow}`}`,
    '',
    ...stored.map(countLine),
    ...uncounted.map(uncountedLine),
    ...rewraps.map(rewrapLine),
    '',
  ].join('\n');
}

function storedKeyLine({ kind, name, state, ageSeconds, uses, retiresAt }: StoredKeyStatus): string {
  const age = `${Math.floor(ageSeconds / DAY_SECONDS)} days old`;
  const used = uses === null ? '' : `, sealed at most ${uses}`;
  const until = retiresAt === null || state !== 'retiring' ? '' : `, signs until ${retiresAt.toISOString()}`;
  return `${kind.padEnd(10)} ${name.padEnd(16)} ${state.padEnd(8)} ${age}${used}${until}`;
}

function countLine({ kind, version, table, column, values, rewrap }: StoredCount): string {
  return `under ${kind} key ${version}: ${values} in ${table}.${column}${rewrap ? '' : ' (stay as they are)'}`;
}

function uncountedLine({ kind, use }: UncountedUse): string {
  return `by ${kind} keys: ${use}`;
}

function rewrapLine(rewrap: KeysStatus['rewraps'][number]): string {
  const { kind, version, table, column, written, completedAt, block, leaf, blocks } = rewrap;
  const state =
    completedAt === null
      ? `at block ${block}${leaf === null ? '' : ` of ${leaf}`}, ${blocks} in all`
      : `complete since ${completedAt.toISOString()}`;
  return `written again under ${kind} key ${version}: ${written} in ${table}.${column}, ${state}`;
}
