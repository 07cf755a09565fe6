import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { userActor } from '../../demo/audit/actor.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { MAX_PREVIEWED_OBJECTS } from '../../src/drift/baseline-preview.js';
import { MAX_ROW_ATTEMPTS } from '../../src/drift/decisions/bulk-decision.types.js';
import { BulkDecisions } from '../../src/drift/decisions/bulk-decisions.service.js';
import { MAX_IGNORE_RULES } from '../../src/drift/decisions/ignore-rules.service.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { MAX_WINDOWS } from '../../src/drift/windows/change-windows.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import type { Answer } from '../auth/auth-stage.js';
import { type Person, RbacStage } from '../rbac/rbac-stage.js';
import { sentEvents } from '../support/sent-events.js';

Object.assign(GRAPH_CLIENT_DEFAULTS, { conditionalAccessSpacingMs: 0, backoffMs: 10, throttleBackoffMs: 10 });

interface Change {
  id: string;
  version: number;
  state: string;
  substate: string;
  severity: string;
  path: string;
  resourceKey: string;
  after: unknown;
  closeReason: string | null;
  closedByBaseline: number | null;
  reopenReason: string | null;
  ignoreRuleId: string | null;
  decision: { reason: string; until: string | null } | null;
  previousDecision: { kind: string; reason: string } | null;
}

interface Report {
  id: string;
  snapshotId: string;
  baselineVersion: number | null;
  summary: Record<string, number>;
  ignored: Record<string, number>;
  changes: { id: string; path: string; resourceKey: string; state: string }[];
}

describe('what people decide about drift', () => {
  let stage: RbacStage;
  let analyst: Person;
  let viewer: Person;
  let tenantId: string;
  let policies: string[];

  const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    stage.admin(method, path, body, headers);
  const seen = (version: number | string) => ({ 'if-match': `"${version}"` });

  beforeAll(async () => {
    stage = await RbacStage.start({}, { policies: 24 });
    policies = [...stage.stage.tenant.state.collections.conditionalAccessPolicies.values()]
      .filter(({ state }) => state === 'enabled')
      .map(({ id }) => String(id));
    expect(policies.length).toBeGreaterThan(11);
    analyst = await stage.person(0);
    await stage.given(analyst.id, await stage.roleNamed('security-analyst'));
    viewer = await stage.person(6);
    await stage.given(viewer.id, await stage.roleNamed('viewer'));
    const { body } = await admin('GET', '/tenants');
    tenantId = String((body['items'] as { id: string }[])[0]?.id);
    const { snapshotId } = await scan();
    const first = await admin('POST', '/drift/baselines', { snapshotId, reason: 'start', acceptIncomplete: true });
    expect([first.status, first.headers.get('etag')]).toEqual([201, '"1"']);
  }, 120_000);
  afterAll(() => stage?.close());

  async function scan(): Promise<Report> {
    const job = stage.stage.service.app.get(DriftScanJob);
    const { body: queued } = await admin('POST', '/drift/scans', {});
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const { body } = await admin('GET', `/drift/scans/${String(queued['id'])}`);
      if (body['status'] === 'completed')
        return (await admin('GET', `/drift/reports/${String(body['reportId'])}`)).body as unknown as Report;
    }
    throw new Error('the scan does not end');
  }

  const events = async (type: 'drift.changes.detected' | 'drift.changes.resolved' | 'drift.changes.standing') =>
    (await sentEvents(stage.stage.service.app, type)).map(
      ({ changes }) => changes as unknown as { id: string; closeReason?: string }[],
    );
  const told = async (type: Parameters<typeof events>[0], id: string | undefined) =>
    (await events(type)).flat().filter((one) => one.id === id).length;

  const policy = (number: number) => policies[number] ?? '';
  function edit(number: number, patch: Record<string, string>): string {
    const { tenant } = stage.stage;
    const editor = userActor(tenant.state, tenant.administrator.objectId);
    const id = policy(number);
    updateConditionalAccessObject(tenant.state, editor, 'conditionalAccessPolicies', id, patch);
    return id;
  }
  const rename = (number: number, displayName: string) => edit(number, { displayName });
  const nameOf = (number: number) =>
    String(stage.stage.tenant.state.collections.conditionalAccessPolicies.get(policy(number))?.['displayName']);

  const get = async (id: string | undefined) => (await admin('GET', `/drift/changes/${id}`)).body as unknown as Change;
  const find = async ({ changes }: Report, key: string, path = '/displayName') =>
    get(changes.find((one) => one.resourceKey === key && one.path === path)?.id);
  async function decide(change: Change, kind: string, body: object = {}) {
    const path = `/drift/changes/${change.id}/${kind}`;
    return admin('POST', path, { reason: `${kind}ed`, ...body }, seen(change.version));
  }

  it('accepts a value until it changes further, shows the decision then, and keeps it when the value comes back', async () => {
    const [agreedState, otherState] = ['enabledForReportingButNotEnforced', 'disabled'];
    const key = edit(0, { state: agreedState });
    const agreed = await find(await scan(), key, '/state');
    expect(agreed).toMatchObject({ state: 'open', substate: 'new', reopenReason: null, previousDecision: null });
    expect((await decide(agreed, 'accept')).status).toBe(200);
    expect(await told('drift.changes.detected', agreed.id)).toBe(1);

    edit(0, { state: otherState });
    const further = await find(await scan(), key, '/state');
    expect(further).toMatchObject({
      state: 'open',
      substate: 'regressed',
      reopenReason: 'value-changed',
      previousDecision: { kind: 'accept', reason: 'accepted' },
    });
    expect(await told('drift.changes.detected', further.id)).toBe(1);

    edit(0, { state: agreedState });
    const back = await find(await scan(), key, '/state');
    expect(back).toMatchObject({ state: 'accepted', decision: { reason: 'accepted' } });
    expect(await get(further.id)).toMatchObject({ state: 'closed', closeReason: 'restored' });
    expect(await told('drift.changes.resolved', further.id)).toBe(1);
    expect(await told('drift.changes.detected', back.id)).toBe(0);

    edit(0, { state: 'enabled' });
    await scan();
    expect(await get(back.id)).toMatchObject({ state: 'closed', closeReason: 'reverted' });
    expect(await told('drift.changes.resolved', back.id)).toBe(0);
    edit(0, { state: agreedState });
    const again = await find(await scan(), key, '/state');
    expect(again).toMatchObject({ state: 'open', reopenReason: 'came-back', previousDecision: { kind: 'accept' } });
    const { body } = await admin('GET', `/drift/changes?substate=regressed&tenant=${tenantId}&state=open`);
    expect((body['items'] as Change[]).map(({ id }) => id)).toContain(again.id);
    edit(0, { state: 'enabled' });
    await scan();
  });

  it('tells of what was denied once a day until it is gone, and then once more', async () => {
    const original = edit(1, { state: 'disabled' });
    const change = await find(await scan(), original, '/state');
    expect((await decide(change, 'deny', { until: '2030-01-01T00:00:00Z' })).status).toBe(400);
    expect((await decide(change, 'deny')).body).toMatchObject({ state: 'denied', decision: { until: null } });
    const { summary } = await scan();
    expect(summary[change.severity]).toBeGreaterThan(0);
    await scan();
    expect(await told('drift.changes.standing', change.id)).toBe(1);
    await stage.stage.sql(`UPDATE drift_changes SET reminded_at = now() - interval '1 day' WHERE id = $1`, [change.id]);
    await scan();
    expect(await told('drift.changes.standing', change.id)).toBe(2);
    expect(await told('drift.changes.detected', change.id)).toBe(1);
    edit(1, { state: 'enabled' });
    await scan();
    expect(await get(change.id)).toMatchObject({ state: 'closed', closeReason: 'reverted' });
    expect(await told('drift.changes.resolved', change.id)).toBe(1);
    await scan();
    expect(await told('drift.changes.standing', change.id)).toBe(2);
  });

  it('ignores a change to an end that nobody can put far away, and tells once when it is over', async () => {
    const key = edit(2, { state: 'disabled' });
    const change = await find(await scan(), key, '/state');
    const far = new Date(Date.now() + 367 * 86_400_000).toISOString();
    expect((await decide(change, 'ignore', { until: far })).body['code']).toBe('drift.until_too_far');
    const ignored = (await decide(change, 'ignore')).body as unknown as Change;
    const days = (Date.parse(ignored.decision?.until ?? '') - Date.now()) / 86_400_000;
    expect([Math.round(days), ignored.state]).toEqual([90, 'ignored']);
    const report = await scan();
    expect(report.ignored[change.severity]).toBe(1);
    await stage.stage.sql('UPDATE drift_changes SET decision_until = now() WHERE id = $1', [change.id]);
    await scan();
    await scan();
    expect(await get(change.id)).toMatchObject({ state: 'open', reopenReason: 'decision-ended' });
    expect(await told('drift.changes.detected', change.id)).toBe(2);
    edit(2, { state: 'enabled' });
    await scan();
  });

  it('ignores by a rule what it finds and what it knows, without an alert, until the rule is withdrawn', async () => {
    const key = edit(3, { state: 'disabled' });
    const rule = {
      tenant: tenantId,
      resourceType: 'conditionalAccessPolicy',
      resourceKey: key,
      reason: 'a test object',
    };
    for (const pathPattern of [undefined, '/*', '/*/users'])
      expect(
        (await admin('POST', '/drift/ignore-rules', { ...rule, resourceKey: undefined, pathPattern })).body['code'],
      ).toBe('drift.ignore_rule_too_wide');
    const made = await admin('POST', '/drift/ignore-rules', { ...rule, pathPattern: '/state' });
    expect(made).toMatchObject({ status: 201, body: { resourceKey: key, pathPattern: '/state', withdrawnAt: null } });
    const report = await scan();
    const change = await find(report, key, '/state');
    expect(change).toMatchObject({ state: 'ignored', ignoreRuleId: made.body['id'], substate: 'new' });
    expect(report.ignored[change.severity]).toBe(1);
    expect(await told('drift.changes.detected', change.id)).toBe(0);
    expect((await decide(change, 'reopen')).body['code']).toBe('drift.ignored_by_rule');

    const withdraw = `/drift/ignore-rules/${String(made.body['id'])}/withdraw`;
    expect((await admin('POST', withdraw, { reason: 'done' }, seen(2))).status).toBe(412);
    expect((await admin('POST', withdraw, { reason: 'done' }, seen(1))).status).toBe(200);
    expect((await admin('POST', withdraw, { reason: 'done' }, seen(2))).body['code']).toBe('drift.ignore_rule_over');
    await scan();
    await scan();
    expect(await get(change.id)).toMatchObject({ state: 'open', reopenReason: 'rule-ended', ignoreRuleId: null });
    expect(await told('drift.changes.detected', change.id)).toBe(1);
    edit(3, { state: 'enabled' });
    await scan();
    expect(await told('drift.changes.resolved', change.id)).toBe(1);
  });

  it('takes single changes into the next baseline, exactly these, and finds them again when they are undone', async () => {
    const original = nameOf(4);
    const [key, other] = [rename(4, 'taken in'), rename(5, 'left out')];
    edit(4, { state: 'enabledForReportingButNotEnforced' });
    const report = await scan();
    const [taken, state, left] = [
      await find(report, key),
      await find(report, key, '/state'),
      await find(report, other),
    ];
    const current = await admin('GET', `/drift/baselines/current?tenant=${tenantId}`);
    expect(current).toMatchObject({ status: 200, body: { version: 1, baseVersion: null, changeIds: [] } });
    const body = { changeIds: [taken.id], reason: 'as planned' };
    const preview = await admin('POST', '/drift/baselines/preview', { changeIds: [taken.id] });
    expect(preview.body).toMatchObject({ version: 1, closes: [taken.id], opens: 0 });
    expect((await admin('POST', '/drift/baselines/changes', body)).status).toBe(428);
    expect((await admin('POST', '/drift/baselines/changes', body, seen(2))).status).toBe(412);
    const both = await Promise.all([1, 2].map(() => admin('POST', '/drift/baselines/changes', body, seen(1))));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 412]);

    const next = await scan();
    expect(next.baselineVersion).toBe(2);
    expect(await get(taken.id)).toMatchObject({ state: 'closed', closeReason: 'baseline', closedByBaseline: 2 });
    expect(await get(state.id)).toMatchObject({ state: 'open', version: state.version });
    expect(await get(left.id)).toMatchObject({ state: 'open', version: left.version });

    rename(4, original);
    const undone = await find(await scan(), key);
    expect(undone).toMatchObject({ state: 'open', before: 'taken in', after: original });
    rename(4, 'taken in');
    await scan();
    expect(await get(undone.id)).toMatchObject({ state: 'closed', closeReason: 'reverted', closedByBaseline: null });
    const { body: version } = await admin('GET', `/drift/baselines?tenant=${tenantId}&limit=1`);
    expect(version['items']).toMatchObject([{ version: 2, baseVersion: 1, changeIds: [taken.id] }]);
  });

  it('locks contents before changes, as scans do, and takes nothing in that has changed meanwhile', async () => {
    const { items } = (await admin('GET', `/drift/changes?tenant=${tenantId}&state=open&limit=1`)).body;
    const { id } = (items as Change[])[0] as Change;
    let approval: Promise<Answer> | undefined;
    await stage.stage.service.app.get(DataSource).transaction(async (tx) => {
      await tx.query('LOCK TABLE config_blobs IN SHARE MODE');
      approval = admin('POST', '/drift/baselines/changes', { changeIds: [id], reason: 'x' }, seen(2));
      const waiting = () =>
        tx.query<unknown[]>(`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'config_blobs'::regclass`);
      for (let round = 0; round < 1000 && (await waiting()).length === 0; round++) await sleep(10);
      await tx.query('SELECT 1 FROM drift_changes WHERE id = $1 FOR UPDATE NOWAIT', [id]);
      await tx.query('UPDATE drift_changes SET version = version + 1 WHERE id = $1', [id]);
    });
    expect((await approval)?.status).toBe(412);
  });

  it('lets nobody have more rules or windows than there may be by making them at once', async () => {
    const rule = { tenant: tenantId, resourceType: 'group', resourceKey: 'x', reason: 'many' };
    const window = {
      tenant: tenantId,
      name: 'w',
      zone: 'UTC',
      days: [1],
      start: '00:00',
      durationMinutes: 1,
      reason: 'many',
    };
    await stage.stage.sql(
      `INSERT INTO drift_ignore_rules (id, tenant_id, resource_type, resource_key, reason, until, created_by_id, created_by_name)
       SELECT gen_random_uuid(), $1, 'group', 'x', 'many', now() + interval '1 day', 'a', 'a' FROM generate_series(2, $2)`,
      [tenantId, MAX_IGNORE_RULES],
    );
    await stage.stage.sql(
      `INSERT INTO drift_change_windows
         (id, tenant_id, name, zone, days, start_minute, duration_minutes, exclusive, reason, set_by_id, set_by_name)
       SELECT gen_random_uuid(), $1, 'w', 'UTC', '{1}', 0, 1, false, 'many', 'a', 'a' FROM generate_series(2, $2)`,
      [tenantId, MAX_WINDOWS],
    );
    const made = await Promise.all(
      [0, 1, 2].flatMap(() => [
        admin('POST', '/drift/ignore-rules', rule),
        admin('POST', '/drift/change-windows', window),
      ]),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
    await stage.stage.sql(`DELETE FROM drift_ignore_rules WHERE reason = 'many'`);
    await stage.stage.sql(`DELETE FROM drift_change_windows WHERE reason = 'many'`);
  });

  it('says what a snapshot would close before it is approved, and is right', async () => {
    const { snapshotId, changes } = await scan();
    expect(changes.length).toBeGreaterThan(1);
    const { body } = await admin('POST', '/drift/baselines/preview', { snapshotId });
    expect(body).toMatchObject({ version: 2, stays: 0, opens: 0 });
    expect((body['closes'] as string[]).sort()).toEqual(changes.map(({ id }) => id).sort());
    await stage.stage.sql(
      `INSERT INTO config_versions (tenant_id, resource_type, resource_key, valid_from, valid_to, hash)
       SELECT $1, 'user', 'many ' || n, 1, 1000000, (SELECT hash FROM config_versions LIMIT 1) FROM generate_series(0, $2) AS n`,
      [tenantId, MAX_PREVIEWED_OBJECTS],
    );
    const large = await admin('POST', '/drift/baselines/preview', { snapshotId });
    await stage.stage.sql(`DELETE FROM config_versions WHERE resource_key LIKE 'many %'`);
    expect(large).toMatchObject({ status: 400, body: { code: 'drift.preview_too_large' } });
    const preview = (of: object) => stage.call(viewer.token, 'POST', '/drift/baselines/preview', of);
    expect(await preview({ snapshotId })).toMatchObject({ status: 403, body: { code: 'drift.not_allowed' } });
    expect((await preview({ changeIds: [changes[0]?.id] })).status).toBe(200);
    const approval = { snapshotId, reason: 'as it is', acceptIncomplete: true };
    expect((await admin('POST', '/drift/baselines', approval)).status).toBe(428);
    expect((await admin('POST', '/drift/baselines', approval, seen(1))).status).toBe(412);
    expect((await admin('POST', '/drift/baselines', approval, seen(2))).status).toBe(201);
    expect((await scan()).changes).toEqual([]);
    for (const { id } of changes) expect(await get(id)).toMatchObject({ closeReason: 'baseline', closedByBaseline: 3 });
  });

  describe('where a tenant wants a second person', () => {
    let change: Change;
    const propose = (body: object, who = analyst.token) => stage.call(who, 'POST', '/drift/proposals', body);
    const answer = (id: unknown, verb: string, version: number, who = stage.administrator.token) =>
      stage.call(who, 'POST', `/drift/proposals/${String(id)}/${verb}`, { reason: 'seen' }, seen(version));

    /** Past the API, which wants two people for the way back (drift-two-people). */
    async function want(secondPerson: boolean): Promise<void> {
      await stage.stage.sql('UPDATE tenants SET second_person = $2, version = version + 1 WHERE id = $1', [
        tenantId,
        secondPerson,
      ]);
    }

    beforeAll(async () => {
      await want(true);
      const key = edit(6, { state: 'disabled' });
      change = await find(await scan(), key, '/state');
      expect(['critical', 'high']).toContain(change.severity);
    });

    it('refuses one person, by every way that settles it', async () => {
      expect((await decide(change, 'accept')).body['code']).toBe('drift.second_person_required');
      expect((await decide(change, 'ignore')).body['code']).toBe('drift.second_person_required');
      const taken = { changeIds: [change.id], reason: 'x' };
      expect((await admin('POST', '/drift/baselines/changes', taken, seen(3))).body['code']).toBe(
        'drift.second_person_required',
      );
      const { snapshotId } = await scan();
      const approval = { snapshotId, reason: 'x', acceptIncomplete: true };
      expect((await admin('POST', '/drift/baselines', approval, seen(3))).body['code']).toBe(
        'drift.second_person_required',
      );
      const rule = { tenant: tenantId, resourceType: 'conditionalAccessPolicy', pathPattern: '/state', reason: 'x' };
      expect((await admin('POST', '/drift/ignore-rules', rule)).body['code']).toBe('drift.second_person_required');
    });

    it('lets the first deny it and take that back', async () => {
      expect((await decide(change, 'deny')).status).toBe(200);
      expect((await decide(await get(change.id), 'reopen')).status).toBe(200);
      change = await get(change.id);
    });

    it('lets another approve what was proposed, once, as it was seen, and never the proposer', async () => {
      const decision = { changeId: change.id, version: change.version, decision: 'accept', reason: 'agreed' };
      expect((await propose({ decision: { ...decision, version: 999 } })).status).toBe(412);
      const made = await propose({ decision });
      expect(made).toMatchObject({ status: 201, body: { status: 'pending', kind: 'decision', changeId: change.id } });
      expect(await get(change.id)).toMatchObject({ state: 'open', version: change.version });
      const { id } = made.body;
      expect((await answer(id, 'approve', 1, analyst.token)).body['code']).toBe('drift.own_proposal');
      expect((await answer(id, 'approve', 7)).status).toBe(412);
      const answers = await Promise.all([answer(id, 'approve', 1), answer(id, 'approve', 1)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await get(change.id)).toMatchObject({
        state: 'accepted',
        decision: { reason: expect.stringContaining('proposed by') },
      });
      const actions = await stage.stage.sql<{ action: string }>(
        `SELECT action FROM audit_events WHERE target_id = $1 ORDER BY action`,
        [id],
      );
      expect(actions.map(({ action }) => action)).toEqual(['drift.proposal.approved', 'drift.proposal.made']);
      change = await get(change.id);
    });

    it('does nothing of what was declined, withdrawn, expired, or seen otherwise', async () => {
      await decide(change, 'reopen');
      change = await get(change.id);
      const decision = { changeId: change.id, version: change.version, decision: 'ignore', reason: 'agreed' };
      const [declined, withdrawn, expired, stale] = [
        (await propose({ decision })).body['id'],
        (await propose({ decision })).body['id'],
        (await propose({ decision })).body['id'],
        (await propose({ decision })).body['id'],
      ];
      expect((await answer(declined, 'decline', 1)).body['status']).toBe('declined');
      expect((await answer(withdrawn, 'withdraw', 1)).body['code']).toBe('drift.not_your_proposal');
      expect((await answer(withdrawn, 'withdraw', 1, analyst.token)).body['status']).toBe('withdrawn');
      await stage.stage.sql('UPDATE drift_proposals SET expires_at = now() WHERE id = $1', [expired]);
      for (const id of [declined, withdrawn, expired])
        expect((await answer(id, 'approve', id === expired ? 1 : 2)).body['code']).toBe('drift.proposal_over');
      expect((await admin('GET', `/drift/proposals/${String(expired)}`)).body['status']).toBe('expired');
      await decide(change, 'deny');
      expect((await answer(stale, 'approve', 1)).status).toBe(412);
      expect((await admin('GET', `/drift/proposals/${String(stale)}`)).body['status']).toBe('pending');
      expect((await get(change.id)).state).toBe('denied');
    });

    it('keeps baselines with those who may approve baselines', async () => {
      const proposal = { version: 3, changeIds: [change.id], reason: 'planned' };
      expect((await stage.call(analyst.token, 'POST', '/drift/baseline-proposals', proposal)).status).toBe(403);
      const made = await admin('POST', '/drift/baseline-proposals', proposal);
      expect(made).toMatchObject({ status: 201, body: { kind: 'baseline', changeIds: [change.id] } });
      const { id } = made.body;
      expect((await answer(id, 'approve', 1, analyst.token)).body['code']).toBe('drift.proposal_not_found');
      const approver = await stage.person(1);
      await stage.given(approver.id, await stage.roleNamed('administrator'));
      const path = `/drift/baseline-proposals/${String(id)}/approve`;
      expect((await admin('POST', path, { reason: 'x' }, seen(1))).body['code']).toBe('drift.own_proposal');
      expect((await stage.call(approver.token, 'POST', path, { reason: 'fine' }, seen(1))).status).toBe(200);
      expect((await scan()).baselineVersion).toBe(4);
      expect(await get(change.id)).toMatchObject({ state: 'closed', closedByBaseline: 4 });
    });

    it('lets nobody approve alone what an older snapshot held and nobody sees any more', async () => {
      const approve = (snapshotId: string, version: number) =>
        admin('POST', '/drift/baselines', { snapshotId, reason: 'x', acceptIncomplete: true }, seen(version));
      await want(false);
      expect((await approve((await scan()).snapshotId, 4)).status).toBe(201);
      await want(true);
      const before = String(stage.stage.tenant.state.collections.conditionalAccessPolicies.get(policy(6))?.['state']);
      edit(6, { state: 'enabledForReportingButNotEnforced' });
      const { snapshotId: bad } = await scan();
      edit(6, { state: before });
      const { snapshotId: good, changes } = await scan();
      expect(changes.filter(({ resourceKey }) => resourceKey === policy(6))).toEqual([]);
      expect((await approve(bad, 5)).body['code']).toBe('drift.second_person_required');
      const { status, body } = await approve(good, 5);
      expect([status, body['version']]).toEqual([201, 6]);
    });

    afterAll(() => want(false));
  });

  it('decides nothing before it was found', async () => {
    const [early] = await stage.stage.sql<{ n: number; decided: number }>(
      `SELECT count(decided_at)::int AS decided, count(*) FILTER (WHERE decided_at < created_at)::int AS n FROM drift_changes`,
    );
    expect(early?.decided).toBeGreaterThan(3);
    expect(early?.n).toBe(0);
  });

  describe('on many changes at once', () => {
    let changes: Change[];
    const request = (body: object, key = 'key-1') =>
      admin('POST', '/drift/bulk-decisions', body, { 'idempotency-key': key });
    const work = (id: unknown, signal = new AbortController().signal) =>
      stage.stage.service.app.get(BulkDecisions).work(String(id), signal);
    const items = () => changes.map(({ id, version }) => ({ id, version }));

    beforeAll(async () => {
      const keys = [7, 8, 9, 10, 11].map((number) => rename(number, `of many ${number}`));
      const report = await scan();
      changes = await Promise.all(keys.map((key) => find(report, key)));
    });

    it('demands a key, a reason and each change once', async () => {
      const body = { decision: 'accept', reason: 'all of them', items: items() };
      expect((await admin('POST', '/drift/bulk-decisions', body)).body['code']).toBe('drift.idempotency_key_required');
      for (const wrong of [
        { ...body, items: [] },
        { ...body, items: [items()[0], items()[0]] },
        { ...body, decision: 'close' },
        { ...body, reason: undefined },
        { ...body, items: [{ id: 'x', version: 1 }] },
      ]) {
        expect((await request(wrong)).status).toBe(400);
      }
    });

    it('decides every row once though it is cut off and two instances are at it, and says what became of each', async () => {
      const [first, second] = items();
      const rows = [...items().slice(0, 4), { id: '00000000-0000-7000-8000-000000000000', version: 1 }];
      rows.push({ id: String(changes[4]?.id), version: 999 });
      const body = { decision: 'accept', reason: 'all of them', items: rows };
      const made = await request(body);
      expect(made).toMatchObject({ status: 202, body: { status: 'running', total: 6, decided: 0, refused: 0 } });
      const { id } = made.body;
      expect((await request(body)).body['id']).toBe(id);
      expect((await request({ ...body, items: [first, second] })).body['code']).toBe('drift.idempotency_key_reused');

      const cut = new AbortController();
      cut.abort(new Error('the process stops'));
      await expect(work(id, cut.signal)).rejects.toThrow('the process stops');
      await Promise.all([work(id), work(id)]);
      await work(id);
      const done = await admin('GET', `/drift/bulk-decisions/${String(id)}`);
      expect(done.body).toMatchObject({ status: 'completed', total: 6, decided: 4, refused: 2 });
      const page = await admin('GET', `/drift/bulk-decisions/${String(id)}/rows?limit=5`);
      const rest = await admin(
        'GET',
        `/drift/bulk-decisions/${String(id)}/rows?after=${String(page.body['nextAfter'])}`,
      );
      const found = [...(page.body['items'] as object[]), ...(rest.body['items'] as object[])];
      expect(found.map((row) => (row as { code: string | null }).code)).toEqual([
        null,
        null,
        null,
        null,
        'drift.change_not_found',
        'request.precondition_failed',
      ]);
      for (const change of changes.slice(0, 4))
        expect(await get(change.id)).toMatchObject({ state: 'accepted', version: change.version + 1 });
      const [record] = await stage.stage.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM audit_events WHERE action = 'drift.change.accepted' AND target_id = ANY ($1)`,
        [changes.map((change) => change.id)],
      );
      expect(record?.n).toBe(4);
      const [completed] = await stage.stage.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM audit_events WHERE action = 'drift.bulk_decision.completed' AND target_id = $1`,
        [id],
      );
      expect(completed?.n).toBe(1);
    });

    it('goes on past a row that it can not decide, tries it again, and gives it up in the end', async () => {
      const now = await Promise.all(changes.slice(0, 3).map(({ id }) => get(id)));
      const body = { decision: 'reopen', reason: 'again', items: now.map(({ id, version }) => ({ id, version })) };
      const { id } = (await request(body, 'key-2')).body;
      const broken = now[1]?.id;
      const set = 'UPDATE drift_changes SET sealed_details = $2 WHERE id = $1 RETURNING sealed_details';
      const [kept] = await stage.stage.sql<{ sealed_details: Buffer }>(
        'SELECT sealed_details FROM drift_changes WHERE id = $1',
        [broken],
      );
      await stage.stage.sql(set, [broken, Buffer.from('broken')]);
      for (let run = 1; run < MAX_ROW_ATTEMPTS; run++) await expect(work(id)).rejects.toThrow('wait for another try');
      const status = async () => (await admin('GET', `/drift/bulk-decisions/${String(id)}`)).body;
      expect(await status()).toMatchObject({ status: 'running', decided: 2, failed: 0 });
      await work(id);
      expect(await status()).toMatchObject({ status: 'completed', decided: 2, refused: 0, failed: 1 });
      const { items: rows } = (await admin('GET', `/drift/bulk-decisions/${String(id)}/rows`)).body;
      expect(rows).toMatchObject([{ code: null }, { outcome: 'failed', code: 'drift.row_failed' }, { code: null }]);
      await stage.stage.sql(set, [broken, kept?.sealed_details]);
      expect(await get(broken)).toMatchObject({ state: 'accepted', version: now[1]?.version });
    });

    it('decides nothing more for whoever lost the right to it', async () => {
      const role = await stage.role('decider', { permissions: ['drift:read', 'drift:decide'] });
      const decider = await stage.person(5);
      const given = await stage.given(decider.id, role);
      const [first] = await Promise.all(changes.slice(0, 1).map(({ id }) => get(id)));
      const body = { decision: 'deny', reason: 'no', items: [{ id: first?.id, version: first?.version }] };
      const made = await stage.call(decider.token, 'POST', '/drift/bulk-decisions', body, {
        'idempotency-key': 'key-3',
      });
      expect(made.status).toBe(202);
      expect(
        (await stage.change(stage.administrator.token, 'DELETE', `/rbac/assignments/${given}`)).status,
      ).toBeLessThan(300);
      await work(made.body['id']);
      const { items: rows } = (await admin('GET', `/drift/bulk-decisions/${String(made.body['id'])}/rows`)).body;
      expect(rows).toMatchObject([{ outcome: 'refused', code: 'drift.right_lost' }]);
      expect(await get(first?.id)).toMatchObject({ state: first?.state, version: first?.version });
    });
  });
});
