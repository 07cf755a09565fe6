import { randomUUID } from 'node:crypto';
import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { type RouteEntry, RoutePolicies } from '../../src/access/route-policies.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { type Person, RbacStage } from '../rbac/rbac-stage.js';

Object.assign(GRAPH_CLIENT_DEFAULTS, { conditionalAccessSpacingMs: 0, backoffMs: 10, throttleBackoffMs: 10 });

const PERMISSIONS = [
  'drift:read',
  'drift:scan',
  'drift:decide',
  'drift:export',
  'drift:remediate',
  'baseline:approve',
  'tenants:manage',
];

/** Ids of things of the tenant that everything is about. */
interface Things {
  tenant: string;
  scan: string;
  snapshot: string;
  baseline: string;
  report: string;
  change: string;
  rule: string;
  window: string;
  proposal: string;
  remediation: string;
  bulk: string;
}

interface Ask {
  query?: string;
  body?: object;
  /** What ':id' stands for. */
  id?: string;
  headers?: Record<string, string>;
}

const REASON = { reason: 'a test' };
const SEEN = { headers: { 'if-match': '"1"' } };

/**
 * How each route names a thing of a tenant; `list`: it may name none, and gives what is of the tenants of the caller; `null`: it
 * names nothing of a tenant. A route that isn't here fails the test: say what it names.
 */
function asks(of: Things): Record<string, Ask[] | 'list' | null> {
  const times = { name: 'w', zone: 'UTC', days: [1], start: '00:00', durationMinutes: 60 };
  const rule = { tenant: of.tenant, resourceType: 'group', resourceKey: 'x', ...REASON };
  return {
    'GET /drift/status': 'list',
    'GET /drift/scans': 'list',
    'POST /drift/scans': [{ body: { tenant: of.tenant } }],
    'GET /drift/scans/:id': [{ id: of.scan }],
    'GET /drift/snapshots': 'list',
    'GET /drift/snapshots/:id': [{ id: of.snapshot }],
    'GET /drift/snapshots/:id/export': [{ id: of.snapshot }],
    'GET /drift/baselines': 'list',
    'GET /drift/baselines/current': [{ query: `tenant=${of.tenant}` }],
    'GET /drift/baselines/:id': [{ id: of.baseline }],
    'POST /drift/baselines': [{ body: { snapshotId: of.snapshot, ...REASON }, ...SEEN }],
    'POST /drift/baselines/changes': [{ body: { changeIds: [of.change], ...REASON }, ...SEEN }],
    'POST /drift/baselines/preview': [{ body: { snapshotId: of.snapshot } }, { body: { changeIds: [of.change] } }],
    'GET /drift/reports': 'list',
    'GET /drift/reports/:id': [{ id: of.report }, { id: of.report, query: 'format=csv' }],
    'GET /drift/changes': 'list',
    'GET /drift/changes/:id': [{ id: of.change }],
    'POST /drift/changes/:id/accept': [{ id: of.change, body: REASON, ...SEEN }],
    'POST /drift/changes/:id/ignore': [{ id: of.change, body: REASON, ...SEEN }],
    'POST /drift/changes/:id/deny': [{ id: of.change, body: REASON, ...SEEN }],
    'POST /drift/changes/:id/reopen': [{ id: of.change, body: REASON, ...SEEN }],
    'GET /drift/changes/:id/remediation': [{ id: of.change }],
    'GET /drift/remediation': [{ query: `change=${of.change.toUpperCase()}` }, { query: `report=${of.report}` }],
    'GET /drift/remediations': 'list',
    'GET /drift/remediations/:id': [{ id: of.remediation }],
    'POST /drift/remediations': [{ body: { changeIds: [of.change], ...REASON } }],
    'POST /drift/remediations/:id/approve': [{ id: of.remediation, body: REASON, ...SEEN }],
    'POST /drift/remediations/:id/decline': [{ id: of.remediation, body: REASON, ...SEEN }],
    'GET /drift/controls': 'list',
    'GET /drift/ignore-rules': 'list',
    'GET /drift/ignore-rules/:id': [{ id: of.rule }],
    'POST /drift/ignore-rules': [{ body: rule }],
    'POST /drift/ignore-rules/:id/withdraw': [{ id: of.rule, body: REASON, ...SEEN }],
    'GET /drift/proposals': 'list',
    'GET /drift/proposals/:id': [{ id: of.proposal }],
    'POST /drift/proposals': [
      { body: { decision: { changeId: of.change, version: 1, decision: 'accept', ...REASON } } },
      { body: { ignoreRule: rule } },
    ],
    'POST /drift/proposals/:id/approve': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/proposals/:id/decline': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/proposals/:id/withdraw': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/baseline-proposals': [
      { body: { snapshotId: of.snapshot, version: 1, ...REASON } },
      { body: { changeIds: [of.change], version: 1, ...REASON } },
    ],
    'POST /drift/baseline-proposals/:id/approve': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/baseline-proposals/:id/decline': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/setting-proposals': [
      { body: { ruleOverride: { tenant: of.tenant, rule: 'CA-01', version: 0, severity: 'low', ...REASON } } },
      { body: { ruleRestoration: { tenant: of.tenant, rule: 'CA-01', version: 1, ...REASON } } },
      { body: { changeWindow: { tenant: of.tenant, ...times, ...REASON } } },
      { body: { windowWithdrawal: { window: of.window, ...REASON } } },
      { body: { tenantSettings: { tenant: of.tenant, version: 1, scanEnabled: false, ...REASON } } },
      { body: { tenantConnection: { tenant: of.tenant, version: 0, ...REASON } } },
    ],
    'POST /drift/setting-proposals/:id/approve': [{ id: of.proposal, body: REASON, ...SEEN }],
    'POST /drift/setting-proposals/:id/decline': [{ id: of.proposal, body: REASON, ...SEEN }],
    // Rows of other tenants are refused one by one, as rows that there are not.
    'POST /drift/bulk-decisions': null,
    'GET /drift/bulk-decisions/:id': [{ id: of.bulk }],
    'GET /drift/bulk-decisions/:id/rows': [{ id: of.bulk }],
    'GET /drift/analytics': 'list',
    'GET /drift/analytics/controls': [{ query: `tenant=${of.tenant}` }],
    // Without a tenant they are as they come.
    'GET /drift/rules': [{ query: `tenant=${of.tenant}` }],
    'PUT /drift/rules/:rule/override': [
      { query: `tenant=${of.tenant}`, body: { severity: 'low', ...REASON }, headers: { 'if-match': '"0"' } },
    ],
    'DELETE /drift/rules/:rule/override': [{ query: `tenant=${of.tenant}`, ...SEEN }],
    'GET /drift/change-windows': 'list',
    'POST /drift/change-windows': [{ body: { tenant: of.tenant, ...times, ...REASON } }],
    'DELETE /drift/change-windows/:id': [{ id: of.window }],
  };
}

describe('drift of one tenant, for those who may on another', () => {
  let stage: RbacStage;
  let things: Things;
  let insider: Person;
  let outsider: Person;
  let routes: string[];

  const ask = (who: Person, name: string, { query, body, id = 'CA-01', headers }: Ask = {}) => {
    const [method = '', path = ''] = name.split(' ');
    const address = path.replace(/:\w+/, id) + (query === undefined ? '' : `?${query}`);
    return stage.call(who.token, method, address, body, headers);
  };
  const idOf = async (path: string, body: object) => String((await stage.admin('POST', path, body)).body['id']);

  beforeAll(async () => {
    stage = await RbacStage.start({}, { policies: 24 });
    const { service, tenant: demo } = stage.stage;
    routes = service.app
      .get(RoutePolicies)
      .list()
      .flatMap(({ method, paths }: RouteEntry) => paths.map((path) => `${method} ${path}`))
      .filter((name) => name.includes(' /drift/'));
    const tenant = String(((await stage.admin('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    const job = service.app.get(DriftScanJob);
    const scan = async () => {
      const { body } = await stage.admin('POST', '/drift/scans', { tenant });
      for (let round = 0; round < 20; round++) {
        await job.tick();
        await job.settled();
        const done = (await stage.admin('GET', `/drift/scans/${String(body['id'])}`)).body;
        if (done['status'] === 'completed') return done as { id: string; snapshotId: string; reportId: string };
      }
      throw new Error('the scan does not end');
    };
    const { snapshotId } = await scan();
    const baseline = await idOf('/drift/baselines', { snapshotId, ...REASON, acceptIncomplete: true });
    const [policy] = [...demo.state.collections.conditionalAccessPolicies.values()].filter(
      ({ state }) => state === 'enabled',
    );
    const editor = userActor(demo.state, demo.administrator.objectId);
    const off = { state: 'disabled' };
    updateConditionalAccessObject(demo.state, editor, 'conditionalAccessPolicies', String(policy?.['id']), off);
    const { id, reportId } = await scan();
    const report = (await stage.admin('GET', `/drift/reports/${reportId}`)).body;
    const change = String((report['changes'] as { id: string }[])[0]?.id);
    const rule = { tenant, resourceType: 'group', resourceKey: 'x', ...REASON };
    const times = { name: 'w', zone: 'UTC', days: [1], start: '00:00', durationMinutes: 60 };
    const decision = { changeId: change, version: 1, decision: 'accept', ...REASON };
    const bulk = await stage.admin(
      'POST',
      '/drift/bulk-decisions',
      { decision: 'deny', ...REASON, items: [{ id: change, version: 1 }] },
      { 'idempotency-key': 'k' },
    );
    await stage.stage.sql('UPDATE tenants SET remediation_enabled = true');
    things = {
      tenant,
      scan: id,
      snapshot: snapshotId,
      baseline,
      report: reportId,
      change,
      rule: await idOf('/drift/ignore-rules', rule),
      window: await idOf('/drift/change-windows', { tenant, ...times, ...REASON }),
      proposal: await idOf('/drift/proposals', { decision }),
      remediation: await idOf('/drift/remediations', { changeIds: [change], acceptNotes: true, ...REASON }),
      bulk: String(bulk.body['id']),
    };
    const other = await idOf('/tenants', { entraTenantId: randomUUID(), scanEnabled: true });
    const role = await stage.role('of-one-tenant', { permissions: PERMISSIONS });
    [insider, outsider] = [await stage.person(2), await stage.person(3)];
    await stage.given(insider.id, role, { scope: `/tenants/${tenant}` });
    await stage.given(outsider.id, role, { scope: `/tenants/${other}` });
  }, 180_000);
  afterAll(() => stage?.close());

  it('has something to ask of every route that there is', () => {
    expect(Object.values(things).filter((id) => !/^[0-9a-f-]{36}$/.test(id))).toEqual([]);
    expect(Object.keys(asks(things)).sort()).toEqual([...routes].sort());
  });

  it('is there for those who may on it, by every route that reads', async () => {
    const wrong: string[] = [];
    for (const [name, named] of Object.entries(asks(things))) {
      if (!name.startsWith('GET ')) continue;
      for (const one of named === 'list' ? [{}, { query: `tenant=${things.tenant}` }] : (named ?? [])) {
        // An export is lines of JSON, which aren't JSON.
        if (name.endsWith('/export')) continue;
        const { status, body } = await ask(insider, name, one);
        const isThere = named !== 'list' || name.includes('analytics') || JSON.stringify(body).includes(things.tenant);
        if (status !== 200 || !isThere) wrong.push(`${name} ${JSON.stringify(one)}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    const address = `${stage.stage.service.url}/api/v1/drift/snapshots/${things.snapshot}/export`;
    const exported = await fetch(address, { headers: { authorization: `Bearer ${insider.token}` } });
    expect([exported.status, (await exported.text()).length > 1000]).toEqual([200, true]);
  }, 120_000);

  it('is not there for others, by any route: as what there is not', async () => {
    const wrong: string[] = [];
    const nothing = asks(Object.fromEntries(Object.keys(things).map((name) => [name, randomUUID()])) as never);
    for (const [name, named] of Object.entries(asks(things))) {
      if (named === null) continue;
      const absent = nothing[name];
      const questions = named === 'list' ? [{ query: `tenant=${things.tenant}` }] : named;
      for (const [at, one] of questions.entries()) {
        const { status, body } = await ask(outsider, name, one);
        const twin = Array.isArray(absent) ? absent[at] : { query: `tenant=${randomUUID()}` };
        const unknown = await ask(outsider, name, twin);
        const isSame = unknown.status === status && unknown.body['code'] === body['code'];
        if (status !== 404 || !isSame || unknown.body['detail'] !== body['detail'])
          wrong.push(
            `${name} ${JSON.stringify(one)}: ${status} ${body['code']}, ${unknown.status} ${unknown.body['code']}`,
          );
      }
      if (named !== 'list') continue;
      const { status, body } = await ask(outsider, name);
      const text = JSON.stringify(body);
      if (status !== 200 || Object.values(things).some((id) => text.includes(id)))
        wrong.push(`${name}: ${status} ${text}`);
    }
    expect(wrong).toEqual([]);
    const untouched = await stage.admin('GET', `/drift/changes/${things.change}`);
    expect(untouched.body).toMatchObject({ state: 'open', version: 1 });
  }, 120_000);

  it('is refused in bulk as rows that there are not, and nowhere by a denial on the tenant alone', async () => {
    const body = { decision: 'deny', ...REASON, items: [{ id: things.change, version: 1 }] };
    const made = await stage.call(outsider.token, 'POST', '/drift/bulk-decisions', body, { 'idempotency-key': 'k' });
    expect(made.status).toBe(202);
    const { BulkDecisions } = await import('../../src/drift/decisions/bulk-decisions.service.js');
    const id = String(made.body['id']);
    await stage.stage.service.app.get(BulkDecisions).work(id, new AbortController().signal);
    const rows = await stage.call(outsider.token, 'GET', `/drift/bulk-decisions/${id}/rows`);
    expect(rows.body['items']).toMatchObject([{ outcome: 'refused', code: 'drift.change_not_found' }]);

    const everywhere = await stage.person(4);
    await stage.given(everywhere.id, await stage.roleNamed('viewer'));
    expect((await ask(everywhere, 'GET /drift/changes/:id', { id: things.change })).status).toBe(200);
    const denied = { scope: `/tenants/${things.tenant}`, effect: 'deny' };
    await stage.given(everywhere.id, await stage.roleNamed('viewer'), denied);
    expect((await ask(everywhere, 'GET /drift/changes/:id', { id: things.change })).status).toBe(404);
    expect((await ask(everywhere, 'GET /drift/changes')).body['items']).toEqual([]);
  });
});
