import { userActor } from '../audit/actor.js';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { addMember, deleteDirectoryObject, updateDirectoryObject } from '../mutations/directory-mutations.js';
import type { JsonObject } from '../store/json.types.js';
import { graph, type WireAnswer } from '../testing/tenant-client.js';

describe('delta queries', () => {
  let time = new Date('2026-06-10T08:00:00Z');
  let tenant: DemoTenant;
  beforeEach(async () => {
    time = new Date('2026-06-10T08:00:00Z');
    tenant = await startDemoTenant({ seed: 9, now: () => time });
  });
  afterEach(() => tenant.close());

  async function drain(path: string): Promise<{ rows: JsonObject[]; deltaLink: string }> {
    const rows: JsonObject[] = [];
    let next = path;
    for (;;) {
      const page: WireAnswer = await graph(tenant, next);
      rows.push(...(page.json['value'] as JsonObject[]));
      const deltaLink = page.json['@odata.deltaLink'];
      if (typeof deltaLink === 'string') return { rows, deltaLink };
      next = String(page.json['@odata.nextLink']);
    }
  }
  const actor = () => userActor(tenant.state, tenant.administrator.objectId);

  it.each(['users', 'groups', 'applications', 'servicePrincipals', 'oauth2PermissionGrants'] as const)(
    'lists all of /%s first and nothing when nothing changed',
    async (name) => {
      const all = await drain(`/${name}/delta`);
      expect(all.rows).toHaveLength(tenant.state.collections[name].size);
      expect((await drain(all.deltaLink)).rows).toEqual([]);
    },
  );

  it('tells what was changed and what was deleted since', async () => {
    const { deltaLink } = await drain('/users/delta?$select=displayName');
    const [changed = '', deleted = ''] = tenant.cast.memberIds;
    updateDirectoryObject(tenant.state, actor(), 'users', changed, { displayName: 'New Name' });
    deleteDirectoryObject(tenant.state, actor(), 'users', deleted);
    expect((await drain(deltaLink)).rows).toEqual([
      { id: changed, displayName: 'New Name' },
      { id: deleted, '@removed': { reason: 'changed' } },
    ]);
  });

  it('repeats at the end what changed while the first listing was being read', async () => {
    const first = await graph(tenant, '/users/delta?$select=id,displayName');
    const seen = tenant.cast.administratorId;
    updateDirectoryObject(tenant.state, actor(), 'users', seen, { displayName: 'Meanwhile' });
    const rest = await drain(String(first.json['@odata.nextLink']));
    expect((await drain(rest.deltaLink)).rows).toEqual([{ id: seen, displayName: 'Meanwhile' }]);
  });

  it('tells who joined a group', async () => {
    const { deltaLink } = await drain('/groups/delta?$select=displayName,members');
    const [group = ''] = tenant.state.collections.groups.ids();
    const newcomer = tenant.cast.memberIds.find((id) => !tenant.state.groupMembers.get(group)?.includes(id)) ?? '';
    addMember(tenant.state, actor(), group, newcomer);
    expect((await drain(deltaLink)).rows[0]).toMatchObject({ id: group, 'members@delta': [{ id: newcomer }] });
  });

  it('answers 410 to a token that is older than seven days, and to one declared stale', async () => {
    const { deltaLink } = await drain('/users/delta?$deltatoken=latest');
    tenant.state.changes.expireTokens();
    const stale = await graph(tenant, deltaLink);
    expect([stale.status, stale.headers.location]).toEqual([410, `${tenant.graphBaseUrl}/users/delta?$deltatoken=`]);
    const fresh = (await drain('/users/delta?$deltatoken=latest')).deltaLink;
    time = new Date('2026-06-18T08:00:00Z');
    expect((await graph(tenant, fresh)).status).toBe(410);
  });

  it('refuses $top and forged tokens', async () => {
    expect((await graph(tenant, '/users/delta?$top=5')).status).toBe(400);
    expect((await graph(tenant, '/users/delta?$deltatoken=forged')).status).toBe(400);
    const { deltaLink } = await drain('/groups/delta?$deltatoken=latest');
    expect((await graph(tenant, deltaLink.replace('/groups/', '/users/'))).status).toBe(400);
  });
});
