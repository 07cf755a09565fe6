import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { Agent, fetch as undiciFetch } from 'undici';
import { ApiClient } from '../../demo/api-client.js';
import { applyAttack, applyHarmlessEdits } from '../../demo/attack.js';
import { userActor } from '../../demo/audit/actor.js';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import type { Fault } from '../../demo/faults/fault-registry.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { DriftScanService } from '../../src/drift/drift-scan.service.js';
import type { ReportedChange } from '../../src/drift/report/drift-report.types.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { JobSlots } from '../../src/jobs/job-slots.service.js';
import { createLogger } from '../../src/observability/logger.js';
import type { OutboxEventType } from '../../src/outbox/outbox.events.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import { sentEvents } from '../support/sent-events.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';

interface Scan {
  status: string;
  reason: string | null;
  reportId: string | null;
  snapshotId: string | null;
  trigger: string;
}

interface Report {
  complete: boolean;
  incomplete: { resourceType: string; reason: string; since: string | null }[];
  summary: Record<string, number>;
  changes: ReportedChange[];
  baselineVersion: number | null;
  opened: number;
  closed: number;
}

interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

/** For what does answer: only a machine that stands still takes as long. */
const PATIENT = { timeoutMs: 60_000 };
/** For what never answers. Whatever else answers too late then counts as unread, and nothing follows from that. */
const IMPATIENT = { timeoutMs: 300 };

// Scans of a test wait for nothing: the tenant is on this machine.
Object.assign(GRAPH_CLIENT_DEFAULTS, {
  ...PATIENT,
  backoffMs: 10,
  throttleBackoffMs: 10,
  budgetMs: 200,
  conditionalAccessSpacingMs: 0,
});

describe('a scan of a tenant', () => {
  const nodeFetch = globalThis.fetch;
  let tenant: DemoTenant;
  let app: NestFastifyApplication;
  let dataSource: DataSource;
  let job: DriftScanJob;
  let url: string;
  let api: ApiClient;
  let tenantId: string;
  let databaseUrl: string;

  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 11, users: 120, groups: 15, applications: 20, policies: 20 });
    trust(tenant.caCertificatePem);
    const port = await freePort();
    url = `http://localhost:${port}`;
    tenant.addRedirectUri(`${url}/api/v1/auth/callback`);
    databaseUrl = await createDatabaseFromTemplate();
    const settings = loadSettings({
      NODE_ENV: 'test',
      PROCESS_ROLE: 'api',
      DATABASE_URL: databaseUrl,
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
    job = app.get(DriftScanJob);
    const [watched] = await app.get(TenantsService).listScanned();
    tenantId = watched?.id ?? '';
    api = new ApiClient(url);
    await api.signIn(tenant.administrator.userPrincipalName);
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    await tenant?.close();
    globalThis.fetch = nodeFetch;
  });
  afterEach(() => {
    tenant.setFaults();
    Object.assign(GRAPH_CLIENT_DEFAULTS, PATIENT);
  });

  /** Jest's sandbox has a fetch of its own making here, one that trusts the demo tenant's certificate authority. */
  function trust(ca: string): void {
    const dispatcher = new Agent({ connect: { ca } });
    // undici's own types and Node's copies of them differ in name only.
    globalThis.fetch = ((input: string, init?: object) =>
      undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
  }

  /** Below those that the system gives to connections and to servers that take any: nobody else gets it before the service does. */
  async function freePort(): Promise<number> {
    for (;;) {
      const port = randomInt(20_000, 32_000);
      const probe = createServer();
      const isFree = await new Promise<boolean>((found) => {
        probe.once('error', () => found(false)).listen(port, '127.0.0.1', () => found(true));
      });
      await new Promise((closed) => probe.close(closed));
      if (isFree) return port;
    }
  }

  async function call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${api.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text.startsWith('{') && !text.includes('\n') ? JSON.parse(text) : { text }) as T,
    };
  }

  /** Queues a scan and runs what waits, until it has ended or failed once. */
  async function scan(): Promise<Scan> {
    const { id } = await api.post<{ id: string }>('/drift/scans', {});
    for (;;) {
      await job.tick();
      await job.settled();
      const found = await api.get<Scan & { attempts: number }>(`/drift/scans/${id}`);
      if (found.attempts > 0) return found;
    }
  }

  async function report(): Promise<Report> {
    const { status, reason, reportId } = await scan();
    if (status !== 'completed') throw new Error(`the scan is ${status}: ${reason}`);
    return api.get<Report>(`/drift/reports/${reportId}`);
  }

  /** In the place of the version in force. */
  async function approve(body: object) {
    const current = await call('GET', `/drift/baselines/current?tenant=${tenantId}`);
    const etag = current.headers.get('etag');
    return call('POST', '/drift/baselines', body, etag === null ? {} : { 'if-match': etag });
  }

  async function approveNewest(reason = 'reviewed'): Promise<void> {
    const { items } = await api.get<{ items: { id: string }[] }>('/drift/snapshots?limit=1');
    await approve({ snapshotId: items[0]?.id, reason });
  }

  const count = async (sql: string): Promise<number> => {
    const [row] = await dataSource.query<{ n: number }[]>(sql);
    return row?.n ?? -1;
  };
  const events = async (type: OutboxEventType) =>
    (await sentEvents(app, type)) as unknown as (Record<string, unknown> & {
      changes: { id: string; severity: string; changeSetId: string }[];
    })[];

  it('compares with nothing before a baseline was approved', async () => {
    expect(await report()).toMatchObject({ complete: true, incomplete: [], baselineVersion: null, changes: [] });
    const { items } = await api.get<{
      items: { complete: boolean; types: { resourceType: string; count: number }[] }[];
    }>('/drift/snapshots');
    const counts = Object.fromEntries((items[0]?.types ?? []).map(({ resourceType, count: n }) => [resourceType, n]));
    expect(counts).toMatchObject({ conditionalAccessPolicy: 20, securityDefaults: 1, authorizationPolicy: 1 });
    for (const type of [
      'roleAssignment',
      'roleManagementRule',
      'application',
      'servicePrincipal',
      'appRoleAssignment',
      'group',
      'user',
      'domain',
    ]) {
      expect([type, counts[type]]).toEqual([type, expect.any(Number)]);
      expect(counts[type]).toBeGreaterThan(0);
    }
  });

  it('finds no change in a tenant that did not change, and adds a header only', async () => {
    await approveNewest();
    const rows = () =>
      count(`SELECT (SELECT count(*) FROM config_versions)::int + (SELECT count(*) FROM config_blobs)::int AS n`);
    const before = await rows();
    expect(await report()).toMatchObject({ complete: true, baselineVersion: 1, changes: [] });
    expect(await rows()).toBe(before);
  });

  it('reports attacks with severity and actor, and nothing harmless above info', async () => {
    const attacks = applyAttack(tenant, 3);
    const edits = applyHarmlessEdits(tenant, 3);
    const { changes, summary } = await report();
    for (const attack of attacks) {
      const found = changes.find(({ resourceKey, path }) => resourceKey === attack.resourceKey && path === attack.path);
      expect(found).toMatchObject({
        resourceType: attack.resourceType,
        direction: 'loosening',
        state: 'open',
        attribution: 'exact',
        actor: { id: attack.actorObjectId },
      });
      expect(['critical', 'high']).toContain(found?.severity);
    }
    const others = changes.filter(
      ({ resourceKey, path }) => !attacks.some((attack) => attack.resourceKey === resourceKey && attack.path === path),
    );
    expect(others.map(({ severity }) => severity)).toEqual(others.map(() => 'info'));
    expect(others.length).toBeLessThanOrEqual(edits.length);
    expect(summary['critical']).toBeGreaterThan(0);
    // One message an act; each change is told of once.
    const alerts = await events('drift.changes.detected');
    expect(alerts.flatMap((alert) => alert.changes.map(({ id }) => id)).sort()).toEqual(
      changes.map(({ id }) => id).sort(),
    );
    for (const { changeSetId, changes: told } of alerts) {
      if (changeSetId !== null) expect(new Set(told.map((one) => one.changeSetId))).toEqual(new Set([changeSetId]));
    }
    expect(alerts.filter(({ changeSetId }) => changeSetId !== null).length).toBeGreaterThanOrEqual(attacks.length);
    expect(new Set(alerts.map(({ alertId }) => alertId)).size).toBe(alerts.length);
  });

  it('says nothing twice: the next scan has the same changes and sends no alert', async () => {
    const before = await events('drift.changes.detected');
    const { changes, opened, closed } = await report();
    expect(changes.length).toBeGreaterThan(3);
    expect([opened, closed]).toEqual([0, 0]);
    expect(await events('drift.changes.detected')).toHaveLength(before.length);
  });

  describe('with faults of the tenant', () => {
    /** What the last scan without a fault said; nobody changes the tenant in between. */
    let known: Report;
    beforeAll(async () => {
      known = await report();
    });

    const faults: [string, Fault][] = [
      ['throttling without end', { kind: 'throttle' }],
      ['a 503', { kind: 'status', status: 503 }],
      ['HTML', { kind: 'html', status: 200 }],
      ['a page that is cut off', { kind: 'truncate' }],
      ['a connection that breaks off', { kind: 'cut' }],
      ['a next link to another host', { kind: 'foreignNextLink', url: 'https://attacker.example/v1.0/x' }],
      ['next links in a circle', { kind: 'loopNextLink' }],
      ['silence', { kind: 'hang' }],
      ['a closed connection', { kind: 'close' }],
    ];
    it.each(faults)(
      'survives %s: the type is incomplete, nothing is removed, the next scan recovers',
      async (_what, fault) => {
        tenant.setFaults({ ...fault, path: '/identity/conditionalAccess/policies*' });
        if (fault.kind === 'hang') Object.assign(GRAPH_CLIENT_DEFAULTS, IMPATIENT);
        const broken = await report();
        Object.assign(GRAPH_CLIENT_DEFAULTS, PATIENT);
        expect(broken.complete).toBe(false);
        const { reason, since } =
          broken.incomplete.find(({ resourceType }) => resourceType === 'conditionalAccessPolicy') ?? {};
        expect(reason).toContain('/identity/conditionalAccess/policies: ');
        expect(since).not.toBeNull();
        expect(broken.changes.filter(({ changeType }) => changeType === 'removed')).toEqual([]);
        expect(broken.changes.map(({ id }) => id).sort()).toEqual(known.changes.map(({ id }) => id).sort());
        tenant.setFaults();
        known = await report();
        expect(known).toMatchObject({ complete: true, incomplete: [] });
      },
      90_000,
    );

    it.each<[string, string, string, string[]]>([
      [
        'an empty object for the security defaults',
        '/policies/identitySecurityDefaultsEnforcementPolicy*',
        '{}',
        ['securityDefaults'],
      ],
      ['an empty object for the authorization policy', '/policies/authorizationPolicy*', '{}', ['authorizationPolicy']],
      [
        'an error in a 200 for the methods policy',
        '/policies/authenticationMethodsPolicy*',
        '{"error":{"code":"x"}}',
        ['authenticationMethodsPolicy', 'authenticationMethodConfiguration'],
      ],
      [
        'a number where the method configurations belong',
        '/policies/authenticationMethodsPolicy*',
        '{"authenticationMethodConfigurations":{"length":1e9}}',
        ['authenticationMethodConfiguration'],
      ],
      [
        'an object without an id that an address can hold',
        '/applications*',
        '{"value":[{"id":"\\ud800","appId":"x"}]}',
        ['application'],
      ],
      ['text where a list belongs', '/domains*', '{"value":"x"}', ['domain']],
    ])(
      'takes %s for an answer that says nothing: other types are read, nothing is changed or gone',
      async (_what, path, body, types) => {
        tenant.setFaults({ kind: 'body', status: 200, contentType: 'application/json', body, path });
        const broken = await report();
        expect(broken.incomplete.map(({ resourceType }) => resourceType)).toEqual(expect.arrayContaining(types));
        expect(broken.changes.map(({ id }) => id).sort()).toEqual(known.changes.map(({ id }) => id).sort());
        tenant.setFaults();
        known = await report();
        expect(known.complete).toBe(true);
      },
    );

    it('does not believe a batch whose items failed inside of a 200', async () => {
      tenant.setFaults(
        { kind: 'batchItem', path: '/groups/*', status: 503 },
        { kind: 'status', status: 503, path: '/groups/*' },
      );
      const broken = await report();
      expect(broken.incomplete.map(({ resourceType }) => resourceType)).toContain('group');
      expect(broken.changes.map(({ id }) => id).sort()).toEqual(known.changes.map(({ id }) => id).sort());
    });

    it('does not take assignments for permanent when the tenant says that it lacks the licence for their ends', async () => {
      tenant.setFaults({
        kind: 'body',
        status: 403,
        body: '{"error":{"code":"AadPremiumLicenseRequired","message":"no licence"}}',
        path: '/roleManagement/directory/roleAssignmentScheduleInstances*',
      });
      const without = await report();
      expect(without.changes.filter(({ changeType }) => changeType !== 'added').length).toBe(
        known.changes.filter(({ changeType }) => changeType !== 'added').length,
      );
      expect(without.changes.some(({ path }) => path === '/endDateTime')).toBe(false);
      expect(without.incomplete.map(({ resourceType }) => resourceType)).toEqual(['roleAssignment']);
      tenant.setFaults();
      // What only the other list had is missed twice before it counts as gone.
      await report();
      expect((await report()).changes.map(({ id }) => id).sort()).toEqual(known.changes.map(({ id }) => id).sort());
    });

    it('fails as a whole when it gets no token, with one alert for however many scans, and recovers', async () => {
      const before = await events('drift.scan.failed');
      tenant.setFaults({ kind: 'status', status: 500, path: '*' });
      const first = await scan();
      expect(first).toMatchObject({
        status: 'pending',
        reason: expect.stringContaining('Nothing of the tenant could be read'),
      });
      for (let round = 0; round < 2; round++) {
        // Make every further attempt due at once; the tenant has to be asked each time.
        for (let attempt = 0; attempt < 8; attempt++) {
          await dataSource.query(`UPDATE job_slots SET not_before = '-infinity' WHERE status = 'pending'`);
          await job.tick();
          await job.settled();
        }
        if (round === 0) await scan();
      }
      expect((await events('drift.scan.failed')).length).toBe(before.length + 1);
      const { items } = await api.get<{ items: { outage: { reason: string } | null }[] }>('/drift/status');
      expect(items[0]?.outage?.reason).toContain('Nothing of the tenant could be read');
      tenant.setFaults();
      expect((await report()).complete).toBe(true);
      expect((await api.get<{ items: { outage: null }[] }>('/drift/status')).items[0]?.outage).toBeNull();
    }, 60_000);
  });

  it('writes nothing of a run that was overtaken while it read', async () => {
    const slots = app.get(JobSlots);
    const watched = await app.get(TenantsService).get(tenantId);
    await api.post('/drift/scans', {});
    const run = await slots.claim('drift.scan');
    if (run === null) throw new Error('nothing to claim');
    await dataSource.query(`UPDATE job_slots SET lease_until = now() - interval '1 second' WHERE id = $1`, [run.id]);
    const successor = await slots.claim('drift.scan');
    expect(successor?.id).toBe(run.id);
    const tables = [
      'config_snapshots',
      'config_versions',
      'config_blobs',
      'drift_reports',
      'drift_changes',
      'outbox_events',
      'audit_events',
    ];
    const rows = () => Promise.all(tables.map((table) => count(`SELECT count(*)::int AS n FROM ${table}`)));
    const before = await rows();
    const scans = app.get(DriftScanService);
    await expect(scans.scan(watched, run, new AbortController().signal)).rejects.toMatchObject({
      code: 'jobs.run_overtaken',
    });
    expect(await rows()).toEqual(before);
    if (successor !== null) await scans.scan(watched, successor, new AbortController().signal);
    expect(await count(`SELECT count(*)::int AS n FROM drift_reports WHERE slot_id = '${run.id}'`)).toBe(1);
  });

  it('finds the actor later when the audit log is late, and names nobody until then', async () => {
    const { state } = tenant;
    state.audit.delayMs = 3_600_000;
    const actor = userActor(state, tenant.administrator.objectId);
    const location = [...state.collections.namedLocations.values()][0];
    const key = String(location?.['id']);
    updateConditionalAccessObject(state, actor, 'namedLocations', key, { displayName: 'Somewhere else' });
    const found = async () => (await report()).changes.find(({ resourceKey }) => resourceKey === key);
    const late = await found();
    expect(late).toMatchObject({ actor: null, attribution: 'none' });
    expect(await api.get(`/drift/changes/${late?.id}`)).toMatchObject({ attributionPending: true });
    state.audit.delayMs = 0;
    expect(await found()).toMatchObject({ actor: null });
    await dataSource.query('UPDATE drift_changes SET attribution_retry_at = now() WHERE id = $1', [late?.id]);
    expect(await found()).toMatchObject({
      id: late?.id,
      attribution: 'exact',
      actor: { id: tenant.administrator.objectId },
    });
    expect(await api.get(`/drift/changes/${late?.id}`)).toMatchObject({ attributionPending: false });
  });

  describe('what people decide', () => {
    const worst = async () => {
      const { items } = await api.get<{ items: (ReportedChange & { version: number })[] }>(
        '/drift/changes?state=open&severity=critical',
      );
      const found = items.find(
        ({ path, resourceType }) => path === '/state' && resourceType === 'conditionalAccessPolicy',
      );
      if (found === undefined) throw new Error('the attack is not open');
      return found;
    };

    it('demands the version that was seen, a reason, and nothing it does not know', async () => {
      const { id } = await worst();
      const { headers } = await call('GET', `/drift/changes/${id}`);
      const etag = headers.get('etag') ?? '';
      const accept = `/drift/changes/${id}/accept`;
      expect((await call('POST', accept, { reason: 'agreed' })).status).toBe(428);
      expect((await call('POST', accept, { reason: 'agreed' }, { 'if-match': '"999"' })).status).toBe(412);
      for (const body of [
        {},
        { reason: ' ' },
        { reason: 5 },
        { reason: 'x', extra: 1 },
        { reason: 'x', until: 'soon' },
        '{"reason":"\\ud800"}',
        { reason: 'a\0' },
      ]) {
        expect((await call('POST', accept, body, { 'if-match': etag })).status).toBe(400);
      }
      expect(
        (await call('POST', accept, { reason: 'x', until: '2020-01-01T00:00:00Z' }, { 'if-match': etag })).body['code'],
      ).toBe('drift.until_past');
    });

    it('keeps an accepted value quiet, and opens a new change for any further one', async () => {
      const { id, version, resourceKey } = await worst();
      const accepted = await call(
        'POST',
        `/drift/changes/${id}/accept`,
        { reason: 'planned' },
        { 'if-match': `"${version}"` },
      );
      expect(accepted).toMatchObject({ status: 200, body: { state: 'accepted', decision: { reason: 'planned' } } });
      const [record] = await dataSource.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM audit_events WHERE action = 'drift.change.accepted' AND target_id = $1`,
        [id],
      );
      expect(record?.n).toBe(1);
      expect((await report()).changes.find((one) => one.id === id)?.state).toBe('accepted');

      const { state } = tenant;
      const somebodyElse = userActor(state, tenant.administrator.objectId);
      updateConditionalAccessObject(state, somebodyElse, 'conditionalAccessPolicies', resourceKey, {
        state: 'disabled',
      });
      const { changes } = await report();
      const further = changes.find((one) => one.resourceKey === resourceKey && one.path === '/state');
      expect(further).toMatchObject({
        state: 'open',
        after: 'disabled',
        severity: 'critical',
        attribution: 'exact',
        actor: { id: somebodyElse.type === 'user' ? somebodyElse.id : '' },
      });
      expect(further?.id).not.toBe(id);
      expect(
        (await call('POST', `/drift/changes/${id}/reopen`, { reason: 'x' }, { 'if-match': '"9"' })).body['code'],
      ).toBe('drift.change_closed');
    });

    it('closes a change that is reverted, once, with one message', async () => {
      const before = await events('drift.changes.resolved');
      const { resourceKey, id } = await worst();
      const policy = tenant.state.collections.conditionalAccessPolicies.get(resourceKey);
      tenant.state.collections.conditionalAccessPolicies.set({ ...policy, id: resourceKey, state: 'enabled' });
      expect((await report()).changes.some((one) => one.resourceKey === resourceKey && one.path === '/state')).toBe(
        false,
      );
      await report();
      const after = await events('drift.changes.resolved');
      expect(after).toHaveLength(before.length + 1);
      expect(after.at(-1)?.changes).toEqual([expect.objectContaining({ id, closeReason: 'reverted' })]);
    });

    it('finds what a new baseline contains settled at the next scan', async () => {
      const { changes: left } = await report();
      expect(left.length).toBeGreaterThan(0);
      await approveNewest('as it is now');
      expect(await report()).toMatchObject({ baselineVersion: 2, changes: [], closed: left.length });
    });

    it('still tells an old report as it was', async () => {
      const { items } = await api.get<{ items: { id: string; opened: number; summary: Record<string, number> }[] }>(
        '/drift/reports?limit=200',
      );
      const first = items.find(({ opened }) => opened > 3);
      const { changes, summary } = await api.get<Report>(`/drift/reports/${first?.id}`);
      expect(summary).toEqual(first?.summary);
      expect(changes.every(({ state }) => state === 'open')).toBe(true);
    });
  });

  describe('what it says of changes whose surroundings change', () => {
    const licence: Fault = {
      kind: 'body',
      status: 403,
      body: '{"error":{"code":"AadPremiumLicenseRequired","message":"no licence"}}',
      path: '/roleManagement/directory/roleAssignmentScheduleInstances*',
    };
    interface FullChange extends ReportedChange {
      version: number;
      baselineVersion: number;
      closeReason: string | null;
      decision: object | null;
    }
    const full = (id: string | undefined) => api.get<FullChange>(`/drift/changes/${id}`);
    const policies = () => tenant.state.collections.conditionalAccessPolicies;
    const editor = () => userActor(tenant.state, tenant.administrator.objectId);
    const rename = (id: string, displayName: string) =>
      updateConditionalAccessObject(tenant.state, editor(), 'conditionalAccessPolicies', id, { displayName });
    const policyId = () => String([...policies().values()][0]?.['id']);
    const found = ({ changes }: Report, key: string, path: string) =>
      changes.find((one) => one.resourceKey === key && one.path === path);

    it('keeps a change at a path that a scan could not read', async () => {
      const rows = tenant.state.collections.roleAssignmentScheduleInstances;
      const [row] = [...rows.values()].filter(({ endDateTime }) => (endDateTime ?? null) === null);
      rows.set({ ...row, id: String(row?.['id']), endDateTime: '2031-01-01T00:00:00Z' });
      const change = (await report()).changes.find(({ path }) => path === '/endDateTime');
      expect(change?.resourceType).toBe('roleAssignment');
      tenant.setFaults(licence);
      expect((await report()).changes.map(({ id }) => id)).toContain(change?.id);
      tenant.setFaults();
      expect((await report()).changes.map(({ id }) => id)).toContain(change?.id);
      rows.set({ ...row, id: String(row?.['id']) });
      await report();
      expect(await full(change?.id)).toMatchObject({ state: 'closed', closeReason: 'reverted' });
    });

    it('does not call a change of a user reverted when nothing names the user any more', async () => {
      const read = await dataSource.query<{ key: string }[]>(
        `SELECT resource_key AS key FROM config_versions WHERE resource_type = 'user'`,
      );
      const known = new Set(read.map(({ key }) => key));
      const users = tenant.state.collections.users;
      const user = [...users.values()].find(({ id }) => !known.has(String(id)));
      const key = String(user?.['id']);
      const policy = policies().get(policyId());
      const exclude = (ids: string[]) =>
        updateConditionalAccessObject(tenant.state, editor(), 'conditionalAccessPolicies', policyId(), {
          conditions: { users: { excludeUsers: ids } },
        });
      exclude([key]);
      await report();
      await approveNewest('a user is named');
      users.set({ ...user, id: key, accountEnabled: user?.['accountEnabled'] === false });
      const change = found(await report(), key, '/accountEnabled');
      expect(change).toMatchObject({ resourceType: 'user', state: 'open' });
      policies().set({ ...policy, id: policyId() });
      // A user is missed twice before one counts as gone.
      expect(found(await report(), key, '/accountEnabled')?.id).toBe(change?.id);
      expect(found(await report(), key, '/accountEnabled')).toBeUndefined();
      expect(await full(change?.id)).toMatchObject({ state: 'closed', closeReason: 'unreferenced' });
      const said = (await events('drift.changes.resolved')).flatMap(({ changes }) => changes);
      expect(said.map(({ id }) => id)).not.toContain(change?.id);
      await approveNewest('nobody is named');
      expect(await report()).toMatchObject({ changes: [] });
    });

    it('holds a change that stays against the new baseline', async () => {
      rename(policyId(), 'in between');
      const { snapshotId } = await scan();
      rename(policyId(), 'at last');
      const first = found(await report(), policyId(), '/displayName');
      await approve({ snapshotId, reason: 'the one in between' });
      const { baselineVersion, changes } = await report();
      expect(changes).toMatchObject([{ id: first?.id, before: 'in between', after: 'at last' }]);
      expect(await full(first?.id)).toMatchObject({ baselineVersion, version: 2 });
    });

    it('gives a change another version only when it reads differently', async () => {
      const [change] = (await report()).changes;
      const { version } = await full(change?.id);
      const set = (sql: string) => dataSource.query(`UPDATE drift_changes SET ${sql} WHERE id = $1`, [change?.id]);
      await set(`substate = 'new', attribution = 'probable', attribution_retry_at = now(), attribution_attempts = 0`);
      tenant.setFaults({ kind: 'status', status: 503, path: '/auditLogs/*' });
      await report();
      expect(await full(change?.id)).toMatchObject({ version, substate: 'ongoing', attribution: 'probable' });
      expect(await count(`SELECT attribution_attempts AS n FROM drift_changes WHERE id = '${change?.id}'`)).toBe(0);
      tenant.setFaults();
      await set('attribution_retry_at = now()');
      await report();
      expect(await full(change?.id)).toMatchObject({ version: version + 1, attribution: 'exact' });
      expect(await count(`SELECT attribution_attempts AS n FROM drift_changes WHERE id = '${change?.id}'`)).toBe(1);
      expect(change?.severity).not.toBe('low');
      await set(`severity = 'low'`);
      await report();
      expect(await full(change?.id)).toMatchObject({ version: version + 2, severity: change?.severity });
    });

    it('keeps the summary of a report when a change is judged anew', async () => {
      const { reportId } = await scan();
      const { summary } = await api.get<Report>(`/drift/reports/${reportId}`);
      await dataSource.query(`UPDATE drift_changes SET severity = 'critical' WHERE state = 'open'`);
      expect((await api.get<Report>(`/drift/reports/${reportId}`)).summary).toEqual(summary);
      expect((await report()).summary).toEqual(summary);
    });

    it('opens an ignored change again at its time while its type cannot be read', async () => {
      const [change] = (await report()).changes;
      const { version } = await full(change?.id);
      const until = new Date(Date.now() + 3_600_000).toISOString();
      const body = { reason: 'later', until };
      await call('POST', `/drift/changes/${change?.id}/ignore`, body, { 'if-match': `"${version}"` });
      await dataSource.query('UPDATE drift_changes SET decision_until = now() WHERE id = $1', [change?.id]);
      tenant.setFaults({ kind: 'status', status: 503, path: '/identity/conditionalAccess/policies*' });
      const { changes, summary } = await report();
      expect(changes).toMatchObject([{ id: change?.id, state: 'open' }]);
      expect(Object.values(summary).reduce((sum, n) => sum + n, 0)).toBe(1);
      expect(await full(change?.id)).toMatchObject({ decision: null, version: version + 2 });
    });
  });

  it('refuses an incomplete snapshot as baseline unless that is accepted', async () => {
    tenant.setFaults({ kind: 'status', status: 503, path: '/domains*' });
    const { snapshotId } = await scan();
    const refused = await approve({ snapshotId, reason: 'x' });
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'drift.snapshot_incomplete', detail: expect.stringContaining('domain') },
    });
    expect((await approve({ snapshotId, reason: 'x', acceptIncomplete: true })).status).toBe(201);
  });

  it('hands out a whole snapshot as lines that can be compared offline', async () => {
    const { snapshotId } = await scan();
    const { status, headers, body } = await call<{ text: string }>('GET', `/drift/snapshots/${snapshotId}/export`);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = body.text.trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      format: 'blindspotx-snapshot',
      version: 1,
      tenantId: tenant.tenantId,
    });
    const { types } = await api.get<{ types: { count: number }[] }>(`/drift/snapshots/${snapshotId}`);
    expect(lines).toHaveLength(1 + types.reduce((sum, { count: n }) => sum + n, 0));
  });

  it.each(['scans', 'snapshots', 'reports', 'changes', 'baselines'])(
    'answers 404 and 400 for /drift/%s that are not there or cannot be',
    async (kind) => {
      const nowhere = '00000000-0000-7000-8000-000000000000';
      if (kind !== 'baselines') {
        expect((await call('GET', `/drift/${kind}/${nowhere}`)).status).toBe(404);
        expect((await call('GET', `/drift/${kind}/not-an-id`)).status).toBe(400);
      }
      for (const query of ['limit=0', 'limit=1e9', 'cursor=x', 'tenant=x', 'unknown=1']) {
        expect([query, (await call('GET', `/drift/${kind}?${query}`)).status]).toEqual([query, 400]);
      }
    },
  );

  it('pages through its lists without doubles or holes', async () => {
    const { items: whole } = await api.get<{ items: { id: string }[] }>('/drift/reports?limit=200');
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: { id: string }[]; nextCursor: string | null } = await api.get(
        `/drift/reports?limit=7${cursor && `&cursor=${cursor}`}`,
      );
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(whole.map(({ id }) => id));
  });

  it('hands a scan back when the process stops while the tenant keeps silent', async () => {
    tenant.setFaults({ kind: 'hang', path: '/domains*' });
    const { id } = await api.post<{ id: string }>('/drift/scans', {});
    await job.tick();
    await app.close();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      `SELECT s.status, (SELECT count(*)::int FROM drift_reports r WHERE r.slot_id = s.id) AS reports FROM job_slots s WHERE id = $1`,
      [id],
    );
    await client.end();
    expect(rows).toEqual([{ status: 'pending', reports: 0 }]);
  });
});
