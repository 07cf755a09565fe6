import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';

interface Change {
  id: string;
  rules: string[];
  severity: string;
  title: string;
  attribution: string;
  path: string;
}

describe('what a tenant says of rules and of when changes are expected', () => {
  let stage: AuthStage;
  let admin: string;
  let tenant: string;
  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    stage.browser().call(method, path, admin, body, headers);
  const scan = async (): Promise<{ changes: Change[]; snapshotId: string }> => {
    const job = stage.service.app.get(DriftScanJob);
    const { body: queued } = await call('POST', '/drift/scans', {});
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const { body } = await call('GET', `/drift/scans/${String(queued['id'])}`);
      if (body['status'] !== 'completed') continue;
      const report = (await call('GET', `/drift/reports/${String(body['reportId'])}`)).body;
      return { changes: report['changes'] as Change[], snapshotId: String(body['snapshotId']) };
    }
    throw new Error('the scan does not end');
  };
  const override = (rule: string, body: unknown, version = 0) =>
    call('PUT', `/drift/rules/${rule}/override?tenant=${tenant}`, body, { 'if-match': `"${version}"` });
  const actions = async () =>
    ((await call('GET', '/audit/events?limit=20')).body['items'] as { action: string; reason: string | null }[]).map(
      ({ action }) => action,
    );

  beforeAll(async () => {
    stage = await startAuthStage();
    admin = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    tenant = String(((await call('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    const { snapshotId } = await scan();
    const baseline = { snapshotId, reason: 'a test', acceptIncomplete: true };
    expect((await call('POST', '/drift/baselines', baseline)).status).toBe(201);
  }, 120_000);
  afterAll(() => stage?.close());

  it('rules come with a version, and hold otherwise for a tenant that says so', async () => {
    const shipped = (await call('GET', '/drift/rules')).body;
    const rule = (body: Record<string, unknown>, id: string) =>
      (body['items'] as { id: string; origin: string; severity: string }[]).find((one) => one.id === id);
    expect(shipped['version']).toMatch(/^[0-9a-f]{16}$/);
    expect(rule(shipped, 'CA-11')).toMatchObject({ origin: 'shipped', severity: 'high', override: null });

    const set = await override('CA-11', { severity: 'medium', reason: 'a test' });
    expect([set.status, set.headers.get('etag')]).toEqual([200, '"1"']);
    const held = (await call('GET', `/drift/rules?tenant=${tenant}`)).body;
    expect(rule(held, 'CA-11')).toMatchObject({ origin: 'override', severity: 'medium', override: { version: 1 } });
    expect(held['version']).not.toBe(shipped['version']);
    expect((await call('GET', '/drift/rules')).body['version']).toBe(shipped['version']);
    expect((await actions())[0]).toBe('drift.rule.overridden');
  });

  it.each([
    ['a rule that there is not', 'CA-99', { severity: 'low', reason: 'x' }, 0, 404],
    ['nothing said', 'CA-10', { reason: 'x' }, 0, 400],
    ['no reason', 'CA-10', { severity: 'low', reason: ' ' }, 0, 400],
    ['off for good', 'CA-10', { disabled: true, reason: 'x' }, 0, 400],
    ['a parameter that the rule has not', 'CA-10', { parameters: { days: 1 }, reason: 'x' }, 0, 400],
    ['a parameter that is no number', 'CO-02', { parameters: { longestDays: 'x' }, reason: 'x' }, 0, 400],
    ['another version', 'CA-11', { severity: 'low', reason: 'x' }, 7, 412],
    ['as if it were the first', 'CA-11', { severity: 'low', reason: 'x' }, 0, 412],
  ])('%s is refused', async (_name, rule, body, version, status) => {
    expect((await override(rule, body, version)).status).toBe(status);
  });

  it.each([
    ['no time at all', { zone: 'UTC' }],
    [
      'both kinds',
      {
        zone: 'UTC',
        days: [1],
        start: '22:00',
        durationMinutes: 60,
        startsAt: '2030-01-01T00:00:00Z',
        endsAt: '2030-01-02T00:00:00Z',
      },
    ],
    ['an end before the beginning', { zone: 'UTC', startsAt: '2030-01-02T00:00:00Z', endsAt: '2030-01-01T00:00:00Z' }],
    ['no such zone', { zone: 'Mars/Olympus', days: [1], start: '22:00', durationMinutes: 60 }],
    ['no such day', { zone: 'UTC', days: [8], start: '22:00', durationMinutes: 60 }],
    ['no such hour', { zone: 'UTC', days: [1], start: '24:00', durationMinutes: 60 }],
  ])('a window with %s is refused', async (_name, when) => {
    const body = { tenant, name: 'a window', reason: 'a test', ...when };
    expect((await call('POST', '/drift/change-windows', body)).status).toBe(400);
  });

  it('what somebody does in a window is less grave by one level, by the rule as it holds; nobody raises it', async () => {
    const always = { tenant, name: 'Every day', zone: 'UTC', days: [1], start: '00:00', durationMinutes: 10_080 };
    const window = await call('POST', '/drift/change-windows', { ...always, reason: 'a test' });
    expect(window.status).toBe(201);
    // Entra's clock may be behind ours by what its log leaves out.
    await stage.sql(`UPDATE drift_change_windows SET set_at = now() - interval '1 hour'`, []);
    const { state, administrator } = stage.tenant;
    const [policy] = [...state.collections.conditionalAccessPolicies.values()].filter(
      (one) => one['state'] === 'enabled',
    );
    const conditions = policy?.['conditions'] as { applications: { excludeApplications?: string[] } };
    const excludeApplications = [...(conditions.applications.excludeApplications ?? []), 'Office365'];
    updateConditionalAccessObject(
      state,
      userActor(state, administrator.objectId),
      'conditionalAccessPolicies',
      String(policy?.['id']),
      { conditions: { applications: { excludeApplications } } },
    );
    const ofRule = ({ changes }: { changes: Change[] }) => changes.find(({ rules }) => rules.includes('CA-11'));
    const first = ofRule(await scan());
    // The override says medium, and the window makes it low.
    expect(first).toMatchObject({
      attribution: 'exact',
      severity: 'low',
      title: expect.stringMatching(/\(in the change window "Every day"\)$/),
    });

    // As if no event had ever come: late ones had their time.
    await stage.sql(
      `UPDATE drift_changes SET attribution = 'none', actor_type = NULL, actor_id = NULL, attribution_attempts = 5,
         attribution_retry_at = NULL WHERE id = $1`,
      [first?.id],
    );
    expect(ofRule(await scan())).toMatchObject({ severity: 'high', title: expect.stringMatching(/nobody was found/) });

    const gone = await call('DELETE', `/drift/rules/CA-11/override?tenant=${tenant}`, undefined, { 'if-match': '"1"' });
    expect(gone.status).toBe(204);
    expect(ofRule(await scan())).toMatchObject({ severity: 'critical' });
  });

  it('a window is taken back once', async () => {
    const { items } = (await call('GET', `/drift/change-windows?tenant=${tenant}`)).body as { items: { id: string }[] };
    expect(items).toHaveLength(1);
    const path = `/drift/change-windows/${items[0]?.id}`;
    expect([(await call('DELETE', path)).status, (await call('DELETE', path)).status]).toEqual([204, 404]);
    expect((await call('GET', '/drift/change-windows')).body['items']).toEqual([]);
    expect(await actions()).toEqual(
      expect.arrayContaining(['drift.window.approved', 'drift.window.withdrawn', 'drift.rule.restored']),
    );
  });
});
