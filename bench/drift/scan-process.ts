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
import { createLogger } from '../../src/observability/logger.js';

/** `whole` forgets from where it could go on. */
export type ScanOrder = { order: 'scan'; whole: boolean } | { order: 'approve' };

export interface Scanned {
  seconds: number;
  changes: number;
  complete: boolean;
  incomplete: string[];
  rssMiB: number;
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

async function start(): Promise<(message: ScanOrder) => Promise<Scanned | null>> {
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
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    if (message.whole) await part(TransactionRunner).run((tx) => tx.query('DELETE FROM collection_marks'));
    const id = await part(DriftScans).request(actor, null);
    for (;;) {
      await part(DriftScanJob).tick();
      await part(DriftScanJob).settled();
      const { attempts, status, reason, reportId } = await part(DriftScans).get(id);
      if (attempts === 0) continue;
      if (reportId === null) throw new Error(`the scan is ${status}: ${reason}`);
      const took = seconds();
      const { document } = await part(Reports).document(reportId);
      const { complete, changes } = document;
      const incomplete = document.incomplete.map(({ resourceType, reason }) => `${resourceType}: ${reason}`);
      return { seconds: took, changes: changes.length, complete, incomplete, rssMiB: rssMiB() };
    }
  };
}
