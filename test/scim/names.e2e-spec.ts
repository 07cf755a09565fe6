import { randomUUID } from 'node:crypto';
import { ScimStage } from './scim-stage.js';

/** Names are for people; what they stand for must not change hands unseen. */
describe('names', () => {
  let scim: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());

  const signIn = (number: number) => scim.stage.browser().accessToken(scim.stage.person(number).upn);
  const userOf = async (number: number) => {
    const [user] = await scim.stage.sql<{ id: string; userName: string | null }>(
      'SELECT id, user_principal_name AS "userName" FROM users WHERE object_id = $1',
      [scim.stage.person(number).objectId],
    );
    if (user === undefined) throw new Error(`person ${number} has no account`);
    return user;
  };
  const shown = (id: string, etag?: string) =>
    scim.call('GET', `/Users/${id}`, undefined, etag === undefined ? {} : { 'if-none-match': etag });
  const etagOf = async (id: string) => (await shown(id)).headers.get('etag') ?? '';

  describe('at a sign-in', () => {
    it('change the version where they change, and nothing changes where they do not', async () => {
      await signIn(0);
      const { id } = await userOf(0);
      const etag = await etagOf(id);
      const { meta } = (await shown(id)).body;
      await signIn(0);
      expect((await shown(id, etag)).status).toBe(304);
      expect((await shown(id)).body['meta']).toEqual(meta);
      await scim.stage.sql(`UPDATE users SET display_name = 'before the wedding' WHERE id = $1`, [id]);
      await signIn(0);
      const after = await shown(id, etag);
      expect([after.status, after.body['displayName'] === 'before the wedding']).toEqual([200, false]);
      expect(after.headers.get('etag')).not.toBe(etag);
    });

    it('stay as a directory keeps them', async () => {
      const { objectId } = scim.stage.person(1);
      const userName = `${randomUUID()}@directory.example`;
      const id = await scim.person(userName, { externalId: objectId, displayName: 'As the directory says' });
      const etag = await etagOf(id);
      await signIn(1);
      expect((await userOf(1)).id).toBe(id);
      expect((await shown(id, etag)).status).toBe(304);
      expect((await shown(id)).body).toMatchObject({ userName, displayName: 'As the directory says' });
    });

    it('are taken from nobody to whom a directory gave them, and keep nobody out', async () => {
      const { upn } = scim.stage.person(2);
      const provisioned = await scim.person(upn, { externalId: 'mail nickname' });
      await signIn(2);
      const { id, userName } = await userOf(2);
      expect([id === provisioned, userName]).toEqual([false, null]);
      const etag = await etagOf(id);
      await signIn(2);
      expect(await etagOf(id)).toBe(etag);
      expect((await scim.find('Users', `userName eq "${upn}"`)).body['Resources']).toMatchObject([{ id: provisioned }]);
      // Without a name of its own it goes by its id, and can be changed without getting one.
      expect((await shown(id)).body['userName']).toBe(id);
      expect((await scim.find('Users', `userName eq "${id.toUpperCase()}"`)).body['Resources']).toMatchObject([{ id }]);
      expect((await scim.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'x' })).status).toBe(200);
      expect((await userOf(2)).userName).toBeNull();
      expect((await scim.call('POST', '/Users', { userName: id })).body['scimType']).toBe('uniqueness');
    });

    it('pass to whom Entra ID named last', async () => {
      const { upn } = scim.stage.person(3);
      await signIn(3);
      await signIn(4);
      const [first, second] = [await userOf(3), await userOf(4)];
      await scim.stage.sql('UPDATE users SET user_principal_name = NULL WHERE id = $1', [first.id]);
      await scim.stage.sql('UPDATE users SET user_principal_name = $2 WHERE id = $1', [second.id, upn.toUpperCase()]);
      const etag = await etagOf(second.id);
      await signIn(3);
      expect([(await userOf(3)).userName, (await userOf(4)).userName]).toEqual([upn, null]);
      expect(await etagOf(second.id)).not.toBe(etag);
    });
  });

  describe('of groups', () => {
    const withViewer = async () => {
      const id = await scim.group(`group ${randomUUID()}`);
      await scim.stage.sql(
        `INSERT INTO role_assignments (id, group_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
         SELECT gen_random_uuid(), $1, id, '/', 'allow', now(), 'a test', 'system', 'test' FROM roles WHERE name = 'viewer'`,
        [id],
      );
      return id;
    };
    const nameOf = async (id: string) => (await scim.call('GET', `/Groups/${id}`)).body['displayName'];

    it('are changed by who holds what the group holds', async () => {
      const id = await withViewer();
      const before = await nameOf(id);
      for (const attempt of [
        () => scim.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'other' }),
        () => scim.call('PUT', `/Groups/${id}`, { displayName: 'other' }),
      ]) {
        const { status, body } = await attempt();
        expect([status, String(body['detail']).includes('rbac.no_way_up')]).toEqual([403, true]);
        expect(await nameOf(id)).toBe(before);
      }
      const holder = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', 'viewer']);
      expect((await holder.patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'other' })).status).toBe(
        204,
      );
      expect(await nameOf(id)).toBe('other');
    });

    it('may be any while the group holds nothing, and its external id may change always', async () => {
      const [bare, holding] = [await scim.group(randomUUID()), await withViewer()];
      expect((await scim.patch(`/Groups/${bare}`, { op: 'replace', path: 'displayName', value: 'new' })).status).toBe(
        204,
      );
      const externalId = { op: 'replace', path: 'externalId', value: 'another' };
      expect((await scim.patch(`/Groups/${holding}`, externalId)).status).toBe(204);
    });
  });
});
