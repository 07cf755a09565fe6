import { generateKeyPairSync, sign } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeBundle } from '../../src/audit/evidence/write-bundle.js';
import { canonicalRecord } from '../../src/audit/log/canonical-record.js';
import { signCheckpoint } from '../../src/crypto/merkle/checkpoint.js';
import { GrowingTree } from '../../src/crypto/merkle/growing-tree.js';
import { type Tile, type TileId, tileKey } from '../../src/crypto/merkle/tiles.js';
import { HASH_BYTES, leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { formatVerifierKey, verifierKey } from '../../src/crypto/signed-note.js';
import { layOutCores } from '../auth/cores.js';
import { median, spread, table, verdict } from '../rbac/figures.js';
import { inProcess } from './in-process.js';
import type { BenchOptions } from './options.js';
import type { VerifyJob, VerifyResult } from './verify-process.js';

const LIMIT_SECONDS = 5;
/** One a thousand records, as the sealer signs them at the most. */
const CHECKPOINT_RECORDS = 1000;
const ORIGIN = 'log.example/audit';

/** A bundle with every record of the log and a checkpoint a thousand records, each time in a process of its own. */
export async function measureVerify({ rounds, isQuick }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const layout = layOutCores();
  const records = isQuick ? 100_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  try {
    const job = { path: join(folder, 'bundle.ndjson'), key: await writeLog(join(folder, 'bundle.ndjson'), records) };
    const results: VerifyResult[] = [];
    for (let round = 0; round < rounds; round++) {
      results.push(await inProcess<VerifyJob, VerifyResult>(layout, 'audit/verify-process', job));
    }
    const seconds = results.map((result) => result.seconds);
    const rows = [
      [
        `seconds for ${records.toLocaleString('en')} records of ${bytesOf(recordAt(records - 1)).length} bytes`,
        spread(seconds, (value) => value.toFixed(2)),
        `${LIMIT_SECONDS}`,
        verdict(median(seconds) < LIMIT_SECONDS),
      ],
      [
        'peak RSS, MiB',
        spread(
          results.map(({ peakMiB }) => peakMiB),
          (value) => value.toFixed(0),
        ),
        '-',
        '-',
      ],
    ];
    const faults = results.filter((result) => result.records !== records).map(() => 'verify: the bundle did not hold');
    const text = `### Offline verification of a bundle in a file\n\n${table(['what', 'median (min..max)', 'limit', 'limit is'], rows)}`;
    return { text, faults };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the public key as text */
async function writeLog(path: string, size: number): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = verifierKey(ORIGIN, publicKey.export({ format: 'der', type: 'spki' }).subarray(-HASH_BYTES));
  const signers = [{ key, sign: (text: Buffer) => sign(null, text, privateKey) }];
  const tiles = new Map<string, Tile>();
  const readTiles = async (ids: readonly TileId[]) => ids.flatMap((id) => tiles.get(tileKey(id)) ?? []);
  const tree = await GrowingTree.open(0, readTiles);
  const checkpoints = [];
  while (tree.size < size) {
    const count = Math.min(CHECKPOINT_RECORDS, size - tree.size);
    const leaves = Buffer.concat(
      Array.from({ length: count }, (_, nth) => leafHash(bytesOf(recordAt(tree.size + nth)))),
    );
    for (const tile of tree.append(leaves)) tiles.set(tileKey(tile), tile);
    const note = signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, signers);
    checkpoints.push({ size: tree.size, note });
  }
  const records = (function* () {
    for (let leafIndex = 0; leafIndex < size; leafIndex++) yield { leafIndex, bytes: bytesOf(recordAt(leafIndex)) };
  })();
  await pipeline(
    writeBundle({ origin: ORIGIN, size, keys: [], records, checkpoints, readTiles }),
    createWriteStream(path),
  );
  return formatVerifierKey(key);
}

function bytesOf(record: string): Buffer {
  return Buffer.from(record, 'utf8');
}

function recordAt(nth: number): string {
  return canonicalRecord({
    id: `0193a5f0-0000-7000-8000-${String(nth).padStart(12, '0')}`,
    occurredAt: '2026-11-30T08:00:00.123456Z',
    action: 'users.user.updated',
    outcome: 'success',
    reason: null,
    actorType: 'user',
    actorId: '0193a5f0-0000-7000-8000-000000000001',
    actorName: 'Somebody Important',
    sessionId: '0193a5f0-0000-7000-8000-000000000002',
    tenantId: null,
    targetType: 'user',
    targetId: '0193a5f0-0000-7000-8000-000000000003',
    targetName: 'Anna Example',
    sourceAddress: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    requestId: '0193a5f0-0000-7000-8000-000000000004',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    states: '{"after":{"department":"Sales"},"before":{"department":"Marketing"}}',
  });
}
