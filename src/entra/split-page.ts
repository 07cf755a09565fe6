import type { Json } from '../crypto/canonical-json.js';

/** Where the elements of a page stand, without their having been parsed. */
export interface SplitPage {
  bytes: Buffer;
  /** Start and end of each element of `value`, in turns; null where `value` is missing or no list. */
  elements: number[] | null;
  nextLink: Json | undefined;
  deltaLink: Json | undefined;
}

/** The bytes are no JSON object. */
export class PageSyntaxError extends Error {
  /** Bytes before the place where it shows. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`${reason} at byte ${offset}`);
    this.name = 'PageSyntaxError';
    this.offset = offset;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Bytes of a string that are looked at one by one; only beyond is the runtime's search worth its call. */
const NEAR = 16;

/**
 * Finds the elements of one page of a Graph list (RFC 8259 text: an object whose member `value` is a list) in one pass over
 * its bytes. The page's own members are checked; of an element only where it ends. Bytes that were parsed before are valid,
 * and whoever meets others parses them, so nothing invalid passes as a whole. Of members with one name the last counts.
 *
 * @throws PageSyntaxError
 */
export function splitPage(bytes: Buffer): SplitPage {
  const page: SplitPage = { bytes, elements: null, nextLink: undefined, deltaLink: undefined };
  let at = afterSpace(bytes, 0);
  if (bytes[at] !== OPEN_OBJECT) throw new PageSyntaxError('an object is expected', at);
  at = afterSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_OBJECT) return ended(page, at + 1);
  for (;;) {
    if (bytes[at] !== QUOTE) throw new PageSyntaxError('a name is expected', at);
    const nameEnd = afterString(bytes, at + 1);
    const name = parsed(bytes, at, nameEnd);
    at = afterSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) throw new PageSyntaxError('a colon is expected', at);
    at = afterSpace(bytes, at + 1);
    if (name === 'value' && bytes[at] === OPEN_LIST) {
      page.elements = [];
      at = splitList(bytes, at, page.elements);
    } else {
      const end = afterValue(bytes, at);
      const value = parsed(bytes, at, end);
      if (name === 'value') page.elements = null;
      else if (name === '@odata.nextLink') page.nextLink = value;
      else if (name === '@odata.deltaLink') page.deltaLink = value;
      at = end;
    }
    at = afterSpace(bytes, at);
    if (bytes[at] === CLOSE_OBJECT) return ended(page, at + 1);
    if (bytes[at] !== COMMA) throw new PageSyntaxError('a comma or the end of the object is expected', at);
    at = afterSpace(bytes, at + 1);
  }
}

function ended(page: SplitPage, from: number): SplitPage {
  const at = afterSpace(page.bytes, from);
  if (at < page.bytes.length) throw new PageSyntaxError('nothing is expected after the object', at);
  return page;
}

/** @param from at the opening bracket; answers with what is after the closing one */
function splitList(bytes: Buffer, from: number, elements: number[]): number {
  let at = afterSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    const end = afterValue(bytes, at);
    elements.push(at, end);
    at = afterSpace(bytes, end);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    if (bytes[at] !== COMMA) throw new PageSyntaxError('a comma or the end of the list is expected', at);
    at = afterSpace(bytes, at + 1);
  }
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
}

function afterValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === OPEN_OBJECT || first === OPEN_LIST) return afterNested(bytes, from);
  if (first === QUOTE) return afterString(bytes, from + 1);
  let at = from;
  while (isScalarByte(bytes[at])) at += 1;
  if (at === from) throw new PageSyntaxError('a value is expected', at);
  return at;
}

/** The hot loop: what of an element isn't within a string passes here byte by byte. */
function afterNested(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let depth = 0;
  let at = from;
  while (at < length) {
    const byte = bytes[at++];
    if (byte === QUOTE) {
      at = afterString(bytes, at);
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new PageSyntaxError('the text ends within an object or a list', length);
}

/** @param from after the opening quote; answers with what is after the closing one */
function afterString(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from;
  for (;;) {
    const near = Math.min(at + NEAR, length);
    while (at < near) {
      const byte = bytes[at++];
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at += 1;
    }
    const quote: number = at < length ? bytes.indexOf(QUOTE, at) : -1;
    if (quote < 0) throw new PageSyntaxError('the text ends within a string', length);
    // After an odd number of backslashes it is escaped.
    let first = quote;
    while (first > at && bytes[first - 1] === BACKSLASH) first -= 1;
    at = quote + 1;
    if ((quote - first) % 2 === 0) return at;
  }
}

/** Letters, digits and the signs of numbers: what `true`, `null` and numbers are made of. */
function isScalarByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || '+-.E'.includes(String.fromCharCode(byte));
}

function parsed(bytes: Buffer, start: number, end: number): Json {
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as Json;
  } catch {
    throw new PageSyntaxError('no JSON value stands', start);
  }
}
