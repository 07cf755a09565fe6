import { userActor } from '../../demo/audit/actor.js';
import { GLOBAL_ADMINISTRATOR } from '../../demo/generate/role-catalogue.js';
import { createApplication, deleteApplicationObject } from '../../demo/mutations/application-mutations.js';
import { assignRole, unassignRole } from '../../demo/mutations/role-mutations.js';
import { textOf } from '../../demo/store/json.types.js';
import { DriftStage } from './drift-stage.js';

describe('what one reading says is doubted', () => {
  let stage: DriftStage;

  beforeAll(async () => {
    stage = await DriftStage.open({ seed: 5, users: 40, groups: 8, applications: 8, policies: 8 });
    await stage.scan();
    await stage.approveNewest();
  }, 120_000);
  afterAll(() => stage?.close());
  afterEach(() => stage.tenant.setFaults());

  const rows = (name: 'applications' | 'conditionalAccessPolicies' | 'roleAssignmentScheduleInstances') => [
    ...stage.tenant.state.collections[name].values(),
  ];
  const actor = () => userActor(stage.tenant.state, stage.tenant.administrator.objectId);
  async function alerts(): Promise<number> {
    const all = await Promise.all(
      (['drift.changes.detected', 'drift.changes.resolved', 'drift.scan.failed'] as const).map((type) =>
        stage.events(type),
      ),
    );
    return all.flat().length;
  }

  it('an application that one list leaves out is not gone; one that two leave out is', async () => {
    const [hidden] = rows('applications').filter((app) => app['appId'] !== stage.tenant.clientId);
    const id = textOf(hidden ?? {}, 'id');
    // A reading that goes on from the one before asks for it by its id; one that reads everything believes the list.
    const whole = () => {
      stage.tenant.state.changes.expireTokens();
      return stage.scan();
    };
    stage.tenant.setFaults({ kind: 'flap', path: '/applications', ids: [id] });
    expect((await whole()).document).toMatchObject({ complete: true, changes: [] });
    stage.tenant.setFaults();
    expect((await stage.scan()).document.changes).toEqual([]);
    stage.tenant.setFaults({ kind: 'flap', path: '/applications', ids: [id] });
    expect((await whole()).document.changes).toEqual([]);
    expect((await whole()).document.changes).toEqual([
      expect.objectContaining({ resourceType: 'application', resourceKey: id, changeType: 'removed' }),
    ]);
    // The list has it again: that too takes two readings, and it is told once.
    stage.tenant.setFaults();
    expect((await stage.scan()).report).toMatchObject({ opened: 0, closed: 0 });
    expect((await stage.scan()).report).toMatchObject({ opened: 0, closed: 1 });
  }, 120_000);

  it('a new application counts when it was read twice', async () => {
    const created = createApplication(stage.tenant.state, actor(), { displayName: 'Newcomer' });
    expect((await stage.scan()).document.changes).toEqual([]);
    const { document } = await stage.scan();
    expect(document.changes).toEqual([
      expect.objectContaining({ resourceKey: textOf(created, 'id'), changeType: 'added' }),
    ]);
    deleteApplicationObject(stage.tenant.state, actor(), 'applications', textOf(created, 'id'));
    await stage.scan();
    expect((await stage.scan()).document.changes).toEqual([]);
  }, 120_000);

  it('a policy that one list leaves out is asked for again at once, and nobody hears of it', async () => {
    const before = await alerts();
    for (const policy of rows('conditionalAccessPolicies')
      .filter(({ state }) => state === 'enabled')
      .slice(0, 2)) {
      stage.tenant.setFaults({
        kind: 'flap',
        path: '/identity/conditionalAccess/policies',
        ids: [textOf(policy, 'id')],
        times: 1,
      });
      const { document } = await stage.scan();
      expect(document.changes).toEqual([]);
      expect(document.controls.filter((one) => one.before !== one.after)).toEqual([]);
    }
    expect(await alerts()).toBe(before);
  }, 120_000);

  it('a Global Administrator who is listed but not there is nobody; one who is there is told at once', async () => {
    const { state, cast } = stage.tenant;
    const principalId = cast.memberIds.find(
      (id) => !JSON.stringify(rows('roleAssignmentScheduleInstances')).includes(id),
    );
    const row = assignRole(state, actor(), { principalId: principalId ?? '', roleDefinitionId: GLOBAL_ADMINISTRATOR });
    unassignRole(state, actor(), textOf(row, 'id'));
    const before = await alerts();
    stage.tenant.setFaults({
      kind: 'flap',
      path: '/roleManagement/directory/roleAssignmentScheduleInstances',
      rows: [row],
      times: 1,
    });
    expect((await stage.scan()).document.changes).toEqual([]);
    expect((await stage.scan()).document.changes).toEqual([]);
    expect(await alerts()).toBe(before);
    const held = assignRole(state, actor(), { principalId: principalId ?? '', roleDefinitionId: GLOBAL_ADMINISTRATOR });
    expect((await stage.scan()).document.changes).toEqual([
      expect.objectContaining({ resourceType: 'roleAssignment', changeType: 'added', severity: 'critical' }),
    ]);
    unassignRole(state, actor(), textOf(held, 'id'));
    await stage.scan();
    expect((await stage.scan()).document.changes).toEqual([]);
  }, 120_000);

  it('a grave change of a policy that cannot be asked for again is told all the same', async () => {
    const [policy] = rows('conditionalAccessPolicies').filter(({ state }) => state === 'enabled');
    const id = textOf(policy ?? {}, 'id');
    const { conditionalAccessPolicies } = stage.tenant.state.collections;
    conditionalAccessPolicies.set({ ...policy, id, state: 'disabled' });
    stage.tenant.setFaults({ kind: 'status', status: 403, path: '/identity/conditionalAccess/policies', after: 1 });
    const { document } = await stage.scan();
    expect(document.changes).toContainEqual(expect.objectContaining({ resourceKey: id, path: '/state' }));
    expect(document).toMatchObject({ complete: true });
    stage.tenant.setFaults();
    conditionalAccessPolicies.set({ ...policy, id });
    expect((await stage.scan()).document.changes).toEqual([]);
  }, 120_000);

  it('what was not read says since when, and is neither gone nor the same', async () => {
    stage.tenant.setFaults({ kind: 'status', status: 403, path: '/applications' });
    const { document, report } = await stage.scan();
    expect(document).toMatchObject({ complete: false, changes: [] });
    expect(document.incomplete).toEqual([
      expect.objectContaining({ resourceType: 'application', since: expect.stringMatching(/^\d{4}-/) }),
      expect.objectContaining({ resourceType: 'groupEligibility' }),
      expect.objectContaining({ resourceType: 'group' }),
      expect.objectContaining({ resourceType: 'user' }),
    ]);
    const since = document.incomplete[0]?.since;
    expect(Date.parse(since ?? '')).toBeLessThanOrEqual(report.createdAt.getTime());
    // The next scan that fails says the same time.
    expect((await stage.scan()).document.incomplete[0]?.since).toBe(since);
    stage.tenant.setFaults();
    expect((await stage.scan()).document).toMatchObject({ complete: true, incomplete: [] });
  }, 120_000);
});
