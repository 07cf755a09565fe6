/**
 * A scan of a type with 1,000,000 objects of about 1 KiB, 100 changed, against the fingerprints of the stored snapshot: ours
 * beside a loop that only splits and hashes the same pages (the limit; also with digests as text, the form that ours takes them
 * in) and beside parsing both sides, then fast-json-patch or
 * microdiff. Each variant runs in a process of its own, the variants taking turns. Then the same scan end to end on PostgreSQL, and
 * what 1,000 snapshots of the tenant unchanged add to its tables.
 *
 * And a whole tenant of 100,000 users with Graph's limits on (drift/tenant-part.ts).
 *
 * npm run bench -- drift [--part memory|postgres|tenant] [objects; of a tenant the share of its size]
 */
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresJob, PostgresResult } from './drift/postgres-process.js';
import { writeFingerprints, writePages } from './drift/tenant-pages.js';
import { measureTenant } from './drift/tenant-part.js';
import { type Files, VARIANTS } from './drift/variants.js';

const CHANGED = 100;
const ROUNDS = 3;
const OBJECTS = 1_000_000;
const SNAPSHOTS = 1000;
const PARTS = ['memory', 'postgres', 'tenant'];
const OURS = 'blindspotx scan';

interface Result {
  seconds: number;
  rssMiB: number;
  found: number | null;
}

async function runVariant(name: string, files: Files): Promise<void> {
  const variant = VARIANTS[name];
  if (variant === undefined) throw new Error(`there is no variant ${name}`);
  const start = performance.now();
  const found = await variant(files);
  const seconds = (performance.now() - start) / 1000;
  const result: Result = { seconds, rssMiB: process.resourceUsage().maxRSS / 1024, found };
  process.stdout.write(JSON.stringify(result));
}

function measure(name: string, files: Files): Result {
  const child = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), '--variant', name, JSON.stringify(files)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.status !== 0) throw new Error(`${name} ended with ${child.status}`);
  const result: Result = JSON.parse(child.stdout);
  if (result.found !== null && result.found !== CHANGED)
    throw new Error(`${name} found ${result.found} changed objects, not ${CHANGED}`);
  return result;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function main(parts: string[], objects: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  try {
    const [before, after] = [join(folder, 'before.pages'), join(folder, 'after.pages')];
    const fingerprints = join(folder, 'fingerprints');
    const step = Math.floor(objects / CHANGED);
    const changed = Array.from({ length: CHANGED }, (_unused, i) => i * step);
    const isChanged = (n: number) => n % step === 0 && n / step < CHANGED;
    const meanBytes = writePages(before, objects, () => false);
    writePages(after, objects, isChanged);
    console.log(`drift scan: ${objects} objects (mean ${meanBytes} bytes), ${CHANGED} changed`);
    if (parts.includes('memory')) {
      writeFingerprints(fingerprints, objects);
      compareVariants({ before, after, fingerprints, changed });
    }
    if (parts.includes('postgres')) await measurePostgres(before, after);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareVariants(files: Files): void {
  const results = new Map(Object.keys(VARIANTS).map((name): [string, Result[]] => [name, []]));
  for (let round = 0; round < ROUNDS; round++) for (const [name, list] of results) list.push(measure(name, files));
  console.log(`in memory, ${ROUNDS} rounds`);
  print(results);
}

async function measurePostgres(before: string, after: string): Promise<void> {
  // Loaded when it is needed, so that the service isn't in the memory of the variants.
  const { openServer } = await import('./audit/database.js');
  const server = await openServer();
  try {
    const env = { ...(await server.database('drift')), ENTRA_TENANT_ID: '5f0c1c6e-9a8e-4a1c-9d57-6d0d5d1b7a11' };
    const child = fork(fileURLToPath(new URL('./drift/postgres-process.js', import.meta.url)), {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const job: PostgresJob = { env, before, after, snapshots: SNAPSHOTS };
    child.send(job);
    const result = await new Promise<PostgresResult>((resolve, reject) => {
      child.once('message', (message) => resolve(message as PostgresResult));
      child.once('exit', (code) => reject(new Error(`the process on PostgreSQL ended with ${code}`)));
    });
    if (result.found !== CHANGED) throw new Error(`PostgreSQL: ${result.found} changed objects, not ${CHANGED}`);
    const { read, compared, written } = result.seconds;
    console.log('on PostgreSQL, fsync and synchronous_commit on');
    console.table({
      'first reading, written in parts (s)': result.firstSeconds.toFixed(1),
      'a scan end to end (s)': (read + compared + written).toFixed(2),
      ': read against the stored fingerprints (s)': read.toFixed(2),
      ': compared with the baseline (s)': compared.toFixed(2),
      ': written and committed (s)': written.toFixed(2),
      'peak RSS of the whole process (MiB)': Math.round(result.rssMiB),
      [`${SNAPSHOTS} snapshots unchanged add (KiB)`]: Math.round(result.grownBytes / 1024),
    });
  } finally {
    await server.stop();
  }
}

function print(results: Map<string, Result[]>): void {
  const seconds = (list: Result[]) => list.map((result) => result.seconds);
  const ours = median(seconds(results.get(OURS) ?? []));
  console.table(
    Object.fromEntries(
      [...results].map(([name, list]) => {
        const times = seconds(list);
        return [
          name,
          {
            'median s': median(times).toFixed(2),
            'min..max s': `${Math.min(...times).toFixed(2)}..${Math.max(...times).toFixed(2)}`,
            'times ours': (median(times) / ours).toFixed(2),
            'peak RSS MiB': Math.round(Math.max(...list.map(({ rssMiB }) => rssMiB))),
            'changes found': list[0]?.found ?? '-',
          },
        ];
      }),
    ),
  );
}

const [flag, name, third] = process.argv.slice(2);
if (flag === '--variant' && name !== undefined && third !== undefined)
  await runVariant(name, JSON.parse(third) as Files);
else if (flag === '--part' && name === 'tenant') await measureTenant(third === undefined ? 1 : Number(third));
else if (flag === '--part' && name !== undefined && PARTS.includes(name))
  await main([name], third === undefined ? OBJECTS : Number(third));
else if (flag === undefined || Number(flag) > 0) {
  await main(PARTS, flag === undefined ? OBJECTS : Number(flag));
  if (flag === undefined) await measureTenant();
} else throw new Error(`--part is one of ${PARTS.join(', ')}`);
