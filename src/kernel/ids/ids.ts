import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** For many ids at once: asking the system for each costs ten times the rest. */
const pool = Buffer.alloc(RANDOM_BYTES * 256);
let used = pool.length;
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
  return v7({ random, msecs, seq });
}

function randomBytesOfPool(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.subarray(used - RANDOM_BYTES, used);
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
