import { userActor } from '../../demo/audit/actor.js';
import { createApplication } from '../../demo/mutations/application-mutations.js';
import { updateConditionalAccessObject } from '../../demo/mutations/conditional-access-mutations.js';
import { assignAppRole } from '../../demo/mutations/grant-mutations.js';
import { isJsonObject, textOf } from '../../demo/store/json.types.js';
import { DriftScanJob } from '../../src/drift/drift-scan.job.js';
import { RemediationJob } from '../../src/drift/remediation/remediation.job.js';
import { EXECUTION_LIMITS } from '../../src/drift/remediation/remediation-run.service.js';
import { LOOKS } from '../../src/drift/remediation/tenant-state.service.js';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import type { Answer } from '../auth/auth-stage.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';
import { environmentOf, spawnService } from '../support/service-process.js';

Object.assign(GRAPH_CLIENT_DEFAULTS, { conditionalAccessSpacingMs: 0, backoffMs: 10, throttleBackoffMs: 10 });
LOOKS.pausesMs = [0, 50];

const GRAPH = '00000003-0000-0000-c000-000000000000';
const PERMISSION = 'Policy.ReadWrite.ConditionalAccess';
const POLICIES = '/identity/conditionalAccess/policies';

interface Execution {
  id: string;
  status: string;
  outcome: string | null;
  version: number;
  steps: { number: number; status: string; httpStatus: number | null; detail: string | null }[];
  outcomes: { changeId: string; outcome: string | null }[];
  requests: { method: string; path: string; body: unknown }[];
  notes: { text: string }[];
}
interface Change {
  id: string;
  path: string;
  resourceKey: string;
  state: string;
  closeReason: string | null;
  closedByRemediation: string | null;
}

describe('plans that the service executes', () => {
  let stage: RbacStage;
  let first: Person;
  let second: Person;
  let reader: Person;
  let tenantId: string;
  let policies: string[];
  let used = 0;

  const tenant = () => stage.stage.tenant;
  const of = (answer: Answer) => answer.body as unknown as Execution;
  const seen = ({ version }: { version: number }) => ({ 'if-match': `"${version}"` });

  beforeAll(async () => {
    stage = await RbacStage.start({}, { policies: 30 });
    policies = [...tenant().state.collections.conditionalAccessPolicies.values()]
      .filter(({ state }) => state === 'enabled')
      .map(({ id }) => String(id));
    const remediator = await stage.role('remediator', { permissions: ['drift:read', 'drift:remediate'] });
    [first, second, reader] = await Promise.all([stage.person(0), stage.person(1), stage.person(2)]);
    await stage.given(first.id, remediator);
    await stage.given(second.id, remediator);
    await stage.given(reader.id, await stage.roleNamed('viewer'));
    const { body } = await stage.admin('GET', '/tenants');
    tenantId = String((body['items'] as { id: string }[])[0]?.id);
    const { snapshotId } = await scan();
    const based = await stage.admin('POST', '/drift/baselines', { snapshotId, reason: 'x', acceptIncomplete: true });
    expect(based.status).toBe(201);
  }, 180_000);
  afterAll(() => stage?.close());
  beforeEach(async () => {
    tenant().setFaults();
    await allow(true);
  });

  async function allow(remediationEnabled: boolean): Promise<void> {
    const answer = await stage.change(stage.administrator.token, 'PATCH', `/tenants/${tenantId}`, {
      remediationEnabled,
    });
    expect(answer).toMatchObject({ status: 200, body: { remediationEnabled } });
  }

  function graphRows(permission: string) {
    const { servicePrincipals, appRoleAssignments } = tenant().state.collections;
    const [graph] = servicePrincipals.where('appId', GRAPH);
    const [own] = servicePrincipals.where('appId', tenant().clientId);
    const roles = Array.isArray(graph?.['appRoles']) ? graph['appRoles'].filter(isJsonObject) : [];
    const role = roles.find((one) => one['value'] === permission);
    const held = appRoleAssignments
      .where('principalId', textOf(own ?? {}, 'id'))
      .filter((row) => row['appRoleId'] === role?.['id']);
    return { graph: graph ?? {}, own: own ?? {}, role: role ?? {}, held };
  }

  function grant(permission = PERMISSION): void {
    const { graph, own, role, held } = graphRows(permission);
    if (held.length > 0) return;
    const { state, administrator } = tenant();
    const ids = { principalId: textOf(own, 'id'), resourceId: textOf(graph, 'id'), appRoleId: textOf(role, 'id') };
    assignAppRole(state, userActor(state, administrator.objectId), ids);
  }

  async function scan(): Promise<{ id: string; snapshotId: string; changes: Change[] }> {
    const job = stage.stage.service.app.get(DriftScanJob);
    const { body: queued } = await stage.admin('POST', '/drift/scans', {});
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const { body } = await stage.admin('GET', `/drift/scans/${String(queued['id'])}`);
      if (body['status'] === 'completed')
        return (await stage.admin('GET', `/drift/reports/${String(body['reportId'])}`)).body as never;
    }
    throw new Error('the scan does not end');
  }

  function edit(id: string, patch: Record<string, string>): void {
    const { state, administrator } = tenant();
    const editor = userActor(state, administrator.objectId);
    updateConditionalAccessObject(state, editor, 'conditionalAccessPolicies', id, patch);
  }

  const stateOf = (id: string) => tenant().state.collections.conditionalAccessPolicies.get(id)?.['state'];
  const change = async (id: string) => (await stage.admin('GET', `/drift/changes/${id}`)).body as unknown as Change;
  const read = async (id: string) => of(await stage.admin('GET', `/drift/remediations/${id}`));

  /** A policy of its own that was disabled, as a scan found it. */
  async function drifted(count = 1): Promise<{ policies: string[]; changeIds: string[] }> {
    const own = policies.slice(used, used + count);
    used += count;
    for (const id of own) edit(id, { state: 'disabled' });
    const { changes } = await scan();
    const changeIds = own.map(
      (key) => changes.find((one) => one.resourceKey === key && one.path === '/state')?.id ?? '',
    );
    return { policies: own, changeIds };
  }

  const request = (person: Person, changeIds: string[], more: object = {}) =>
    stage.call(person.token, 'POST', '/drift/remediations', { changeIds, reason: 'restore it', ...more });
  const approve = (person: Person, execution: Execution) =>
    stage.call(
      person.token,
      'POST',
      `/drift/remediations/${execution.id}/approve`,
      { reason: 'agreed' },
      seen(execution),
    );

  async function approved(changeIds: string[]): Promise<Execution> {
    const asked = await request(first, changeIds);
    expect(asked).toMatchObject({ status: 201, body: { status: 'proposed' } });
    const answer = await approve(second, of(asked));
    expect(answer).toMatchObject({ status: 200, body: { status: 'approved' } });
    return of(answer);
  }

  async function ran({ id }: Execution): Promise<Execution> {
    const job = stage.stage.service.app.get(RemediationJob);
    for (let round = 0; round < 20; round++) {
      await job.tick();
      await job.settled();
      const now = await read(id);
      if (!['approved', 'running'].includes(now.status)) return now;
    }
    throw new Error('the execution does not end');
  }

  const audited = async (id: string) =>
    (
      await stage.stage.sql<{ action: string }>(
        `SELECT action FROM audit_events WHERE target_id = $1 AND action LIKE 'drift.remediation.%' ORDER BY occurred_at, id`,
        [id],
      )
    ).map(({ action }) => action.replace('drift.remediation.', ''));

  it('names the permission that is missing and sends nothing; what Graph refuses all the same is named too', async () => {
    const { changeIds } = await drifted();
    const without = await ran(await approved(changeIds));
    expect(without).toMatchObject({ status: 'failed', steps: [], outcome: expect.stringContaining(PERMISSION) });
    grant();
    tenant().setFaults({ kind: 'status', status: 403, path: `${POLICIES}/*`, method: 'PATCH' });
    const refused = await ran(await approved(changeIds));
    expect(refused).toMatchObject({
      status: 'failed',
      steps: [{ number: 1, status: 'refused', httpStatus: 403, detail: expect.stringContaining(PERMISSION) }],
    });
  });

  it('restores the baseline when one person asked and another approved, and the next scan says that it was us', async () => {
    const { policies: own, changeIds } = await drifted(2);
    const execution = await ran(await approved(changeIds));
    expect(execution).toMatchObject({ status: 'succeeded', outcome: '2 of 2 changes have the value of the baseline.' });
    expect(execution.steps.map(({ number, status }) => [number, status])).toEqual([
      [1, 'done'],
      [2, 'done'],
    ]);
    expect(execution.outcomes.map(({ outcome }) => outcome)).toEqual(['restored', 'restored']);
    expect(own.map(stateOf)).toEqual(['enabled', 'enabled']);
    const once = ['request_intended', 'request_answered'];
    expect(await audited(execution.id)).toEqual(['requested', 'approved', 'started', ...once, ...once, 'finished']);
    await scan();
    for (const id of changeIds)
      expect(await change(id)).toMatchObject({
        state: 'closed',
        closeReason: 'reverted',
        closedByRemediation: execution.id,
      });
    // What somebody else brings back isn't ours.
    const other = await drifted();
    edit(other.policies[0] ?? '', { state: 'enabled' });
    await scan();
    expect(await change(other.changeIds[0] ?? '')).toMatchObject({ state: 'closed', closedByRemediation: null });
  });

  it('takes no credit for what drifted again after it and was brought back by others', async () => {
    const { policies: own, changeIds } = await drifted();
    const execution = await ran(await approved(changeIds));
    expect(execution.status).toBe('succeeded');
    edit(own[0] ?? '', { state: 'disabled' });
    await scan();
    expect((await change(changeIds[0] ?? '')).state).toBe('open');
    edit(own[0] ?? '', { state: 'enabled' });
    await scan();
    expect(await change(changeIds[0] ?? '')).toMatchObject({ closeReason: 'reverted', closedByRemediation: null });
  });

  it('is refused where the setting is off: to ask, to approve, and to run', async () => {
    const { policies: own, changeIds } = await drifted();
    await allow(false);
    expect(said(await request(first, changeIds))).toEqual([409, 'drift.remediation_off']);
    await allow(true);
    const asked = of(await request(first, changeIds));
    await allow(false);
    expect(said(await approve(second, asked))).toEqual([409, 'drift.remediation_off']);
    await allow(true);
    const agreed = of(await approve(second, asked));
    await allow(false);
    expect(await ran(agreed)).toMatchObject({
      status: 'failed',
      steps: [],
      outcome: expect.stringContaining('settings'),
    });
    expect(stateOf(own[0] ?? '')).toBe('disabled');
  });

  it('needs two people who may: not the requester, no reader, no program, and nobody who lost it since', async () => {
    const { policies: own, changeIds } = await drifted();
    expect((await request(reader, changeIds)).status).toBe(403);
    const asked = of(await request(first, changeIds));
    expect(said(await approve(first, asked))).toEqual([403, 'drift.own_remediation']);
    expect((await approve(reader, asked)).status).toBe(403);
    await expect(
      stage.stage.sql(
        `UPDATE drift_remediations SET status = 'approved', decided_by = requested_by, decided_by_id = requested_by_id,
                decided_at = now() WHERE id = $1`,
        [asked.id],
      ),
    ).rejects.toThrow('ck_drift_remediations_two_people');
    const late = await stage.person(3);
    const assignment = await stage.given(late.id, await stage.roleNamed('remediator'));
    const agreed = of(await approve(late, asked));
    expect(said(await approve(second, agreed))).toEqual([409, 'drift.remediation_over']);
    const gone = await stage.change(stage.administrator.token, 'DELETE', `/rbac/assignments/${assignment}`);
    expect(gone.status).toBe(204);
    expect(await ran(agreed)).toMatchObject({
      status: 'failed',
      steps: [],
      outcome: expect.stringContaining('may not execute plans'),
    });
    expect(stateOf(own[0] ?? '')).toBe('disabled');
  });

  it('holds on the scope of the tenant', async () => {
    const { changeIds } = await drifted();
    const [here, elsewhere] = [await stage.person(4), await stage.person(5)];
    await stage.given(here.id, await stage.roleNamed('remediator'), { scope: `/tenants/${tenantId}` });
    await stage.given(elsewhere.id, await stage.roleNamed('remediator'), {
      scope: '/tenants/0198f000-0000-7000-8000-000000000000',
    });
    const asked = of(await request(here, changeIds));
    expect(asked.status).toBe('proposed');
    const as = (person: Person, path: string) => stage.call(person.token, 'GET', path);
    expect((await as(here, `/drift/remediations/${asked.id}`)).status).toBe(200);
    expect((await as(elsewhere, `/drift/remediations/${asked.id}`)).status).toBe(404);
    expect((await as(elsewhere, '/drift/remediations')).body['items']).toEqual([]);
    expect((await as(here, '/drift/remediations')).body['items']).not.toEqual([]);
    expect(said(await request(elsewhere, changeIds))).toEqual([404, 'drift.change_not_found']);
    expect(said(await approve(elsewhere, asked))).toEqual([404, 'drift.remediation_not_found']);
    const path = `/drift/remediations/${asked.id}/decline`;
    expect((await stage.call(here.token, 'POST', path, { reason: 'no' }, seen(asked))).body['status']).toBe('declined');
    expect(said(await approve(second, asked))).toEqual([409, 'drift.remediation_over']);
  });

  it('sends nothing where the object, a decision or the baseline moved meanwhile', async () => {
    const { policies: own, changeIds } = await drifted(2);
    const moved = await approved([changeIds[0] ?? '']);
    edit(own[0] ?? '', { displayName: 'Renamed meanwhile' });
    expect(await ran(moved)).toMatchObject({
      status: 'superseded',
      steps: [],
      outcome: expect.stringContaining('has changed since'),
    });
    expect(stateOf(own[0] ?? '')).toBe('disabled');
    const settled = await approved([changeIds[1] ?? '']);
    const { body } = await stage.admin('GET', `/drift/changes/${changeIds[1]}`);
    const accepted = await stage.admin(
      'POST',
      `/drift/changes/${changeIds[1]}/accept`,
      { reason: 'fine' },
      seen(body as never),
    );
    expect(accepted.status).toBe(200);
    expect(await ran(settled)).toMatchObject({ status: 'superseded', steps: [] });
    expect(said(await request(first, [changeIds[1] ?? '']))).toEqual([409, 'drift.remediation_settled']);
    expect(stateOf(own[1] ?? '')).toBe('disabled');
  });

  it('waits where Graph throttles, and looks again before it sends again', async () => {
    const { policies: own, changeIds } = await drifted(2);
    tenant().setFaults({ kind: 'throttle', retryAfterSeconds: 0, path: `${POLICIES}/*`, method: 'PATCH', times: 2 });
    expect(await ran(await approved([changeIds[0] ?? '']))).toMatchObject({ status: 'succeeded' });
    const execution = await approved([changeIds[1] ?? '']);
    tenant().setFaults({ kind: 'throttle', retryAfterSeconds: 2, path: `${POLICIES}/*`, method: 'PATCH', times: 1 });
    const job = stage.stage.service.app.get(RemediationJob);
    await job.tick();
    while ((await read(execution.id)).steps.length === 0) await new Promise((next) => setTimeout(next, 20));
    edit(own[1] ?? '', { displayName: 'Renamed while it waited' });
    await job.settled();
    expect(await read(execution.id)).toMatchObject({ status: 'superseded', steps: [{ status: 'refused' }] });
    expect(stateOf(own[1] ?? '')).toBe('disabled');
  });

  it('says what is true where the answer was lost, and never sends it again', async () => {
    const { policies: own, changeIds } = await drifted(2);
    // The tenant does it and the connection breaks before the answer.
    tenant().setFaults({ kind: 'cut', path: `${POLICIES}/*`, method: 'PATCH', times: 1 });
    const lost = await ran(await approved([changeIds[0] ?? '']));
    expect(lost.steps).toMatchObject([{ number: 1 }]);
    expect(lost).toMatchObject({ status: 'succeeded', outcomes: [{ outcome: 'restored' }] });
    expect(stateOf(own[0] ?? '')).toBe('enabled');
    tenant().setFaults({ kind: 'close', path: `${POLICIES}/*`, method: 'PATCH', times: 1 });
    const failed = await ran(await approved([changeIds[1] ?? '']));
    expect(failed).toMatchObject({
      status: 'failed',
      steps: [{ number: 1, status: 'unknown' }],
      outcomes: [{ outcome: 'standing' }],
    });
    expect(stateOf(own[1] ?? '')).toBe('disabled');
  });

  it('after a kill in the middle reads what is, says it, and sends nothing twice', async () => {
    const { policies: own, changeIds } = await drifted(2);
    const execution = await approved(changeIds);
    tenant().setFaults({ kind: 'hang', path: `${POLICIES}/*`, method: 'PATCH', after: 1 });
    const child = await spawnService({
      ...environmentOf(tenant()),
      DATABASE_URL: stage.stage.service.databaseUrl,
      NODE_ENV: 'test',
      PROCESS_ROLE: 'worker',
    });
    const intended = async () =>
      stage.stage.sql<{ status: string }>(
        'SELECT status FROM drift_remediation_steps WHERE remediation_id = $1 ORDER BY number',
        [execution.id],
      );
    while ((await intended()).length < 2) await new Promise((next) => setTimeout(next, 50));
    await child.kill('SIGKILL');
    expect((await intended()).map(({ status }) => status)).toEqual(['done', 'intended']);
    tenant().setFaults();
    await stage.stage.sql(`UPDATE job_slots SET lease_until = now() - interval '1 second'
                            WHERE job = 'drift.remediate' AND status = 'running'`);
    const ended = await ran(execution);
    expect(ended).toMatchObject({
      status: 'failed',
      outcome: expect.stringContaining('1 of 2 changes have the value of the baseline'),
      steps: [{ status: 'done' }, { status: 'unknown' }],
    });
    expect(own.map(stateOf).sort()).toEqual(['disabled', 'enabled']);
  }, 200_000);

  it('expires after a day, and what the plan cannot do or touches beside is said', async () => {
    const { changeIds } = await drifted();
    const asked = of(await request(first, changeIds));
    await stage.stage.sql('UPDATE drift_remediations SET expires_at = now() WHERE id = $1', [asked.id]);
    expect(said(await approve(second, asked))).toEqual([409, 'drift.remediation_over']);
    await stage.stage.service.app.get(RemediationJob).tick();
    expect(await read(asked.id)).toMatchObject({ status: 'expired' });
    const plans = await stage.audited('drift.plan.read');
    expect(plans.length).toBeGreaterThan(0);
    expect((await stage.call(reader.token, 'GET', `/drift/changes/${changeIds[0]}/remediation`)).status).toBe(200);
    expect((await stage.audited('drift.plan.read')).map((one) => one.actor_id)).toContain(reader.id);
  });

  it('begins nothing after its day, even where it was taken in time and its run stopped', async () => {
    grant();
    const { policies: own, changeIds } = await drifted();
    const agreed = await approved(changeIds);
    await stage.stage.sql(
      `UPDATE drift_remediations SET status = 'running', started_at = now(), expires_at = now() WHERE id = $1`,
      [agreed.id],
    );
    expect(await ran(agreed)).toMatchObject({ status: 'expired', steps: [] });
    expect(stateOf(own[0] ?? '')).toBe('disabled');
  });

  it('has only so much time, after which nothing more is sent', async () => {
    grant();
    const { policies: own, changeIds } = await drifted();
    const agreed = await approved(changeIds);
    const { sendingMs } = EXECUTION_LIMITS;
    EXECUTION_LIMITS.sendingMs = 0;
    const ended = await ran(agreed).finally(() => Object.assign(EXECUTION_LIMITS, { sendingMs }));
    expect(ended).toMatchObject({ status: 'failed', steps: [], outcome: expect.stringContaining('took longer') });
    expect(stateOf(own[0] ?? '')).toBe('disabled');
  });

  it('is approved as it is when its turn comes, not as it was before the wait for it', async () => {
    const { changeIds } = await drifted();
    const asked = of(await request(first, changeIds));
    const sql = stage.stage.sql;
    const held = sql('SELECT pg_sleep(4) FROM (SELECT 1 FROM tenants WHERE id = $1 FOR NO KEY UPDATE) AS t', [
      tenantId,
    ]);
    const waits = async () =>
      (
        await sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'
                     AND datname = current_database()`)
      ).length > 0;
    await new Promise((later) => setTimeout(later, 200));
    const answer = approve(second, asked);
    while (!(await waits())) await new Promise((later) => setTimeout(later, 20));
    await sql('UPDATE drift_remediations SET version = version + 1, baseline_version = 0 WHERE id = $1', [asked.id]);
    expect(said(await answer)).toEqual([412, 'request.precondition_failed']);
    await held;
    expect(await read(asked.id)).toMatchObject({ status: 'proposed' });
  });

  it('executes nothing that is left for people, and what touches more only where that is accepted', async () => {
    const { state, administrator } = tenant();
    const [rule] = [...state.roleManagementRules.keys()];
    state.roleManagementRules.delete(String(rule));
    const made = createApplication(state, userActor(state, administrator.objectId), { displayName: 'Planted' });
    await scan();
    // An application came when it was read twice.
    const { changes } = await scan();
    const byHand = changes.find(({ resourceKey }) => resourceKey.startsWith(String(rule)))?.id ?? '';
    const planted = changes.find(({ resourceKey }) => resourceKey === textOf(made, 'id'))?.id ?? '';
    expect(said(await request(first, [byHand]))).toEqual([409, 'drift.remediation_by_hand']);
    expect(said(await request(first, [byHand, planted]))).toEqual([409, 'drift.remediation_by_hand']);
    const refused = await request(first, [planted]);
    expect(said(refused)).toEqual([409, 'drift.remediation_touches_more']);
    expect(String(refused.body['detail'])).toContain('It can be restored for 30 days');
    grant('Application.ReadWrite.All');
    const asked = await request(first, [planted], { acceptNotes: true });
    expect(asked.status).toBe(201);
    const execution = await ran(of(await approve(second, of(asked))));
    expect(execution).toMatchObject({ status: 'succeeded', steps: [{ status: 'done' }] });
    expect(state.collections.applications.has(textOf(made, 'id'))).toBe(false);
    await scan();
    await scan();
    expect(await change(planted)).toMatchObject({ closeReason: 'reverted', closedByRemediation: execution.id });
  }, 120_000);

  it('no request is ever sent without two people and the setting, whatever order things come in', async () => {
    grant();
    const { changeIds } = await drifted(3);
    const people = [first, second, reader, stage.administrator];
    const requesters = new Map<string, string>();
    const approvers = new Map<string, string>();
    const job = stage.stage.service.app.get(RemediationJob);
    let isOn = true;
    let seed = 7;
    const draw = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const sent = async () =>
      stage.stage.sql<{ id: string; count: number }>(
        `SELECT remediation_id AS id, count(*)::int AS count FROM drift_remediation_steps
          WHERE remediation_id = ANY ($1::uuid[]) GROUP BY remediation_id ORDER BY remediation_id`,
        [[...requesters.keys()]],
      );
    let before: unknown[] = [];
    for (let move = 0; move < 60; move++) {
      const person = people[draw(people.length)] ?? first;
      const id = [...requesters.keys()][draw(Math.max(1, requesters.size))];
      const kind = draw(8);
      if (kind < 2) {
        const answer = await request(person, [changeIds[draw(3)] ?? '']);
        if (answer.status === 201) requesters.set(of(answer).id, person.id);
      } else if (kind < 5 && id !== undefined) {
        const answer = await approve(person, await read(id));
        if (answer.status === 200) approvers.set(id, person.id);
      } else if (kind === 5) {
        isOn = !isOn;
        await allow(isOn);
      } else if (kind > 5) {
        await job.tick();
        await job.settled();
        const now = await sent();
        if (!isOn) expect(now).toEqual(before);
        for (const one of now) {
          expect(approvers.get(one.id)).toBeDefined();
          expect(approvers.get(one.id)).not.toBe(requesters.get(one.id));
          expect([requesters.get(one.id), approvers.get(one.id)]).not.toContain(reader.id);
        }
        before = now;
      }
    }
    expect(before.length).toBeGreaterThan(0);
  }, 200_000);
});
