import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { MAX_WAITING_OF_ONE } from '../../src/drift/proposals.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import type { Answer } from '../auth/auth-stage.js';
import { inHours, type Person, RbacStage } from '../rbac/rbac-stage.js';
import { sentEvents } from '../support/sent-events.js';

Object.assign(GRAPH_CLIENT_DEFAULTS, { conditionalAccessSpacingMs: 0, backoffMs: 10, throttleBackoffMs: 10 });

/** Says that a resource is excluded from a policy. */
const RULE = 'CA-11';

interface Change {
  id: string;
  version: number;
  state: string;
  severity: string;
  rules: string[];
  resourceKey: string;
  reopenReason: string | null;
}

describe('what one person can not make harmless', () => {
  let stage: RbacStage;
  let second: Person;
  let tenant: string;
  let policies: string[];
  const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    stage.admin(method, path, body, headers);
  const seen = (version: number | string) => ({ 'if-match': `"${version}"` });
  const override = (rule: string, body: object, version: number) =>
    admin('PUT', `/drift/rules/${rule}/override?tenant=${tenant}`, { reason: 'a test', ...body }, seen(version));
  const restore = (rule: string, version: number) =>
    admin('DELETE', `/drift/rules/${rule}/override?tenant=${tenant}`, undefined, seen(version));
  const propose = (body: object, who = stage.administrator) =>
    stage.call(who.token, 'POST', '/drift/setting-proposals', body);
  const answer = (made: Answer, verb: string, who: Person, route = 'setting-proposals') =>
    stage.call(who.token, 'POST', `/drift/${route}/${String(made.body['id'])}/${verb}`, { reason: 'seen' }, seen(1));
  async function patch(settings: object): Promise<Answer> {
    const { headers } = await admin('GET', `/tenants/${tenant}`);
    return admin('PATCH', `/tenants/${tenant}`, settings, { 'if-match': headers.get('etag') ?? '' });
  }
  const versionOfTenant = async () =>
    Number((await admin('GET', `/tenants/${tenant}`)).headers.get('etag')?.replaceAll('"', ''));

  async function scan(): Promise<{ snapshotId: string; changes: Change[] }> {
    const job = stage.stage.service.app.get(DriftScanJob);
    const { body: queued } = await admin('POST', '/drift/scans', {});
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const { body } = await admin('GET', `/drift/scans/${String(queued['id'])}`);
      if (body['status'] === 'completed')
        return (await admin('GET', `/drift/reports/${String(body['reportId'])}`)).body as never;
    }
    throw new Error('the scan does not end');
  }
  /** As somebody does it whose name the audit log has. */
  function exclude(number: number): void {
    const { state, administrator } = stage.stage.tenant;
    const id = policies[number] ?? '';
    const policy = state.collections.conditionalAccessPolicies.get(id);
    const conditions = policy?.['conditions'] as { applications: { excludeApplications?: string[] } };
    const excludeApplications = [...(conditions.applications.excludeApplications ?? []), 'Office365'];
    const editor = userActor(state, administrator.objectId);
    const change = { conditions: { applications: { excludeApplications } } };
    updateConditionalAccessObject(state, editor, 'conditionalAccessPolicies', id, change);
  }
  const get = async (id: string) => (await admin('GET', `/drift/changes/${id}`)).body as unknown as Change;

  beforeAll(async () => {
    stage = await RbacStage.start({}, { policies: 24 });
    policies = [...stage.stage.tenant.state.collections.conditionalAccessPolicies.values()]
      .filter(({ state }) => state === 'enabled')
      .map(({ id }) => String(id));
    second = await stage.person(1);
    await stage.given(second.id, await stage.roleNamed('administrator'));
    tenant = String(((await admin('GET', '/tenants')).body['items'] as { id: string }[])[0]?.id);
    const { snapshotId } = await scan();
    const baseline = { snapshotId, reason: 'start', acceptIncomplete: true };
    expect((await admin('POST', '/drift/baselines', baseline)).status).toBe(201);
  }, 120_000);
  afterAll(() => stage?.close());

  it('what one person decided while it was medium is asked anew when it is high, and what is open is told once', async () => {
    expect((await override(RULE, { severity: 'medium' }, 0)).status).toBe(200);
    for (const number of [0, 1, 2]) exclude(number);
    const { changes } = await scan();
    const of = (number: number) =>
      changes.find(({ rules, resourceKey }) => rules.includes(RULE) && resourceKey === policies[number]) as Change;
    const [alone, open, both] = [of(0), of(1), of(2)];
    expect([alone, open, both].map(({ severity }) => severity)).toEqual(['medium', 'medium', 'medium']);
    const accepted = await admin('POST', `/drift/changes/${alone.id}/accept`, { reason: 'x' }, seen(1));
    expect(accepted.body).toMatchObject({ state: 'accepted' });
    const decision = { changeId: both.id, version: 1, decision: 'accept', reason: 'x' };
    const made = await admin('POST', '/drift/proposals', { decision });
    expect((await answer(made, 'approve', second, 'proposals')).status).toBe(200);

    expect((await override(RULE, { severity: 'high' }, 1)).status).toBe(200);
    for (let round = 0; round < 2; round++) await scan();
    expect(await get(alone.id)).toMatchObject({ state: 'open', severity: 'high', reopenReason: 'graver' });
    expect(await get(both.id)).toMatchObject({ state: 'accepted', severity: 'high' });
    const { app } = stage.stage.service;
    const detected = (await sentEvents(app, 'drift.changes.detected')).flatMap(({ changes: told }) => told as never[]);
    expect(detected.filter(({ id }) => id === alone.id)).toHaveLength(2);
    const raised = await sentEvents(app, 'drift.changes.raised');
    expect(raised).toMatchObject([
      { headline: '1 high', changes: [{ id: open.id, severity: 'high', raisedFrom: 'medium' }], changeSetId: null },
    ]);
    // It is an alert of its own, and over when the change is.
    expect(
      (await admin('POST', `/drift/changes/${open.id}/accept`, { reason: 'x' }, seen((await get(open.id)).version)))
        .status,
    ).toBe(200);
    const resolved = await sentEvents(app, 'drift.changes.resolved');
    expect(resolved.map(({ alertId }) => alertId)).toContain(raised[0]?.['alertId']);
  });

  describe('where a tenant wants two', () => {
    const window = (more: object = {}) => ({
      tenant,
      name: 'Every day',
      zone: 'UTC',
      days: [1],
      start: '00:00',
      durationMinutes: 10_080,
      reason: 'a test',
      ...more,
    });
    const refusal = async (answered: Promise<Answer>) => {
      const { status, body } = await answered;
      return [status, body['code']];
    };
    const REFUSED = [409, 'drift.second_person_required'];

    beforeAll(async () => {
      // Set while one was enough; it makes what is done outside of it graver.
      expect((await admin('POST', '/drift/change-windows', window({ exclusive: true }))).status).toBe(201);
      expect((await patch({ secondPerson: true })).status).toBe(200);
    });

    it('one can raise, and nothing that lowers, silences or lets one decide', async () => {
      for (const settings of [
        { secondPerson: false },
        { scanEnabled: false },
        { scanIntervalSeconds: 86_400 },
        { breakGlassObjectIds: [tenant] },
      ])
        expect(await refusal(patch(settings))).toEqual([409, 'tenants.second_person_required']);
      expect((await patch({ displayName: 'Contoso', secondPerson: true })).status).toBe(200);
      expect(await refusal(override(RULE, { severity: 'low' }, 2))).toEqual(REFUSED);
      expect(await refusal(override('CA-01', { disabled: true, until: inHours(24) }, 0))).toEqual(REFUSED);
      expect((await override(RULE, { severity: 'critical' }, 2)).status).toBe(200);
      expect(await refusal(restore(RULE, 3))).toEqual(REFUSED);
      expect(await refusal(admin('POST', '/drift/change-windows', window()))).toEqual(REFUSED);
      const { items } = (await admin('GET', '/drift/change-windows')).body as { items: { id: string }[] };
      expect(await refusal(admin('DELETE', `/drift/change-windows/${items[0]?.id}`))).toEqual(REFUSED);
      expect((await admin('GET', `/tenants/${tenant}`)).body).toMatchObject({ secondPerson: true, scanEnabled: true });
    });

    it('what two accepted for a while nobody makes the baseline alone', async () => {
      exclude(3);
      const { snapshotId, changes } = await scan();
      const accept = async (id: string, until?: string) => {
        const { version } = await get(id);
        const decision = { changeId: id, version, decision: 'accept', reason: 'x', ...(until && { until }) };
        const made = await admin('POST', '/drift/proposals', { decision });
        expect(await answer(made, 'approve', second, 'proposals')).toMatchObject({ body: { status: 'approved' } });
        expect(await get(id)).toMatchObject({ state: 'accepted' });
      };
      const grave = changes.filter(({ severity }) => severity === 'critical' || severity === 'high');
      const last = grave.find(({ resourceKey }) => resourceKey === policies[3]);
      for (const { id } of grave) if (id !== last?.id) await accept(id);
      await accept(String(last?.id), inHours(24));
      const alone = () =>
        admin('POST', '/drift/baselines', { snapshotId, reason: 'x', acceptIncomplete: true }, seen(1));
      expect(await refusal(alone())).toEqual(REFUSED);
      await accept(String(last?.id));
      expect((await alone()).status).toBe(201);
    });

    it('two can: one proposes, another who may the same approves, and the trail says what', async () => {
      const analyst = await stage.person(2);
      await stage.given(analyst.id, await stage.roleNamed('security-analyst'));
      const ruleOverride = { tenant, rule: RULE, version: 3, severity: 'medium', reason: 'agreed' };
      expect((await propose({ ruleOverride }, analyst)).status).toBe(403);
      expect(await refusal(propose({ ruleOverride: { ...ruleOverride, version: 9 } }))).toEqual([
        412,
        'request.precondition_failed',
      ]);
      for (const wrong of [{}, { ruleOverride, changeWindow: window() }, { ruleOverride: [ruleOverride] }])
        expect((await propose(wrong)).status).toBe(400);
      const made = await propose({ ruleOverride });
      expect(made).toMatchObject({
        status: 201,
        body: { kind: 'rule-override', status: 'pending', content: { rule: RULE, override: { severity: 'medium' } } },
      });
      expect((await answer(made, 'approve', stage.administrator)).body['code']).toBe('drift.own_proposal');
      expect((await answer(made, 'approve', second, 'proposals')).body['code']).toBe('drift.proposal_not_found');
      expect((await answer(made, 'approve', analyst)).status).toBe(403);
      expect((await answer(made, 'approve', second)).body['status']).toBe('approved');
      const { items } = (await admin('GET', `/drift/rules?tenant=${tenant}`)).body as { items: { id: string }[] };
      expect(items.find(({ id }) => id === RULE)).toMatchObject({ severity: 'medium', override: { version: 4 } });
      const trail = (await admin('GET', '/audit/events?limit=50')).body['items'] as { action: string; after: object }[];
      expect(trail.find(({ action }) => action === 'drift.proposal.approved')?.after).toMatchObject({
        content: { rule: RULE, override: { severity: 'medium' } },
        contentSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        proposedReason: 'agreed',
        proposedBy: stage.administrator.id,
      });

      for (const body of [
        { ruleRestoration: { tenant, rule: RULE, version: 4, reason: 'x' } },
        { changeWindow: window({ name: 'Second' }) },
      ])
        expect((await answer(await propose(body), 'approve', second)).body['status']).toBe('approved');
      const standing = (await admin('GET', '/drift/change-windows')).body['items'] as { id: string; name: string }[];
      expect(standing.map(({ name }) => name)).toEqual(['Every day', 'Second']);
      const windowWithdrawal = { window: standing[0]?.id, reason: 'x' };
      expect((await answer(await propose({ windowWithdrawal }), 'approve', second)).body['status']).toBe('approved');
      // Whose end only makes things graver.
      expect((await admin('DELETE', `/drift/change-windows/${standing[1]?.id}`)).status).toBe(204);
    });

    it('nothing is done any more for a proposer who lost the right to it', async () => {
      const third = await stage.person(3);
      const given = await stage.given(third.id, await stage.roleNamed('administrator'));
      const made = await propose({ changeWindow: window() }, third);
      expect(made.status).toBe(201);
      expect(
        (await stage.change(stage.administrator.token, 'DELETE', `/rbac/assignments/${given}`)).status,
      ).toBeLessThan(300);
      expect(await refusal(answer(made, 'approve', second))).toEqual([409, 'drift.proposer_not_allowed']);
      expect((await admin('GET', '/drift/change-windows')).body['items']).toEqual([]);
      expect((await answer(made, 'decline', second)).body['status']).toBe('declined');
    });

    it('whoever manages one tenant only changes no settings that the installation decides on', async () => {
      const local = await stage.person(4);
      const role = await stage.role('local', { permissions: ['tenants:manage', 'drift:read'] });
      await stage.given(local.id, role, { scope: `/tenants/${tenant}` });
      const tenantSettings = { tenant, version: await versionOfTenant(), secondPerson: false, reason: 'x' };
      expect(await refusal(propose({ tenantSettings }, local))).toEqual([403, 'drift.not_allowed']);
      const made = await propose({ tenantSettings });
      for (const verb of ['approve', 'decline'])
        expect(await refusal(answer(made, verb, local))).toEqual([403, 'drift.not_allowed']);
      expect((await propose({ changeWindow: window() }, local)).status).toBe(201);
      expect((await answer(made, 'withdraw', stage.administrator, 'proposals')).status).toBe(200);
    });

    it('so many proposals wait and no more, also when they are made at once', async () => {
      const waiting = () =>
        stage.stage.sql<{ n: number }>(
          `SELECT count(*)::int AS n FROM drift_proposals WHERE status = 'pending' AND proposed_by_id = $1`,
          [stage.administrator.id],
        );
      const room = MAX_WAITING_OF_ONE - Number((await waiting())[0]?.n);
      const made = await Promise.all(Array.from({ length: room + 3 }, () => propose({ changeWindow: window() })));
      const refused = made.filter(({ status }) => status !== 201);
      expect(refused.map(({ body }) => body['code'])).toEqual(Array(3).fill('drift.too_many_proposals'));
      expect((await waiting())[0]?.n).toBe(MAX_WAITING_OF_ONE);
      expect((await propose({ changeWindow: window() }, second)).status).toBe(201);
    });

    it('two can want one again', async () => {
      const settings = { secondPerson: false, scanIntervalSeconds: 86_400 };
      const tenantSettings = { tenant, version: await versionOfTenant(), ...settings, reason: 'x' };
      const made = await propose({ tenantSettings }, second);
      expect((await answer(made, 'approve', stage.administrator)).body['status']).toBe('approved');
      expect((await admin('GET', `/tenants/${tenant}`)).body).toMatchObject(settings);
      expect((await admin('POST', '/drift/change-windows', window())).status).toBe(201);
    });
  });
});
