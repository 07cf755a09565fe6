import { isTreeSize, type LeafRange } from '../../crypto/merkle/subtrees.js';
import { HASH_BYTES } from '../../crypto/merkle/tree-hash.js';
import { type BundleHeader, type BundleQuestion, BundleRefused } from './evidence.types.js';

/** The lines of a bundle but the records, which are never parsed: see record-line.ts. Each has exactly one spelling. */

export const BUNDLE_FORMAT = 'blindspotx-audit/v1';
/** Without the newline. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Lines that are parsed as JSON are short: the largest is a checkpoint with many signatures. */
export const MAX_PARSED_BYTES = 256 * 1024;
const MAX_KEYS = 64;

export interface Hole extends LeafRange {
  /** The roots of the fewest complete subtrees that cover it, left to right. */
  hashes: readonly Buffer[];
}

export function headerLine({ origin, size, keys, asked }: BundleHeader): string {
  const question = asked && { filter: asked.filter, from: asked.from, to: asked.to, everything: asked.everything };
  return JSON.stringify({ bundle: BUNDLE_FORMAT, origin, size, keys, asked: question });
}

export function holeLine({ from, to, hashes }: Hole): string {
  return JSON.stringify({ from, to, hashes: hashes.map((hash) => hash.toString('base64')) });
}

export function checkpointLine(note: string): string {
  return JSON.stringify({ checkpoint: note });
}

/** @throws BundleRefused */
export function parseHeader(line: Buffer): BundleHeader {
  const { text, value } = parse(line);
  const { bundle, origin, size, keys, asked } = value;
  if (bundle !== BUNDLE_FORMAT) throw new BundleRefused('malformed-line', `it doesn't begin as a ${BUNDLE_FORMAT}`);
  if (typeof origin !== 'string' || origin === '' || !isTreeSize(size) || !isTexts(keys) || keys.length > MAX_KEYS)
    throw new BundleRefused('malformed-line', 'its header needs an origin, a size and keys');
  if (asked !== undefined && !isQuestion(asked, size))
    throw new BundleRefused('malformed-line', 'its header says of no filter and range what it was asked for');
  const header = { origin, size, keys, asked };
  assertSpelling(text, headerLine(header));
  return header;
}

/** @throws BundleRefused */
export function parseHole(line: Buffer): Hole {
  const { text, value } = parse(line);
  const { from, to, hashes } = value;
  if (!isTreeSize(from) || !isTreeSize(to) || from >= to || !isTexts(hashes) || !hashes.every(isHashText))
    throw new BundleRefused('malformed-line', 'left out records need their places and hashes');
  const hole = { from, to, hashes: hashes.map((hash) => Buffer.from(hash, 'base64')) };
  assertSpelling(text, holeLine(hole));
  return hole;
}

/** @throws BundleRefused */
export function parseCheckpointLine(line: Buffer): string {
  const { text, value } = parse(line);
  const { checkpoint } = value;
  if (typeof checkpoint !== 'string') throw new BundleRefused('malformed-line', 'a checkpoint is a text');
  assertSpelling(text, checkpointLine(checkpoint));
  return checkpoint;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(line: Buffer): { text: string; value: Partial<Record<string, unknown>> } {
  if (line.length > MAX_PARSED_BYTES) throw new BundleRefused('line-too-long', 'only records have such long lines');
  try {
    const text = utf8.decode(line);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { text, value: { ...value } };
  } catch {
    // Told below, together with JSON that isn't an object.
  }
  throw new BundleRefused('malformed-line', 'it is not the JSON object of a line of a bundle');
}

/** One spelling only: no member twice, none unknown, no number written otherwise, so that no two readers see two bundles. */
function assertSpelling(text: string, expected: string): void {
  if (text !== expected) throw new BundleRefused('malformed-line', "it isn't spelled as a line of a bundle is");
}

function isQuestion(value: unknown, size: number): value is BundleQuestion {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { filter, from, to, everything } = value as Partial<Record<string, unknown>>;
  if (!isTreeSize(from) || !isTreeSize(to) || from > to || to > size || typeof everything !== 'boolean') return false;
  return typeof filter === 'object' && filter !== null && !Array.isArray(filter) && isTexts(Object.values(filter));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Another spelling of the same bytes is refused together with every other spelling of the line. */
function isHashText(text: string): boolean {
  return Buffer.from(text, 'base64').length === HASH_BYTES;
}
