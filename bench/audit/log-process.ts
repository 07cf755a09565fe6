/** The service in this process, for what is measured without HTTP. */
import 'reflect-metadata';
import pg from 'pg';
import { startService } from '../../src/app/start-service.js';
import { AuditAppendRepository } from '../../src/audit/append/audit-append.repository.js';
import { newAuditRow } from '../../src/audit/append/new-audit-row.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { ANONYMOUS, type AuditEntry } from '../../src/audit/audit.types.js';
import { SealedLogRepository } from '../../src/audit/read/sealed-log.repository.js';
import { AuditSealer } from '../../src/audit/seal/audit-sealer.service.js';
import { AuditTreeRepository } from '../../src/audit/seal/audit-tree.repository.js';
import { KeyRing } from '../../src/crypto/key-ring.js';
import { GrowingTree } from '../../src/crypto/merkle/growing-tree.js';
import { TILE_WIDTH, type Tile, tileKey } from '../../src/crypto/merkle/tiles.js';
import { HASH_BYTES } from '../../src/crypto/merkle/tree-hash.js';
import { inclusionProof } from '../../src/crypto/merkle/tree-proofs.js';
import { verifyInclusion } from '../../src/crypto/merkle/verify-proof.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { databaseCpu } from '../auth/database-cpu.js';
import { answerJob } from './in-process.js';
import { PLAIN_INSERT, PLAIN_TABLE, plainValues } from './plain-insert.js';

export type LogJob =
  | { part: 'append'; env: Record<string, string>; rounds: number; seconds: number; concurrency: number }
  | { part: 'seal'; env: Record<string, string>; rounds: number; records: number }
  | { part: 'proof'; env: Record<string, string>; records: number; proofs: number };

export interface AppendResult {
  /** Records a second, a value each round. */
  grouped: number[];
  plain: number[];
  /** CPU of the process for a record of a group, all its threads, in microseconds. */
  cpu: number[];
  faults: string[];
}

export interface SealResult {
  /** Records a second, a value each round. */
  sealed: number[];
  /** Records a CPU second of the sealing process, and of it and PostgreSQL together. */
  perCpu: number[];
  perWholeCpu: number[];
  faults: string[];
}

export interface ProofResult {
  ms: number[];
  writtenIn: number;
  faults: string[];
}

/** A change of somebody, as most records are. */
const ENTRY: AuditEntry = {
  action: 'users.user.updated' as AuditEntry['action'],
  tenantId: null,
  target: { type: 'user', id: '0193a5f0-0000-7000-8000-000000000000', displayName: 'Anna Example' },
  outcome: 'success',
  before: { department: 'Marketing', displayName: 'Anna Example' },
  after: { department: 'Sales', displayName: 'Anna Example' },
};
const FILL_BATCH = 1000;
const TILE_BATCH = 200;

answerJob<LogJob, AppendResult | SealResult | ProofResult>(async (job) => {
  const { app } = await startService(job.env);
  const get = <T>(token: abstract new (...args: never[]) => T): T => app.get(token, { strict: false });
  const client = new pg.Client({ connectionString: job.env['DATABASE_URL'] });
  await client.connect();
  if (job.part === 'append') return append(job, get(AuditService), client);
  if (job.part === 'seal') return seal(job, get(AuditAppendRepository), get(KeyRing), get(AuditSealer), client);
  return prove(job, get(TransactionRunner), get(AuditTreeRepository), get(SealedLogRepository), client);
});

async function append(
  { rounds, seconds, concurrency }: Extract<LogJob, { part: 'append' }>,
  audit: AuditService,
  client: pg.Client,
): Promise<AppendResult> {
  await client.query(PLAIN_TABLE);
  const result: AppendResult = { grouped: [], plain: [], cpu: [], faults: [] };
  const before = await countOf(client, 'audit_events');
  let answered = 0;
  for (let round = 0; round <= rounds; round++) {
    const own = process.cpuUsage();
    const grouped = await rateOf(seconds, concurrency, () => audit.recordAlone(ANONYMOUS, ENTRY));
    const { user, system } = process.cpuUsage(own);
    const plain = await rateOf(seconds, 1, () =>
      client.query({ ...PLAIN_INSERT, values: plainValues(ANONYMOUS, ENTRY) }),
    );
    answered += grouped.count;
    if (round === 0) continue;
    result.grouped.push(grouped.rate);
    result.plain.push(plain.rate);
    result.cpu.push((user + system) / grouped.count);
  }
  const written = (await countOf(client, 'audit_events')) - before;
  if (written < answered) result.faults.push(`append: ${answered} records were answered and ${written} are there`);
  return result;
}

async function rateOf(seconds: number, concurrency: number, work: () => Promise<unknown>) {
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  let count = 0;
  const worker = async () => {
    for (; performance.now() < until; count++) await work();
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { count, rate: (count * 1000) / (performance.now() - startedAt) };
}

async function seal(
  { env, rounds, records }: Extract<LogJob, { part: 'seal' }>,
  appends: AuditAppendRepository,
  keys: KeyRing,
  sealer: AuditSealer,
  client: pg.Client,
): Promise<SealResult> {
  const result: SealResult = { sealed: [], perCpu: [], perWholeCpu: [], faults: [] };
  const postgres = await databaseCpu(env['DATABASE_URL'] ?? '');
  for (let round = 0; round <= rounds; round++) {
    for (let done = 0; done < records; done += FILL_BATCH) {
      await appends.insertAll(
        await Promise.all(Array.from({ length: FILL_BATCH }, () => newAuditRow(keys, ANONYMOUS, ENTRY))),
      );
    }
    await client.query('VACUUM ANALYZE audit_pending');
    const [startedAt, own, theirs] = [performance.now(), process.cpuUsage(), postgres()];
    let sealed = 0;
    for (let batch: number | null = 1; batch !== 0; sealed += batch ?? 0) batch = await sealer.sealBatch();
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(own);
    const cpu = (user + system) / 1e6;
    if (sealed < records) result.faults.push(`seal: ${sealed} of ${records} records were sealed`);
    if (round === 0) continue;
    result.sealed.push(sealed / seconds);
    result.perCpu.push(sealed / cpu);
    result.perWholeCpu.push(sealed / (cpu + postgres() - theirs));
  }
  return result;
}

/** Tiles and leaves written past the service, as if so many records had been sealed. */
async function prove(
  { records, proofs }: Extract<LogJob, { part: 'proof' }>,
  transactions: TransactionRunner,
  tree: AuditTreeRepository,
  log: SealedLogRepository,
  client: pg.Client,
): Promise<ProofResult> {
  const startedAt = performance.now();
  await client.query('SET session_replication_role = replica');
  await client.query('TRUNCATE audit_leaves, audit_tiles');
  await client.query(
    `INSERT INTO audit_leaves (leaf_index, event_id, retention_class, occurred_at)
     SELECT n, lpad(to_hex(n), 32, '0')::uuid, 'security', now() FROM generate_series(0, $1::bigint - 1) AS n`,
    [records],
  );
  const root = await writeTiles(client, records);
  await client.query('ANALYZE audit_leaves, audit_tiles');
  const result: ProofResult = { ms: [], writtenIn: (performance.now() - startedAt) / 1000, faults: [] };
  const readTiles = (ids: Parameters<AuditTreeRepository['readTiles']>[1]) =>
    transactions.read((tx) => tree.readTiles(tx, ids));
  for (let nth = 0; nth < proofs; nth++) {
    const leaf = Math.floor(Math.random() * records);
    const id = `${leaf.toString(16).padStart(32, '0')}`.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const began = performance.now();
    const place = (await transactions.read((tx) => log.findPlaces(tx, [id], records))).get(id);
    const path = place === undefined ? [] : await inclusionProof(place.leafIndex, records, readTiles);
    result.ms.push(performance.now() - began);
    if (
      place?.leafIndex !== leaf ||
      !verifyInclusion({ leafIndex: leaf, size: records, leafHash: place.leafHash, path, root })
    )
      result.faults.push(`proof: the proof of leaf ${leaf} doesn't hold`);
  }
  return result;
}

async function writeTiles(client: pg.Client, records: number): Promise<Buffer> {
  const tree = await GrowingTree.open(0, async () => []);
  const leaves = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
  let waiting: Tile[] = [];
  const write = async () => {
    // Partial tiles come again and again as they grow: the last one counts.
    const newest = [...new Map(waiting.map((tile) => [tileKey(tile), tile])).values()];
    await client.query(
      `INSERT INTO audit_tiles (level, tile_index, hashes) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
       ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes`,
      [newest.map(({ level }) => level), newest.map(({ index }) => index), newest.map(({ hashes }) => hashes)],
    );
    waiting = [];
  };
  for (let done = 0; done < records; done += TILE_WIDTH) {
    const count = Math.min(TILE_WIDTH, records - done);
    for (let nth = 0; nth < count; nth++) leaves.writeUInt32LE(done + nth, nth * HASH_BYTES);
    waiting.push(...tree.append(leaves.subarray(0, count * HASH_BYTES)));
    if (waiting.length > TILE_BATCH) await write();
  }
  await write();
  return tree.root();
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  return Number(rows[0]?.count);
}
