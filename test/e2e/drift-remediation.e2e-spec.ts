import { randomInt } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import { Agent, fetch as undiciFetch } from 'undici';
import { ApiClient } from '../../demo/api-client.js';
import { applyAttack } from '../../demo/attack.js';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import type { JsonObject } from '../../demo/store/json.types.js';
import { allRows, graph } from '../../demo/testing/tenant-client.js';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { type GraphWriter, performRequest } from '../../src/drift/remediation/perform-requests.js';
import type { PlannedRequest } from '../../src/drift/remediation/remediation-plan.types.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { createLogger } from '../../src/observability/logger.js';
import { ranCli } from '../support/ran-cli.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';

interface Plan {
  tenantId: string;
  changeIds: string[];
  requests: PlannedRequest[];
  byHand: { why: string }[];
  permissions: string[];
  powershell: string;
}
interface Report {
  id: string;
  sequence: number;
  changes: { id: string; severity: string; changeType: string; resourceType: string; displayName: string | null }[];
}

Object.assign(GRAPH_CLIENT_DEFAULTS, {
  timeoutMs: 60_000,
  backoffMs: 10,
  throttleBackoffMs: 10,
  conditionalAccessSpacingMs: 0,
});

describe('what follows a report', () => {
  const nodeFetch = globalThis.fetch;
  let tenant: DemoTenant;
  let app: NestFastifyApplication;
  let dataSource: DataSource;
  let url: string;
  let api: ApiClient;
  let tenantId: string;
  let report: Report;

  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 21, users: 60, groups: 10, applications: 8, policies: 8 });
    const dispatcher = new Agent({ connect: { ca: tenant.caCertificatePem } });
    globalThis.fetch = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
    const port = randomInt(20_000, 32_000);
    url = `http://localhost:${port}`;
    tenant.addRedirectUri(`${url}/api/v1/auth/callback`);
    const settings = loadSettings({
      NODE_ENV: 'test',
      PROCESS_ROLE: 'api',
      DATABASE_URL: await createDatabaseFromTemplate(),
      MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
      PUBLIC_URL: url,
      ENTRA_TENANT_ID: tenant.tenantId,
      ENTRA_CLIENT_ID: tenant.clientId,
      ENTRA_CLIENT_SECRET: tenant.clientSecret,
      ENTRA_AUTHORITY: tenant.authorityHost,
      GRAPH_BASE_URL: tenant.graphBaseUrl,
      BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
      DRIFT_SCAN_INTERVAL_SECONDS: '86400',
    });
    dataSource = await openDatabase(settings, false);
    app = await createHttpApp(settings, dataSource, createLogger('silent'));
    await app.listen(port, '127.0.0.1');
    api = new ApiClient(url);
    await api.signIn(tenant.administrator.userPrincipalName);
    await scanned();
    const { items } = await api.get<{ items: { id: string; tenantId: string }[] }>('/drift/snapshots?limit=1');
    tenantId = items[0]?.tenantId ?? '';
    await api.post('/drift/baselines', { snapshotId: items[0]?.id, reason: 'reviewed' });
    applyAttack(tenant, 3);
    // A control that was met and no longer is.
    await written('PATCH', '/policies/authorizationPolicy', { allowInvitesFrom: 'everyone' });
    report = await scanned();
  }, 120_000);

  afterAll(async () => {
    await app?.close();
    await tenant?.close();
    globalThis.fetch = nodeFetch;
  });

  async function scanned(): Promise<Report> {
    const job = app.get(DriftScanJob);
    const { id } = await api.post<{ id: string }>('/drift/scans', {});
    for (;;) {
      await job.tick();
      await job.settled();
      const found = await api.get<{ attempts: number; reportId: string | null; status: string }>(`/drift/scans/${id}`);
      if (found.attempts > 0) return api.get<Report>(`/drift/reports/${found.reportId}`);
    }
  }

  /** What an administrator of the tenant writes to Graph. */
  async function written(method: string, path: string, body: JsonObject | null): Promise<JsonObject> {
    const token = tenant.tokenFor(tenant.administrator.objectId);
    const answer = await graph(tenant, path, { method, token, ...(body === null ? {} : { body }) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  const read = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${api.token}`, ...headers } });

  describe('reports as files', () => {
    it.each([
      ['html', 'text/html', 'html', /^<!doctype html>/],
      ['markdown', 'text/markdown', 'md', /^# /],
      ['sarif', 'application/sarif+json', 'sarif', /"version":"2\.1\.0"/],
      ['csv', 'text/csv', 'csv', /"severity","direction"/],
      ['ndjson', 'application/x-ndjson', 'ndjson', /^\{"kind":"report"/],
      ['text', 'text/plain', 'txt', /critical/],
    ])('%s, by ?format= and by Accept', async (format, type, extension, content) => {
      for (const answer of [
        await read(`/drift/reports/${report.id}?format=${format}`),
        await read(`/drift/reports/${report.id}`, { accept: `${type}, */*;q=0.1` }),
      ]) {
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer.headers.get('vary')).toContain('accept');
        expect(answer.headers.get('content-disposition')).toBe(
          `attachment; filename="drift-report-${report.sequence}.${extension}"`,
        );
        expect(await answer.text()).toMatch(content);
      }
    });

    it('a page may load nothing and is framed nowhere', async () => {
      const policy =
        (await read(`/drift/reports/${report.id}?format=html`)).headers.get('content-security-policy') ?? '';
      for (const part of [
        "default-src 'none'",
        'style-src ',
        "frame-ancestors 'none'",
        'sandbox',
        "form-action 'none'",
      ])
        expect(policy).toContain(part);
      expect(policy).not.toMatch(/unsafe|script-src|\*/);
    });

    it('JSON stays what it was, also for those who accept anything', async () => {
      for (const accept of ['*/*', 'application/json', 'image/png'])
        expect(await (await read(`/drift/reports/${report.id}`, { accept })).json()).toEqual(report);
      expect((await read(`/drift/reports/${report.id}?format=pdf`)).status).toBe(400);
    });
  });

  describe('figures', () => {
    it('counts what was opened today by severity, and which types changed most', async () => {
      const figures = await api.get<{
        days: { day: string; opened: Record<string, number>; live: Record<string, number> }[];
        noisiestTypes: { resourceType: string; opened: number }[];
      }>(`/drift/analytics?tenant=${tenantId}&days=7`);
      expect(figures.days).toHaveLength(7);
      const counted = (severity: string) => report.changes.filter((change) => change.severity === severity).length;
      for (const severity of ['critical', 'high', 'medium', 'low', 'info']) {
        expect(figures.days.reduce((sum, day) => sum + (day.opened[severity] ?? 0), 0)).toBe(counted(severity));
        expect(figures.days.at(-1)?.live[severity]).toBe(counted(severity));
      }
      expect(figures.noisiestTypes.reduce((sum, type) => sum + type.opened, 0)).toBe(report.changes.length);
    });

    it('tells how long decisions took', async () => {
      const id = report.changes.find(({ severity }) => severity === 'critical')?.id;
      await dataSource.query("UPDATE drift_changes SET created_at = created_at - interval '2 hours' WHERE id = $1", [
        id,
      ]);
      const { version } = await api.get<{ version: number }>(`/drift/changes/${id}`);
      const decided = await fetch(`${url}/api/v1/drift/changes/${id}/ignore`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${api.token}`,
          'content-type': 'application/json',
          'if-match': `"${version}"`,
        },
        body: JSON.stringify({ reason: 'to be undone' }),
      });
      expect(decided.status).toBe(200);
      const { timeToDecision } = await api.get<{ timeToDecision: { severity: string; meanSeconds: number }[] }>(
        '/drift/analytics',
      );
      expect(timeToDecision).toMatchObject([{ severity: 'critical', count: 1 }]);
      expect(timeToDecision[0]?.meanSeconds).toBeGreaterThanOrEqual(7200);
    });

    it('tells what the controls came to, the newest first', async () => {
      const { items } = await api.get<{ items: { id: string; verdict: string; until: string | null }[] }>(
        `/drift/analytics/controls?tenant=${tenantId}`,
      );
      expect(items.length).toBeGreaterThan(10);
      expect(items.find(({ id, until }) => id === 'MS.AAD.8.2' && until === null)?.verdict).toBe('not-met');
      expect(items.find(({ id, until }) => id === 'MS.AAD.8.2' && until !== null)?.verdict).toBe('met');
      for (const [i, newer] of items.entries()) {
        const older = items[i + 1];
        if (older?.id === newer.id) expect(older.verdict).not.toBe(newer.verdict);
      }
    });

    it.each(['days=0', 'days=367', 'days=x', 'tenant=x'])('refuses %s', async (query) => {
      expect((await read(`/drift/analytics?${query}`)).status).toBe(400);
    });

    it('knows no figures of a tenant that is not watched', async () => {
      expect((await read('/drift/analytics?tenant=00000000-0000-7000-8000-000000000000')).status).toBe(404);
      expect((await read('/drift/analytics/controls?tenant=00000000-0000-7000-8000-000000000000')).status).toBe(404);
    });
  });

  describe('plans', () => {
    it('are refused for what there is not, for nothing, for both, for too much', async () => {
      const [first] = report.changes;
      const unknown = '00000000-0000-7000-8000-000000000000';
      const statuses: [string, number][] = [
        [`/drift/changes/${unknown}/remediation`, 404],
        [`/drift/remediation?change=${first?.id},${unknown}`, 404],
        [`/drift/remediation?report=${unknown}`, 404],
        ['/drift/remediation', 400],
        [`/drift/remediation?report=${report.id}&change=${first?.id}`, 400],
        [`/drift/remediation?change=${Array.from({ length: 101 }, () => unknown).join(',')}`, 400],
        [`/drift/remediation?change=x`, 400],
        [`/drift/changes/${first?.id}/remediation?format=exe`, 400],
      ];
      for (const [path, status] of statuses) expect([path, (await read(path)).status]).toEqual([path, status]);
    });

    it('are handed over as PowerShell that a browser does not run', async () => {
      const [first] = report.changes;
      const answer = await read(`/drift/changes/${first?.id}/remediation?format=powershell`);
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="remediation-${first?.id}.ps1"`);
      expect(await answer.text()).toContain('Invoke-MgGraphRequest');
    });

    it('are printed by the command', async () => {
      const [first] = report.changes;
      const environment: Record<string, string> = { BLINDSPOTX_URL: url, BLINDSPOTX_TOKEN: api.token };
      const { code, out } = await ranCli(['drift', 'remediation', first?.id ?? ''], { env: environment });
      expect([code, out]).toEqual([0, expect.stringMatching(/(POST|PATCH|PUT|DELETE) \/v1\.0\//)]);
      expect((await ranCli(['drift', 'remediation'], { env: environment })).code).toBe(2);
    });

    it('of all open changes of a report, once written back: the next scans find them reverted', async () => {
      const plan = await api.get<Plan>(`/drift/remediation?report=${report.id}`);
      const ignored = report.changes.length - plan.changeIds.length;
      expect(ignored).toBe(1);
      expect(plan.byHand).toEqual([]);
      const given = new Map<string, string>();
      const writer: GraphWriter = {
        find: async (path, fits) => (await allRows(tenant, path)).filter(fits),
        send: written,
      };
      for (const request of plan.requests) await performRequest(request, writer, given);
      await scanned();
      // That a role assignment is gone counts when it was read twice.
      const after = await scanned();
      expect(after.changes).toHaveLength(ignored);
      const { timeToRevert } = await api.get<{ timeToRevert: { count: number }[] }>('/drift/analytics');
      expect(timeToRevert.reduce((sum, { count }) => sum + count, 0)).toBe(plan.changeIds.length);
      expect((await read(`/drift/changes/${plan.changeIds[0]}/remediation`)).status).toBe(409);
    });
  });
});
