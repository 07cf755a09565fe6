import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';

type Sql = <T = Record<string, unknown>>(query: string, parameters?: unknown[]) => Promise<T[]>;

const CHUNK_BYTES = 4 * 1024 * 1024;
const ROWS_AT_ONCE = 500;

/** How bytes may lie in a database: as they are, in hexadecimal, in base64 at each of its three alignments. */
export function encodingsOf(secret: string | Buffer): Buffer[] {
  const bytes = Buffer.isBuffer(secret) ? secret : Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const texts = new Set([hex, hex.toUpperCase()]);
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    // Characters that the bytes before and after have a part in are left out.
    const [from, to] = [Math.ceil((shift * 8) / 6), Math.floor((shifted.byteLength * 8) / 6)];
    for (const encoding of ['base64', 'base64url'] as const) texts.add(shifted.toString(encoding).slice(from, to));
  }
  return [bytes, ...[...texts].map((text) => Buffer.from(text, 'latin1'))];
}

/** `table.column` of every value of every table of the database, the queue's and large objects too, that holds one of them. */
export async function columnsWith(sql: Sql, secrets: readonly (string | Buffer)[]): Promise<string[]> {
  const needles = secrets.flatMap(encodingsOf);
  const tables = await sql<{ name: string; label: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
            CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS label
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition
        AND (n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') OR c.relname IN ('pg_largeobject', 'pg_description'))`,
  );
  const found = new Set<string>();
  for (const { name, label } of tables) {
    for (let offset = 0; ; offset += ROWS_AT_ONCE) {
      const rows = await sql<{ row: Record<string, unknown> }>(
        `SELECT row_to_json(t) AS row FROM ${name} t ORDER BY t.ctid OFFSET ${offset} LIMIT ${ROWS_AT_ONCE}`,
      );
      for (const { row } of rows) {
        for (const [column, value] of Object.entries(row)) {
          const forms = formsOf(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
          if (forms.some((form) => needles.some((needle) => form.includes(needle)))) found.add(`${label}.${column}`);
        }
      }
      if (rows.length < ROWS_AT_ONCE) break;
    }
  }
  return [...found].sort();
}

/** A value as text, and the bytes of a bytea. */
function formsOf(text: string): Buffer[] {
  const asText = Buffer.from(text, 'utf8');
  return /^\\x(?:[0-9a-f]{2})*$/.test(text) ? [asText, Buffer.from(text.slice(2), 'hex')] : [asText];
}

/** Files below a folder, tables, indexes, write-ahead log and all, whose bytes hold one of them. */
export function filesWith(folder: string, secrets: readonly (string | Buffer)[]): string[] {
  const needles = secrets.flatMap(encodingsOf);
  const overlap = Math.max(...needles.map(({ byteLength }) => byteLength));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => fileHolds(path, needles, overlap))
    .map((path) => relative(folder, path))
    .sort();
}

function fileHolds(path: string, needles: Buffer[], overlap: number): boolean {
  const buffer = Buffer.alloc(CHUNK_BYTES + overlap);
  const file = openIfThere(path);
  if (file === null) return false;
  try {
    let kept = 0;
    for (;;) {
      const read = readSync(file, buffer, kept, CHUNK_BYTES, null);
      if (read === 0) return false;
      const seen = buffer.subarray(0, kept + read);
      if (needles.some((needle) => seen.includes(needle))) return true;
      kept = Math.min(overlap, seen.byteLength);
      buffer.copy(buffer, 0, seen.byteLength - kept, seen.byteLength);
    }
  } finally {
    closeSync(file);
  }
}

/** A server that runs takes files away between the listing and the reading, as pg_internal.init, its cache of the catalogue. */
function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
