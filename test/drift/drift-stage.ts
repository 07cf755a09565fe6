import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import { Agent, fetch as undiciFetch } from 'undici';
import { type DemoTenant, type DemoTenantOptions, startDemoTenant } from '../../demo/demo-tenant.js';
import { systemActor } from '../../src/access/actor.js';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import type { JsonObject } from '../../src/crypto/canonical-json.js';
import { BaselineService } from '../../src/drift/baseline/baseline.service.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { DriftScans } from '../../src/drift/drift-scans.service.js';
import type { DriftReport } from '../../src/drift/report/drift-report.entity.js';
import type { DriftReportDocument, ReportedChange } from '../../src/drift/report/drift-report.types.js';
import { Reports } from '../../src/drift/report/reports.service.js';
import { Snapshots } from '../../src/drift/snapshot/snapshots.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { createLogger } from '../../src/observability/logger.js';
import type { OutboxEventType } from '../../src/outbox/outbox.events.js';
import { sentEvents } from '../support/sent-events.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';

export interface ScanResult {
  report: DriftReport;
  document: DriftReportDocument;
}

const ACTOR = systemActor('test');

/** A demo tenant, and a service that scans it when it is told to. */
export class DriftStage {
  private constructor(
    readonly tenant: DemoTenant,
    readonly app: NestFastifyApplication,
    readonly dataSource: DataSource,
    private readonly nodeFetch: typeof fetch,
  ) {}

  /** @param environment settings that are to be otherwise */
  static async open(options: DemoTenantOptions, environment: Record<string, string> = {}): Promise<DriftStage> {
    // Scans of a test wait for nothing: the tenant is on this machine.
    Object.assign(GRAPH_CLIENT_DEFAULTS, {
      timeoutMs: 60_000,
      backoffMs: 5,
      throttleBackoffMs: 5,
      conditionalAccessSpacingMs: 0,
    });
    const nodeFetch = globalThis.fetch;
    const tenant = await startDemoTenant(options);
    const dispatcher = new Agent({ connect: { ca: tenant.caCertificatePem } });
    // undici's own types and Node's copies of them differ in name only.
    globalThis.fetch = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
    const settings = loadSettings({
      NODE_ENV: 'test',
      PROCESS_ROLE: 'api',
      DATABASE_URL: await createDatabaseFromTemplate(),
      MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
      PUBLIC_URL: 'http://localhost:3000',
      ENTRA_TENANT_ID: tenant.tenantId,
      ENTRA_CLIENT_ID: tenant.clientId,
      ENTRA_CLIENT_SECRET: tenant.clientSecret,
      ENTRA_AUTHORITY: tenant.authorityHost,
      GRAPH_BASE_URL: tenant.graphBaseUrl,
      BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
      DRIFT_SCAN_INTERVAL_SECONDS: '86400',
      // How busy the machine is isn't what is tested.
      DATABASE_QUEUE_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      ...environment,
    });
    const dataSource = await openDatabase(settings, false);
    const app = await createHttpApp(settings, dataSource, createLogger('silent'));
    await app.init();
    return new DriftStage(tenant, app, dataSource, nodeFetch);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.tenant.close();
    globalThis.fetch = this.nodeFetch;
  }

  /** Scans once and gives what was reported. */
  async scan(): Promise<ScanResult> {
    const scans = this.app.get(DriftScans, { strict: false });
    const job = this.app.get(DriftScanJob, { strict: false });
    const id = await scans.request(ACTOR, null);
    for (;;) {
      await job.tick();
      await job.settled();
      const { attempts, status, reason, reportId } = await scans.get(id);
      // The service's own look at the schedule may have begun with it.
      if (attempts === 0 || status === 'running') continue;
      if (reportId === null) throw new Error(`the scan is ${status}: ${reason}`);
      return this.app.get(Reports, { strict: false }).document(reportId);
    }
  }

  async approveNewest(): Promise<void> {
    const { items } = await this.app.get(Snapshots, { strict: false }).list(null, 1);
    const approval = { snapshotId: items[0]?.id ?? '', reason: 'reviewed', acceptIncomplete: false };
    const baselines = this.app.get(BaselineService, { strict: false });
    const [inForce] = (await baselines.list(null, 1)).items;
    await baselines.approve(ACTOR, approval, inForce?.version ?? null);
  }

  events(type: OutboxEventType): Promise<JsonObject[]> {
    return sentEvents(this.app, type);
  }

  /** The changes that a report was the first to tell of. */
  async opened({ report, document }: ScanResult): Promise<ReportedChange[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM drift_changes WHERE tenant_id = $1 AND first_report = $2',
      [report.tenantId, report.sequence],
    );
    const ids = new Set(rows.map(({ id }) => id));
    const opened = document.changes.filter(({ id }) => ids.has(id));
    if (opened.length !== ids.size) throw new Error('a report lacks changes that it opened');
    return opened;
  }
}
