import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** For many ids at once: asking the system for each costs ten times the rest. */
const POOLED = 256;
const pool = Buffer.alloc(RANDOM_BYTES * POOLED);
const randoms = Array.from({ length: POOLED }, (_none, nth) =>
  pool.subarray(nth * RANDOM_BYTES, (nth + 1) * RANDOM_BYTES),
);
let used = POOLED;
/** An id as bytes and as letters, its dashes in their places: written anew for each, so that an id costs one string. */
const bytes = Buffer.alloc(16);
const letters = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');
const places = [...letters.keys()].filter((at) => letters[at] === 48);
const digits = Buffer.from('0123456789abcdef', 'latin1');
/** Milliseconds and sequence of the last id: within one millisecond the sequence counts up (RFC 9562 6.2, method 1). */
let msecs = Number.NEGATIVE_INFINITY;
let seq = 0;

/** A new UUIDv7 (RFC 9562 5.7): sorts by creation time, so that keyset pages run in that order. */
export function newId(): string {
  const random = randomBytesOfPool();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Half of the range is left to count up in.
    seq = random.readUInt32BE(6) >>> 1;
  } else {
    seq += 1;
    if (seq > 0xff_ff_ff_ff) {
      seq = 0;
      msecs += 1;
    }
  }
  v7({ random, msecs, seq }, bytes);
  for (let nth = 0; nth < bytes.length; nth++) {
    const byte = bytes[nth] as number;
    letters[places[2 * nth] as number] = digits[byte >>> 4] as number;
    letters[places[2 * nth + 1] as number] = digits[byte & 15] as number;
  }
  return letters.toString('latin1');
}

function randomBytesOfPool(): Buffer {
  if (used === POOLED) {
    randomFillSync(pool);
    used = 0;
  }
  used += 1;
  return randoms[used - 1] as Buffer;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
