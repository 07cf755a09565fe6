import { readFile, stat } from 'node:fs/promises';
import type { Json } from '../../crypto/canonical-json.js';
import { jsonFault } from '../../kernel/text/json-fault.js';
import { ExportError } from './export-error.js';

/** Larger than any export seen (a tenant of 100,000 users is about 200 MB) and small enough for one string. */
const MAX_BYTES = 500 * 1024 * 1024;

/**
 * The value in a JSON file written as UTF-8 or UTF-16 (either order), with or without byte order mark.
 *
 * @throws ExportError naming file, line and column
 */
export async function readJsonFile(file: string): Promise<Json> {
  return parseJson(file, decodeText(file, await readBytes(file)));
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    // Before a byte of it is read: a sparse file costs its writer nothing and its reader everything.
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new ExportError(file, `it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof ExportError) throw error;
    throw new ExportError(file, whyUnreadable(error));
  }
}

/** What the operating system says, in words. */
export function whyUnreadable(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'reading it is not permitted';
  if (code === 'EISDIR') return 'it is a folder, not a file';
  if (code === 'ERR_FS_FILE_TOO_LARGE') return 'it is too large to read';
  return `it can't be read (${typeof code === 'string' ? code : String(error)})`;
}

export function decodeText(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new ExportError(file, 'it is neither UTF-8 nor UTF-16 text');
  }
}

/** By the byte order mark, or by which half of the first character is zero (JSON starts in ASCII, RFC 8259 8.1). */
function encodingOf(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== undefined && first !== 0 && second === 0) return 'utf-16le';
  if (first === 0 && second !== undefined && second !== 0) return 'utf-16be';
  return 'utf-8';
}

export function parseJson(file: string, text: string, line = 0): Json {
  if (text.trim() === '') throw new ExportError(file, 'it is empty', line === 0 ? null : `line ${line}`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExportError(file, `it is not valid JSON (${reasonOf(error)})`, placeOf(text, line));
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // V8 quotes the text around the fault, which may hold line ends and a tenant's data.
  const reason = message.split(/, "|, \.\.\."| in JSON at position| at position/)[0] ?? message;
  return reason.replaceAll(/\p{Cc}/gu, ' ').slice(0, 120);
}

function placeOf(text: string, line: number): string {
  const before = text.slice(0, jsonFault(text)?.position ?? text.length).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `line ${line === 0 ? before.length : line} column ${column}`;
}
