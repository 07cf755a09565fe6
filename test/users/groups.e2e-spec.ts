import { setTimeout as sleep } from 'node:timers/promises';
import { DEAD_WITHIN_MS } from '../../src/database/change-feed.service.js';
import { GROUP_SYNC_JOB, GroupSyncJob } from '../../src/users/groups/group-sync.job.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';

describe('a group of Entra ID', () => {
  let stage: RbacStage;
  let person: Person;
  let objectId: string;
  let personObjectId: string;
  let tenant: string;
  let group: string;
  beforeAll(async () => {
    stage = await RbacStage.start();
    person = await stage.person(0);
    personObjectId = stage.stage.person(0).objectId;
    const { groups } = stage.stage.tenant.state.collections;
    objectId = String([...groups.values()][0]?.['id']);
    setMembers([]);
    tenant = String((await stage.admin('GET', `/users/${person.id}`)).body['tenantId']);
  });
  afterAll(() => stage.close());
  afterEach(() => stage.stage.tenant.setFaults());

  const setMembers = (ids: string[], of = objectId) => void stage.stage.tenant.state.groupMembers.set(of, ids);
  const may = async () => (await stage.call(person.token, 'GET', '/groups')).status === 200;
  const run = async () => {
    await stage.stage.sql('DELETE FROM job_slots WHERE job = $1', [GROUP_SYNC_JOB]);
    const job = stage.stage.service.app.get(GroupSyncJob);
    await job.tick();
    await job.settled();
    // Decisions follow within this.
    await sleep(DEAD_WITHIN_MS);
    const [slot] = await stage.stage.sql<{ status: string }>('SELECT status FROM job_slots WHERE job = $1', [
      GROUP_SYNC_JOB,
    ]);
    return slot?.status;
  };

  it('is chosen once, and gives its members what is assigned to it', async () => {
    setMembers([personObjectId]);
    const chosen = await stage.admin('POST', '/groups', { tenant, objectId });
    expect([chosen.status, chosen.body['memberCount']]).toEqual([201, 1]);
    group = String(chosen.body['id']);
    expect(said(await stage.admin('POST', '/groups', { tenant, objectId }))).toEqual([
      409,
      'users.group_already_chosen',
    ]);
    await stage.given(group, await stage.role('group-reading', { permissions: ['groups:read'] }));
    expect(await may()).toBe(true);
    expect((await stage.admin('GET', `/groups/${group}/members`)).body['items']).toMatchObject([{ userId: person.id }]);
    expect(said(await stage.admin('DELETE', `/groups/${group}`))).toEqual([409, 'users.group_in_use']);
  });

  it('follows whoever leaves there and comes back by a group in it', async () => {
    setMembers([]);
    expect(await run()).toBe('completed');
    expect(await may()).toBe(false);
    const inner = String([...stage.stage.tenant.state.collections.groups.values()][1]?.['id']);
    setMembers([personObjectId], inner);
    setMembers([inner]);
    expect((await stage.admin('POST', `/groups/${group}/sync`)).body).toMatchObject({ memberCount: 1 });
    expect(await may()).toBe(true);
    expect(await stage.audited('users.group.synced')).toHaveLength(2);
  });

  it('changes nobody when it cannot be read to its end', async () => {
    stage.stage.tenant.setFaults({ kind: 'status', path: `/groups/${objectId}/transitiveMembers*`, status: 403 });
    setMembers([]);
    expect(await run()).toBe('failed');
    expect(await may()).toBe(true);
    expect((await stage.admin('GET', `/groups/${group}`)).body['syncFailure']).toEqual(expect.stringContaining('403'));
    expect(said(await stage.admin('POST', `/groups/${group}/sync`))).toEqual([502, 'users.group_unreadable']);
  });

  it('has nobody in it once Entra ID does not know it for the second time', async () => {
    setMembers([personObjectId]);
    await run();
    stage.stage.tenant.state.collections.groups.delete(objectId);
    await run();
    expect(await may()).toBe(true);
    await run();
    expect(await may()).toBe(false);
  });
});
