import { userActor } from '../../demo/audit/actor.js';
import {
  addFederatedCredential,
  createApplication,
  deleteApplicationObject,
  updateApplicationObject,
} from '../../demo/mutations/application-mutations.js';
import { changeOwners } from '../../demo/mutations/directory-mutations.js';
import { createGrant } from '../../demo/mutations/grant-mutations.js';
import { textOf } from '../../demo/store/json.types.js';
import { DriftStage } from './drift-stage.js';

const LISTS = ['/applications', '/servicePrincipals', '/oauth2PermissionGrants'];

describe('a type is read on from the newest snapshot', () => {
  let stage: DriftStage;
  let asked: URL[] = [];

  beforeAll(async () => {
    stage = await DriftStage.open({ seed: 11, users: 40, groups: 8, applications: 30, policies: 6 });
    const { fetch } = globalThis;
    globalThis.fetch = (input, init) => {
      asked.push(new URL(String(input)));
      return fetch(input, init);
    };
    await stage.scan();
    await stage.approveNewest();
  }, 120_000);
  afterAll(() => stage?.close());
  beforeEach(() => {
    asked = [];
  });
  afterEach(() => stage.tenant.setFaults());

  const state = () => stage.tenant.state;
  const actor = () => userActor(state(), stage.tenant.administrator.objectId);
  const scan = async () => (await stage.scan()).document;
  /** What the tests before did is told by two readings. */
  const settle = async () => {
    await scan();
    await scan();
    asked = [];
  };
  const apps = () =>
    [...state().collections.applications.values()].filter((app) => app['appId'] !== stage.tenant.clientId);
  const change = (type: string, key: string, path: string) =>
    expect.objectContaining({ resourceType: type, resourceKey: key, path });
  /** Lists that were read whole. */
  const whole = () =>
    LISTS.filter((list) =>
      asked.some(({ pathname, searchParams }) => pathname === `/v1.0${list}` && !searchParams.has('$expand')),
    );
  /** Objects that were asked for by themselves. */
  const single = (name: string) =>
    asked.filter(
      ({ pathname }) => pathname.startsWith(`/v1.0/${name}/`) && !/delta$|appRoleAssignedTo$/.test(pathname),
    );

  it('what did not change is not read again, and is not gone', async () => {
    const before = await scan();
    expect(before).toMatchObject({ complete: true });
    expect([whole(), single('applications'), single('servicePrincipals')]).toEqual([[], [], []]);
    expect(asked.filter(({ pathname }) => pathname.endsWith('/delta'))).toHaveLength(LISTS.length);
    expect((await scan()).changes).toHaveLength(before.changes.length);
  }, 120_000);

  it('what changed is found, also where no delta query speaks of it', async () => {
    const [first, second, third] = apps();
    const ids = [first, second, third].map((app) => textOf(app ?? {}, 'id'));
    const [renamed = '', owned = '', trusting = ''] = ids;
    const owner = stage.tenant.cast.memberIds.find((id) => !state().owners.get(owned)?.includes(id)) ?? '';
    updateApplicationObject(state(), actor(), 'applications', renamed, { signInAudience: 'AzureADMultipleOrgs' });
    changeOwners(state(), actor(), owned, owner, 'Add');
    const issuer = { issuer: 'https://issuer.example', subject: 's', audiences: ['a'] };
    addFederatedCredential(state(), actor(), trusting, { name: 'planted', ...issuer });
    const { changes, complete } = await scan();
    expect(complete).toBe(true);
    expect(changes).toContainEqual(change('application', renamed, '/signInAudience'));
    expect(changes).toContainEqual(change('application', owned, `/owners/${owner}`));
    expect(changes).toContainEqual(change('application', trusting, '/federatedIdentityCredentials/planted'));
    expect(whole()).toEqual([]);
  }, 120_000);

  it('one that a replica shows as it was is asked for once more by the next reading', async () => {
    await settle();
    const app = apps()[4] ?? {};
    const id = textOf(app, 'id');
    updateApplicationObject(state(), actor(), 'applications', id, { isFallbackPublicClient: true });
    stage.tenant.setFaults({
      kind: 'overlay',
      path: `/applications/${id}`,
      members: { isFallbackPublicClient: null },
      times: 1,
    });
    expect((await scan()).changes).not.toContainEqual(change('application', id, '/isFallbackPublicClient'));
    expect((await scan()).changes).toContainEqual(change('application', id, '/isFallbackPublicClient'));
    expect(whole()).toEqual([]);
  }, 120_000);

  it('a grant that comes is found by reading all of them', async () => {
    const before = (await scan()).changes.length;
    const [client, resource] = state().collections.servicePrincipals.ids();
    createGrant(state(), actor(), {
      clientId: client ?? '',
      consentType: 'AllPrincipals',
      principalId: null,
      resourceId: resource ?? '',
      scope: 'Directory.ReadWrite.All',
    });
    asked = [];
    await scan();
    expect(whole()).toEqual(['/oauth2PermissionGrants']);
    expect((await scan()).changes).toHaveLength(before + 1);
  }, 120_000);

  it('nothing is gone on the word of a delta query, and nothing stays for its silence', async () => {
    const kept = textOf(apps()[5] ?? {}, 'id');
    const lies = (value: object[]) => ({
      kind: 'body' as const,
      path: '/applications/delta',
      body: JSON.stringify({
        value,
        '@odata.deltaLink': `${stage.tenant.graphBaseUrl}/applications/delta?$deltatoken=latest`,
      }),
      times: 1,
    });
    await settle();
    for (let time = 0; time < 2; time++) {
      stage.tenant.setFaults(lies([{ id: kept, '@removed': { reason: 'deleted' } }]));
      expect((await scan()).changes).not.toContainEqual(change('application', kept, ''));
    }
    expect(single('applications').map(({ pathname }) => pathname.split('/').at(-1))).toEqual([kept, kept]);
    const gone = textOf(apps()[6] ?? {}, 'id');
    deleteApplicationObject(state(), actor(), 'applications', gone);
    for (let time = 0; time < 2; time++) {
      stage.tenant.setFaults(lies([]));
      asked = [];
      const { changes } = await scan();
      expect([whole(), changes.some(({ resourceKey, path }) => resourceKey === gone && path === '')]).toEqual([
        [],
        time === 1,
      ]);
    }
  }, 120_000);

  it('one that came is there when it was read twice', async () => {
    const created = textOf(createApplication(state(), actor(), { displayName: 'Newcomer' }), 'id');
    expect((await scan()).changes).not.toContainEqual(change('application', created, ''));
    expect((await scan()).changes).toContainEqual(change('application', created, ''));
    expect(whole()).toEqual([]);
  }, 120_000);

  it.each<[string, () => void]>([
    ['is not known any more (410)', () => state().changes.expireTokens()],
    ['leads elsewhere', () => answers({ '@odata.nextLink': 'https://elsewhere.example/v1.0/applications/delta' })],
    ['ends without a link', () => answers({})],
    ['tells of an object without an id', () => answers({ value: [{}] })],
    ['is a page', () => stage.tenant.setFaults({ kind: 'html', status: 200, path: '/applications/delta' })],
  ])(
    'everything is read where the delta query %s',
    async (_case, happen) => {
      happen();
      const { complete } = await scan();
      expect(complete).toBe(true);
      expect(whole()).toContain('/applications');
    },
    120_000,
  );

  function answers(members: object): void {
    const body = JSON.stringify({ value: [], ...members });
    stage.tenant.setFaults({ kind: 'body', path: '/applications/delta', body, times: 1 });
  }

  it('what was not answered makes the type incomplete, and then everything is read', async () => {
    await settle();
    const id = textOf(apps()[7] ?? {}, 'id');
    updateApplicationObject(state(), actor(), 'applications', id, { description: 'changed' });
    stage.tenant.setFaults({ kind: 'status', status: 403, path: `/applications/${id}` });
    const { incomplete, changes } = await scan();
    expect(incomplete).toContainEqual(expect.objectContaining({ resourceType: 'application' }));
    expect(changes).not.toContainEqual(change('application', id, ''));
    stage.tenant.setFaults();
    asked = [];
    expect(await scan()).toMatchObject({ complete: true });
    expect(whole()).toContain('/applications');
  }, 120_000);

  it('where the tenant shows nothing below a list, each is asked for itself, and an item that failed is no empty list', async () => {
    const { changes } = await scan();
    const owners = { path: '/applications/*/owners', status: 503 };
    for (const isBroken of [false, true]) {
      asked = [];
      state().changes.expireTokens();
      // Both lists that show what stands below, by a reading that would go on, and by the one that reads everything.
      stage.tenant.setFaults({ kind: 'status', status: 400, path: '/applications', times: 4 });
      if (isBroken) stage.tenant.setFaults({ kind: 'batchItem', ...owners }, { kind: 'status', ...owners });
      const document = await scan();
      expect(asked.some(({ pathname }) => pathname.endsWith('/$batch'))).toBe(true);
      expect(document.complete).toBe(!isBroken);
      expect(document.changes.map(({ id }) => id).sort()).toEqual(changes.map(({ id }) => id).sort());
      stage.tenant.setFaults();
    }
  }, 120_000);

  it('everything is read once a day all the same', async () => {
    await stage.dataSource.query(`UPDATE collection_marks SET whole_at = whole_at - interval '1 day'`);
    await scan();
    expect(whole()).toEqual(LISTS);
    asked = [];
    await scan();
    expect(whole()).toEqual([]);
  }, 120_000);
});
