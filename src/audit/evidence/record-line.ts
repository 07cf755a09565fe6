import { BundleRefused } from './evidence.types.js';

const START = Buffer.from('{"leafIndex":');
const HASH = Buffer.from(',"leafHash":"');
const RECORD = Buffer.from('","record":');
/** 32 bytes in base64. */
const HASH_LENGTH = 44;
const [OPEN, CLOSE, ZERO, NINE] = [0x7b, 0x7d, 0x30, 0x39];
/** Up to 2^53 - 1. */
const MAX_DIGITS = 16;

/** Where things are in the line of a record. */
export interface RecordLine {
  leafIndex: number;
  /** The base64 text beside the record, which proves nothing. */
  leafHash: string;
  /** The record's own bytes, exactly as they were sealed: [start, end) of the buffer of the line. */
  start: number;
  end: number;
}

/** A line with the record's bytes as they are. */
export function recordLine(leafIndex: number, leafHash: Buffer, record: Buffer): Buffer {
  return Buffer.concat([
    START,
    Buffer.from(String(leafIndex)),
    HASH,
    Buffer.from(leafHash.toString('base64')),
    RECORD,
    record,
    Buffer.of(CLOSE),
  ]);
}

/**
 * Finds the parts of a record's line without parsing the record: a million of them are looked at in a few seconds, and what is
 * hashed is what stands there, not what some parser makes of it. `into` is overwritten and returned.
 *
 * @throws BundleRefused
 */
export function locateRecord(bytes: Buffer, start: number, end: number, into: RecordLine): RecordLine {
  let at = skip(bytes, start, START);
  const digits = at;
  let leafIndex = 0;
  for (let digit = bytes[at] ?? 0; digit >= ZERO && digit <= NINE && at - digits < MAX_DIGITS; digit = bytes[at] ?? 0) {
    leafIndex = leafIndex * 10 + (digit - ZERO);
    at += 1;
  }
  const isNumber = at > digits && (bytes[digits] !== ZERO || at === digits + 1) && Number.isSafeInteger(leafIndex);
  if (!isNumber) throw malformed();
  at = skip(bytes, at, HASH);
  const hash = at;
  at = skip(bytes, at + HASH_LENGTH, RECORD);
  // The line's own brace follows the record's.
  if (end - at < 3 || bytes[at] !== OPEN || bytes[end - 2] !== CLOSE || bytes[end - 1] !== CLOSE) throw malformed();
  into.leafIndex = leafIndex;
  into.leafHash = bytes.toString('latin1', hash, hash + HASH_LENGTH);
  into.start = at;
  into.end = end - 1;
  return into;
}

function skip(bytes: Buffer, at: number, expected: Buffer): number {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) throw malformed();
  return at + expected.length;
}

function malformed(): BundleRefused {
  return new BundleRefused('malformed-line', "it isn't spelled as the line of a record is");
}
