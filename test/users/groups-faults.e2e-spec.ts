import { setTimeout as sleep } from 'node:timers/promises';
import { GRAPH_CLIENT_DEFAULTS } from '../../src/entra/graph-client-options.js';
import { GROUP_SYNC_JOB, GroupSyncJob } from '../../src/users/groups/group-sync.job.js';
import { RbacStage, said } from '../rbac/rbac-stage.js';

/** Longer than another sync takes. */
const SLOW_MS = 3000;

// A failure is tried again as often as ever, but at once: the tenant is on this machine. Graph's own Retry-After is heeded.
Object.assign(GRAPH_CLIENT_DEFAULTS, { backoffMs: 10 });

describe('a group whose members Graph does not tell plainly', () => {
  let stage: RbacStage;
  let tenant: string;
  /** Those that nobody has chosen. */
  let objectIds: string[];
  const held: { id: string; objectId: string }[] = [];
  let [first, second, third]: string[] = [];
  beforeAll(async () => {
    stage = await RbacStage.start();
    [first, second, third] = [0, 1, 2].map((number) => stage.stage.person(number).objectId);
    tenant = String((await stage.admin('GET', '/users/me')).body['tenantId']);
    objectIds = [...stage.stage.tenant.state.collections.groups.values()].map((group) => String(group['id']));
  }, 60_000);
  afterAll(() => stage.close());
  afterEach(async () => {
    stage.stage.tenant.setFaults();
    for (const { id, objectId } of held.splice(0)) {
      expect((await stage.admin('DELETE', `/groups/${id}`)).status).toBe(204);
      objectIds.unshift(objectId);
    }
  });

  const setMembers = (objectId: string, ...ids: (string | undefined)[]) =>
    void stage.stage.tenant.state.groupMembers.set(
      objectId,
      ids.map((id) => String(id)),
    );
  const membersPath = (objectId: string) => `/groups/${objectId}/transitiveMembers*`;
  /** A group with one member, until the test is over. */
  const chosen = async () => {
    const objectId = String(objectIds.pop());
    setMembers(objectId, first);
    const { status, body } = await stage.admin('POST', '/groups', { tenant, objectId });
    expect(status).toBe(201);
    const group = { id: String(body['id']), objectId };
    held.push(group);
    return group;
  };
  const sync = (id: string) => stage.admin('POST', `/groups/${id}/sync`);
  const failureOf = async (id: string) => (await stage.admin('GET', `/groups/${id}`)).body['syncFailure'];
  const membersOf = async (id: string) =>
    ((await stage.admin('GET', `/groups/${id}/members`)).body['items'] as { objectId: string }[])
      .map(({ objectId }) => objectId)
      .sort();
  const only = (...ids: (string | undefined)[]) => ids.map((id) => String(id)).sort();
  const isUsedUp = async () => {
    while (stage.stage.tenant.faults.list().some(({ kind, left }) => kind === 'throttle' && left !== 0))
      await sleep(10);
  };

  it('waits as long as Graph asks, and then takes over who is in it', async () => {
    const { id, objectId } = await chosen();
    setMembers(objectId, second, third);
    stage.stage.tenant.setFaults({ kind: 'throttle', path: membersPath(objectId), retryAfterSeconds: 1, times: 2 });
    expect((await sync(id)).status).toBe(200);
    expect(await membersOf(id)).toEqual(only(second, third));
  });

  it('changes nobody when Graph asks for more patience than there is, and asks for no other group then', async () => {
    const groups = [await chosen(), await chosen()];
    for (const { objectId } of groups) {
      setMembers(objectId, second);
      stage.stage.tenant.setFaults({ kind: 'throttle', path: membersPath(objectId), retryAfterSeconds: 3600 });
    }
    await stage.stage.sql('DELETE FROM job_slots WHERE job = $1', [GROUP_SYNC_JOB]);
    const job = stage.stage.service.app.get(GroupSyncJob);
    await job.tick();
    await job.settled();
    expect(await stage.stage.sql('SELECT status FROM job_slots WHERE job = $1', [GROUP_SYNC_JOB])).toEqual([
      { status: 'failed' },
    ]);
    const failures = await Promise.all(groups.map(({ id }) => failureOf(id)));
    expect(failures.filter((failure) => failure !== null)).toEqual([expect.stringContaining('429')]);
    for (const { id } of groups) expect(await membersOf(id)).toEqual(only(first));
  });

  it.each([
    ['is cut in half', { kind: 'truncate' as const }],
    ['breaks off', { kind: 'cut' as const }],
    ['goes on at another host', { kind: 'foreignNextLink' as const }],
    ['goes on in a circle', { kind: 'loopNextLink' as const }],
    ['has no list', { kind: 'body' as const, body: '{"value":null}' }],
  ])('changes nobody when the answer %s, and everybody once it does not', async (_what, fault) => {
    const { id, objectId } = await chosen();
    setMembers(objectId, second, third);
    stage.stage.tenant.setFaults({ ...fault, path: membersPath(objectId) });
    expect(said(await sync(id))).toEqual([502, 'users.group_unreadable']);
    expect(await membersOf(id)).toEqual(only(first));
    expect(await failureOf(id)).toEqual(expect.any(String));
    stage.stage.tenant.setFaults();
    expect((await sync(id)).body).toMatchObject({ memberCount: 2, syncFailure: null });
    expect(await membersOf(id)).toEqual(only(second, third));
  });

  it('keeps what a later question was answered when an earlier answer comes last', async () => {
    const { id, objectId } = await chosen();
    setMembers(objectId, first, second);
    stage.stage.tenant.setFaults({ kind: 'slow', path: membersPath(objectId), delayMs: SLOW_MS, times: 1 });
    const overtaken = sync(id);
    while (stage.stage.tenant.faults.list().some(({ left }) => left !== 0)) await sleep(10);
    setMembers(objectId, third);
    expect((await sync(id)).status).toBe(200);
    expect(await membersOf(id)).toEqual(only(third));
    expect((await overtaken).status).toBe(200);
    expect(await membersOf(id)).toEqual(only(third));
  });

  it('does not say that it cannot be read when that was said before a later answer', async () => {
    const { id, objectId } = await chosen();
    setMembers(objectId, second);
    const path = membersPath(objectId);
    stage.stage.tenant.setFaults(
      { kind: 'throttle', path, retryAfterSeconds: SLOW_MS / 1000, times: 1 },
      // Not for who asks in between, but for who was told to wait.
      { kind: 'status', path, status: 403, after: 1, times: 1 },
    );
    const overtaken = sync(id);
    await isUsedUp();
    expect((await sync(id)).status).toBe(200);
    expect(said(await overtaken)).toEqual([502, 'users.group_unreadable']);
    expect(await failureOf(id)).toBeNull();
    expect(await membersOf(id)).toEqual(only(second));
  });

  it('keeps its members when two hear at the same time that Entra ID does not know it', async () => {
    const { id, objectId } = await chosen();
    stage.stage.tenant.state.collections.groups.delete(objectId);
    // One after the other, though both asked before either was answered.
    for (const delayMs of [SLOW_MS, 2 * SLOW_MS]) {
      stage.stage.tenant.setFaults({ kind: 'slow', path: `/groups/${objectId}`, delayMs, times: 1 });
    }
    const both = await Promise.all([sync(id), sync(id)]);
    expect(both.map(said)).toEqual(Array(2).fill([502, 'users.group_unreadable']));
    expect(await membersOf(id)).toEqual(only(first));
    await sync(id);
    expect(await membersOf(id)).toEqual([]);
  });
});
