import { createPublicKey, verify } from 'node:crypto';
import type pg from 'pg';
import type { KeyRing } from '../../../src/crypto/key-ring.js';
import { type Json, jcs, leafOf, rootOf } from './log-roots.js';

interface LeafRow {
  leaf_index: string;
  id: string | null;
  at: string;
  action: string;
  outcome: string;
  reason: string | null;
  actor_type: string;
  actor_id: string | null;
  actor_name: string | null;
  session_id: string | null;
  tenant_id: string | null;
  target_type: string | null;
  target_id: string | null;
  target_name: string | null;
  source_address: string | null;
  user_agent: string | null;
  request_id: string | null;
  trace_id: string | null;
  sealed_states: Buffer | null;
}

const TILE_BYTES = 8192;
const HASH_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** The log as it was found; the next one has to go on from it. */
export interface LogSeen {
  size: number;
  notes: ReadonlyMap<number, string>;
}

/**
 * Reads the whole log from the tables and computes everything anew: records, leaves, tiles, roots, signatures. Nothing of what the
 * service computes with is used but the keys that open the states of records.
 *
 * @returns what doesn't hold, in sentences, and what was seen
 */
export async function checkLog(
  client: pg.Client,
  ring: KeyRing,
  before: LogSeen,
): Promise<{ faults: string[]; seen: LogSeen }> {
  const faults: string[] = [];
  const leaves = await readLeaves(client, ring, faults);
  const [tree] = (await client.query<{ origin: string; size: string }>('SELECT origin, size FROM audit_trees')).rows;
  if (Number(tree?.size) !== leaves.length)
    faults.push(`the tree has ${tree?.size} records, but ${leaves.length} leaves`);
  if (leaves.length < before.size) faults.push(`the log shrank from ${before.size} to ${leaves.length}`);
  const unsealed =
    await client.query(`SELECT id FROM audit_events e WHERE NOT EXISTS (SELECT FROM audit_leaves WHERE event_id = e.id)
      AND NOT EXISTS (SELECT FROM audit_pending WHERE event_id = e.id)`);
  if (unsealed.rowCount !== 0) faults.push(`${unsealed.rowCount} records are in no leaf and don't wait to be`);
  await checkTiles(client, leaves, faults);
  const notes = await checkCheckpoints(client, tree?.origin ?? '', leaves, faults);
  for (const [size, note] of before.notes) {
    if (notes.get(size) !== note) faults.push(`the checkpoint of ${size} is not the one that was there before`);
  }
  return { faults, seen: { size: leaves.length, notes } };
}

/** Checkpoints that left the system: each must still be the log's. */
export function checkPublished(text: string, { notes }: LogSeen): string[] {
  const published = text.split(/\n\n(?=\S+\n\d+\n)/).filter((note) => note.trim() !== '');
  return published.flatMap((note) => {
    const size = Number(note.split('\n')[1]);
    return notes.get(size)?.trim() === note.trim() ? [] : [`the published checkpoint of ${size} is not in the log`];
  });
}

async function readLeaves(client: pg.Client, ring: KeyRing, faults: string[]): Promise<Buffer[]> {
  const { rows } = await client.query<LeafRow>(
    `SELECT leaf.leaf_index, event.*, to_char(event.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
       FROM audit_leaves leaf LEFT JOIN audit_events event ON event.id = leaf.event_id ORDER BY leaf.leaf_index`,
  );
  const leaves: Buffer[] = [];
  for (const [index, row] of rows.entries()) {
    if (Number(row.leaf_index) !== index) faults.push(`leaf ${index} is missing`);
    if (row.id === null) faults.push(`the record of leaf ${index} is gone`);
    leaves.push(leafOf(jcs(await recordOf(row, ring))));
  }
  return leaves;
}

async function recordOf(row: LeafRow, ring: KeyRing): Promise<Json> {
  const place = { table: 'audit_events', column: 'sealed_states', row: row.id ?? '', tenant: row.tenant_id };
  const states =
    row.sealed_states === null
      ? { after: null, before: null }
      : (JSON.parse((await ring.open(row.sealed_states, place)).toString('utf8')) as Record<string, Json>);
  return {
    version: 1,
    id: row.id,
    occurredAt: row.at,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    actor: { type: row.actor_type, id: row.actor_id, displayName: row.actor_name, sessionId: row.session_id },
    tenantId: row.tenant_id,
    target:
      row.target_type === null ? null : { type: row.target_type, id: row.target_id, displayName: row.target_name },
    sourceAddress: row.source_address,
    userAgent: row.user_agent,
    requestId: row.request_id,
    traceId: row.trace_id,
    ...states,
  };
}

async function checkTiles(client: pg.Client, leaves: readonly Buffer[], faults: string[]): Promise<void> {
  const { rows } = await client.query<{ level: number; tile_index: string; hashes: Buffer }>(
    'SELECT level, tile_index, hashes FROM audit_tiles ORDER BY level, tile_index',
  );
  let below = [...leaves];
  for (let level = 0; below.length > 0; level++) {
    const stored = rows.filter((row) => row.level === level);
    if (stored.some(({ tile_index }, index) => Number(tile_index) !== index))
      faults.push(`a tile of level ${level} is missing`);
    if (!Buffer.concat(stored.map(({ hashes }) => hashes)).equals(Buffer.concat(below))) {
      faults.push(`the tiles of level ${level} are not the hashes of what is below them`);
    }
    const full = stored.filter(({ hashes }) => hashes.length === TILE_BYTES);
    below = full.map((_tile, index) =>
      rootOf(below, index * (TILE_BYTES / HASH_BYTES), (index + 1) * (TILE_BYTES / HASH_BYTES)),
    );
  }
}

async function checkCheckpoints(
  client: pg.Client,
  origin: string,
  leaves: readonly Buffer[],
  faults: string[],
): Promise<Map<number, string>> {
  const keys = (await client.query<{ public_key: Buffer }>('SELECT public_key FROM checkpoint_keys')).rows.map(
    ({ public_key }) => createPublicKey({ key: Buffer.concat([ED25519_DER, public_key]), format: 'der', type: 'spki' }),
  );
  const { rows } = await client.query<{ tree_size: string; root: Buffer; note: string }>(
    'SELECT tree_size, root, note FROM audit_checkpoints ORDER BY tree_size',
  );
  const known = new Map<string, Buffer>();
  for (const { tree_size, root, note } of rows) {
    const size = Number(tree_size);
    if (size > leaves.length || !rootOf(leaves, 0, size, known).equals(root))
      faults.push(`the root that was signed at ${size} is not the log's`);
    const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
    const signatures = note
      .slice(text.length + 1)
      .split('\n')
      .filter((line) => line !== '');
    const isSigned = signatures.some((line) => {
      const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4);
      return keys.some((key) => verify(null, Buffer.from(text), key, signature));
    });
    if (!note.startsWith(`${text}\n`) || !isSigned)
      faults.push(`the checkpoint of ${size} says something else, or nobody signed it`);
  }
  if (rows.length === 0) faults.push('nothing was ever signed');
  return new Map(rows.map(({ tree_size, note }) => [Number(tree_size), note]));
}
