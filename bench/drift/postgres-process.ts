/**
 * The same scan end to end on PostgreSQL, in a process of its own: fingerprints from the table, pages, comparison with the baseline
 * (classification and controls included), written and committed. Then snapshots of the tenant unchanged, one after the other, and what
 * they add to the tables.
 */
import 'reflect-metadata';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { BaselineService } from '../../src/drift/baseline/baseline.service.js';
import type { TenantCollection } from '../../src/drift/collect/collect.types.js';
import { TypeCollector } from '../../src/drift/collect/type-collector.js';
import { DriftComparison } from '../../src/drift/drift-comparison.js';
import { RESOURCE_TYPE_CATALOGUE } from '../../src/drift/resource-types/catalogue.js';
import { NewestHeads } from '../../src/drift/snapshot/newest-heads.js';
import { SnapshotStore } from '../../src/drift/snapshot/snapshot-store.js';
import type { StoredSnapshot } from '../../src/drift/snapshot/stored-snapshot.js';
import { splitPage } from '../../src/entra/split-page.js';
import { newId } from '../../src/kernel/ids/ids.js';
import { createLogger } from '../../src/observability/logger.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import { readPages, TYPE } from './tenant-pages.js';

export interface PostgresJob {
  env: Record<string, string>;
  before: string;
  after: string;
  /** Snapshots of the tenant unchanged. */
  snapshots: number;
}

export interface PostgresResult {
  firstSeconds: number;
  seconds: { read: number; compared: number; written: number };
  found: number;
  rssMiB: number;
  grownBytes: number;
}

/** Pages of the first reading that are written together: what is new has to be held until it is. */
const PAGES_AT_ONCE = 50;

process.once('message', (job: PostgresJob) => {
  work(job).then(
    (result) => process.send?.(result, () => process.exit()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());

async function work({ env, before, after, snapshots }: PostgresJob): Promise<PostgresResult> {
  const settings = loadSettings(env);
  const app = await createHttpApp(settings, await openDatabase(settings, false), createLogger('silent'));
  await app.init();
  const part = <T>(type: new (...args: never[]) => T): T => app.get<T>(type, { strict: false });
  const transactions = part(TransactionRunner);
  const store = part(SnapshotStore);
  const heads = part(NewestHeads);
  const [tenant] = await part(TenantsService).listScanned();
  if (tenant === undefined) throw new Error('there is no tenant');
  let newest: StoredSnapshot | null = null;

  const read = async (pages: Iterable<Buffer>, isWhole: boolean): Promise<TenantCollection> => {
    const collector = new TypeCollector(RESOURCE_TYPE_CATALOGUE[TYPE], heads.of(newest));
    if (!isWhole) collector.lacks('The rest follows');
    for (const bytes of pages) await collector.addPage({ bytes, bounds: splitPage(bytes).elements ?? [], path: '' });
    return new Map([[TYPE, await collector.result()]]);
  };
  const write = async (collection: TenantCollection): Promise<void> => {
    const scan = { tenantId: tenant.id, slotId: newId(), takenAt: new Date() };
    newest = await transactions.run((tx) => store.write(tx, scan, newest, collection));
  };

  const firstAt = performance.now();
  for (const pages of inGroups(readPages(before), PAGES_AT_ONCE)) await write(await read(pages, false));
  await write(await read(readPages(before), true));
  const firstSeconds = (performance.now() - firstAt) / 1000;
  const actor = { type: 'system', id: 'bench', displayName: 'bench' } as const;
  const snapshotId = (newest as StoredSnapshot | null)?.id ?? '';
  await part(BaselineService).approve(actor, { snapshotId, reason: 'bench', acceptIncomplete: true }, null);

  const times = [performance.now()];
  const collection = await read(readPages(after), true);
  times.push(performance.now());
  const scan = { takenAt: new Date(), previous: newest, heads: heads.of(newest), collection };
  const { changes } = await part(DriftComparison).compare(tenant, scan);
  times.push(performance.now());
  await write(collection);
  times.push(performance.now());
  const rssMiB = process.resourceUsage().maxRSS / 1024;

  const sizeNow = () =>
    transactions.read(async (tx) => {
      const [row] = await tx.query<{ bytes: string }[]>(
        `SELECT sum(pg_total_relation_size(name::regclass)) AS bytes
           FROM unnest(ARRAY['config_blobs', 'config_versions', 'config_snapshots']) AS name`,
      );
      return Number(row?.bytes);
    });
  const unchanged = await read(readPages(after), true);
  await write(unchanged);
  const sizeBefore = await sizeNow();
  for (let i = 0; i < snapshots; i++) await write(unchanged);
  const grownBytes = (await sizeNow()) - sizeBefore;
  await app.close();
  const lap = (n: number) => ((times[n + 1] ?? 0) - (times[n] ?? 0)) / 1000;
  return {
    firstSeconds,
    seconds: { read: lap(0), compared: lap(1), written: lap(2) },
    found: new Set(changes.map(({ resourceKey }) => resourceKey)).size,
    rssMiB,
    grownBytes,
  };
}

function* inGroups(pages: Iterable<Buffer>, size: number): Generator<Buffer[]> {
  let group: Buffer[] = [];
  for (const page of pages) {
    group.push(page);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
