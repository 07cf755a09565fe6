/** The service that scans the tenant of the bench, in a process of its own: each message is a scan. */
import 'reflect-metadata';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { BaselineService } from '../../src/drift/baseline/baseline.service.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { DriftScans } from '../../src/drift/drift-scans.service.js';
import { Reports } from '../../src/drift/report/reports.service.js';
import { Snapshots } from '../../src/drift/snapshot/snapshots.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { WebhookEndpoints } from '../../src/notifications/webhook-endpoints.service.js';
import { createLogger } from '../../src/observability/logger.js';

/** `whole` forgets from where it could go on; `replay` asks for all that the scan before asked for and throws the answers away. */
export type ScanOrder =
  | { order: 'scan'; whole: boolean }
  | { order: 'approve' }
  | { order: 'replay' }
  | { order: 'subscribe'; url: string };

export interface Scanned {
  seconds: number;
  changes: number;
  complete: boolean;
  incomplete: string[];
  rssMiB: number;
  cpuSeconds: number;
}

/** A request as it left, whole. */
interface Sent {
  url: string;
  init: RequestInit;
}

const actor = { type: 'system', id: 'bench', displayName: 'bench' } as const;

const started = start();
process.on('message', (message: ScanOrder) => {
  started
    .then((obey) => obey(message))
    .then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
});
process.once('disconnect', () => process.exit());

/** What the client may have in flight at once, too. */
const REPLAYED_AT_ONCE = GRAPH_CLIENT_DEFAULTS.concurrency;

async function start(): Promise<(message: ScanOrder) => Promise<Scanned | number | string | null>> {
  let sent: Sent[] = [];
  const nodeFetch = globalThis.fetch;
  globalThis.fetch = (url, init) => {
    if (String(url).startsWith(process.env['GRAPH_BASE_URL'] ?? ' ')) {
      const { signal: _, ...rest } = init ?? {};
      sent.push({ url: String(url), init: rest });
    }
    return nodeFetch(url, init);
  };
  const replay = async () => {
    const startedAt = performance.now();
    const waiting = sent.toReversed();
    const ask = async ({ url, init }: Sent) => void (await (await nodeFetch(url, init)).arrayBuffer());
    const limited = waiting.filter(({ url }) => url.includes('/conditionalAccess/')).length;
    const workers = Array.from({ length: REPLAYED_AT_ONCE }, async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await ask(next);
    });
    await Promise.all(workers);
    // The limit of one a second isn't kept here, and added where it would have been longer.
    return Math.max((performance.now() - startedAt) / 1000, limited - 1);
  };
  const settings = loadSettings(process.env);
  const app = await createHttpApp(settings, await openDatabase(settings, false), createLogger('warn'));
  await app.init();
  const part = <T>(type: new (...args: never[]) => T): T => app.get<T>(type, { strict: false });
  const rssMiB = () => process.resourceUsage().maxRSS / 1024;
  return async (message) => {
    if (message.order === 'approve') {
      const { items } = await part(Snapshots).list(null, 1);
      const approval = { snapshotId: items[0]?.id ?? '', reason: 'bench', acceptIncomplete: true };
      await part(BaselineService).approve(actor, approval, null);
      return null;
    }
    if (message.order === 'replay') return replay();
    if (message.order === 'subscribe') {
      const everything = { eventTypes: [], tenantId: null, tenantIds: [], resourceTypes: [], controls: [] };
      const limits = { minSeverity: 'low' as const, digestIntervalSeconds: 86_400 };
      const endpoint = { ...everything, ...limits, url: message.url, description: 'bench' };
      return (await part(WebhookEndpoints).create(actor, endpoint)).secret;
    }
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    const seconds = () => (performance.now() - startedAt) / 1000;
    sent = [];
    if (message.whole) await part(TransactionRunner).run((tx) => tx.query('DELETE FROM collection_marks'));
    const id = await part(DriftScans).request(actor, null);
    for (;;) {
      await part(DriftScanJob).tick();
      await part(DriftScanJob).settled();
      const { attempts, status, reason, reportId } = await part(DriftScans).get(id);
      if (attempts === 0) continue;
      if (reportId === null) throw new Error(`the scan is ${status}: ${reason}`);
      const took = seconds();
      const cpu = process.cpuUsage(cpuBefore);
      const cpuSeconds = (cpu.user + cpu.system) / 1e6;
      const { document } = await part(Reports).document(reportId);
      const { complete, changes } = document;
      const incomplete = document.incomplete.map(({ resourceType, reason }) => `${resourceType}: ${reason}`);
      return { seconds: took, changes: changes.length, complete, incomplete, rssMiB: rssMiB(), cpuSeconds };
    }
  };
}
