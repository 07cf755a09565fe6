import { randomUUID } from 'node:crypto';
import { scimContractOf } from './scim-contract.js';
import { ENTERPRISE, GROUP, ScimStage, USER } from './scim-stage.js';

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** The requests that Entra's provisioning service documents, in the form in which it sends them. */
describe("Entra's provisioning service", () => {
  let scim: ScimStage;
  const objectId = randomUUID();
  const userName = `Test_User_${randomUUID()}`;
  let userId: string;
  let groupId: string;

  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());

  it('asks for somebody who is not there', async () => {
    const answer = await scim.find('Users', 'userName eq "non-existent user"');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(answer.body).toEqual({ schemas: [LIST], totalResults: 0, Resources: [], startIndex: 1, itemsPerPage: 0 });
  });

  it('creates a user', async () => {
    const answer = await scim.call(
      'POST',
      '/Users',
      `{
    "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
    "externalId": "${objectId}",
    "userName": "${userName}",
    "active": true,
    "emails": [{
        "primary": true,
        "type": "work",
        "value": "Test_User_fd0ea19b@testuser.com"
    }],
    "meta": {
        "resourceType": "User"
    },
    "name": {
        "formatted": "givenName familyName",
        "familyName": "familyName",
        "givenName": "givenName"
    },
    "roles": []
}`,
    );
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      schemas: [USER],
      externalId: objectId,
      userName,
      active: true,
      emails: [{ value: 'Test_User_fd0ea19b@testuser.com', type: 'work', primary: true }],
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      meta: { resourceType: 'User', version: 'W/"1"' },
    });
    userId = String(answer.body['id']);
    expect(answer.headers.get('location')).toBe(`http://localhost:3000/scim/v2/Users/${userId}`);
    const [row] = await scim.stage.sql('SELECT object_id, status FROM users WHERE id = $1', [userId]);
    expect(row).toEqual({ object_id: objectId, status: 'active' });
  });

  it('gets a user, and one who is not there', async () => {
    expect((await scim.call('GET', `/Users/${userId}`)).body).toMatchObject({ id: userId, userName });
    const missing = await scim.call('GET', '/Users/5171a35d82074e068ce2');
    expect(missing.status).toBe(404);
    expect(missing.body).toMatchObject({ schemas: [ERROR], status: '404' });
  });

  it('finds the user by name in any case, by external id and by address', async () => {
    for (const filter of [
      `userName eq "${userName.toUpperCase()}"`,
      `externalId eq "${objectId}"`,
      'emails[type eq "work"].value eq "test_user_fd0ea19b@testuser.com"',
    ]) {
      const { status, body } = await scim.find('Users', filter);
      expect(status).toBe(200);
      expect(body).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [{ id: userId }] });
    }
  });

  it('updates multi-valued properties', async () => {
    const answer = await scim.patch(
      `/Users/${userId}`,
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@microsoft.com' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      name: { givenName: 'givenName', familyName: 'updatedFamilyName' },
      emails: [{ value: 'updatedEmail@microsoft.com', type: 'work', primary: true }],
    });
  });

  it('updates single-valued properties', async () => {
    const renamed = `${randomUUID()}@testuser.com`;
    const answer = await scim.patch(`/Users/${userId}`, { op: 'Replace', path: 'userName', value: renamed });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: userId, userName: renamed });
  });

  it('adds what is mapped to the enterprise extension', async () => {
    const answer = await scim.patch(
      `/Users/${userId}`,
      { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Engines' },
      { op: 'Add', path: `${ENTERPRISE}:manager`, value: userId },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+44 1' },
      { op: 'Add', value: { 'name.middleName': 'K' } },
    );
    expect(answer.body).toMatchObject({
      schemas: [USER, ENTERPRISE],
      [ENTERPRISE]: { department: 'Engines', manager: { value: userId } },
      phoneNumbers: [{ type: 'mobile', value: '+44 1' }],
      name: { middleName: 'K' },
    });
  });

  it.each([
    ['a boolean', false],
    ['text', 'False'],
  ])('disables a user with %s, and enables them', async (_what, value) => {
    const disable = {
      Operations: [{ op: 'Replace', path: 'active', value }],
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    };
    const disabled = await scim.call('PATCH', `/Users/${userId}`, disable);
    expect(disabled.status).toBe(200);
    expect(disabled.body).toMatchObject({ active: false });
    expect(await scim.stage.sql('SELECT status FROM users WHERE id = $1', [userId])).toEqual([{ status: 'disabled' }]);
    const enabled = await scim.patch(`/Users/${userId}`, { op: 'Replace', path: 'active', value: 'True' });
    expect(enabled.body).toMatchObject({ active: true });
  });

  it('creates a group', async () => {
    const externalId = randomUUID();
    const answer = await scim.call('POST', '/Groups', {
      schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId,
      displayName: 'displayName',
      meta: { resourceType: 'Group' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ schemas: [GROUP], externalId, displayName: 'displayName', members: [] });
    groupId = String(answer.body['id']);
  });

  it('gets a group without its members', async () => {
    const answer = await scim.call('GET', `/Groups/${groupId}?excludedAttributes=members`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: groupId, displayName: 'displayName' });
    expect(answer.body).not.toHaveProperty('members');
  });

  it('finds a group by its name', async () => {
    const answer = await scim.call(
      'GET',
      `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "displayName"')}`,
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ totalResults: 1, Resources: [{ id: groupId }] });
    expect((answer.body['Resources'] as object[])[0]).not.toHaveProperty('members');
  });

  it('renames a group', async () => {
    const displayName = '1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName';
    const answer = await scim.patch(`/Groups/${groupId}`, { op: 'Replace', path: 'displayName', value: displayName });
    expect(answer.status).toBe(204);
    expect((await scim.call('GET', `/Groups/${groupId}`)).body).toMatchObject({ displayName });
  });

  it('adds members, asks for them and removes them', async () => {
    const value = [{ $ref: null, value: userId }];
    expect((await scim.patch(`/Groups/${groupId}`, { op: 'Add', path: 'members', value })).status).toBe(204);
    expect((await scim.call('GET', `/Groups/${groupId}`)).body).toMatchObject({ members: [{ value: userId }] });
    const asked = await scim.find('Groups', `id eq "${groupId}" and members eq "${userId}"`);
    expect(asked.body).toMatchObject({ totalResults: 1 });
    expect((await scim.patch(`/Groups/${groupId}`, { op: 'Remove', path: 'members', value })).status).toBe(204);
    expect((await scim.call('GET', `/Groups/${groupId}`)).body).toMatchObject({ members: [] });
    await scim.patch(`/Groups/${groupId}`, { op: 'Add', path: 'members', value });
    await scim.patch(`/Groups/${groupId}`, { op: 'Remove', path: `members[value eq "${userId}"]` });
    expect((await scim.call('GET', `/Groups/${groupId}`)).body).toMatchObject({ members: [] });
  });

  it('deletes a group', async () => {
    expect((await scim.call('DELETE', `/Groups/${groupId}`)).status).toBe(204);
    expect((await scim.call('GET', `/Groups/${groupId}`)).status).toBe(404);
  });

  it('deletes a user, who comes back as the same person without access', async () => {
    await scim.stage.sql(
      `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       SELECT $1, $2, id, '/', 'allow', now(), 'a test', 'system', 'test' FROM roles WHERE name = 'viewer'`,
      [randomUUID(), userId],
    );
    expect((await scim.call('DELETE', `/Users/${userId}`)).status).toBe(204);
    expect((await scim.call('GET', `/Users/${userId}`)).status).toBe(404);
    expect((await scim.call('DELETE', `/Users/${userId}`)).status).toBe(404);
    expect(await scim.person('again@testuser.com', { externalId: objectId })).toBe(userId);
    expect(await scim.stage.sql('SELECT 1 FROM role_assignments WHERE user_id = $1', [userId])).toEqual([]);
  });

  it('discovers the schemas', async () => {
    const answer = await scim.call('GET', '/Schemas');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ schemas: [LIST], totalResults: 3 });
    expect((await scim.call('GET', `/Schemas/${ENTERPRISE}`)).body).toMatchObject({ id: ENTERPRISE });
    expect((await scim.call('GET', '/ServiceProviderConfig')).body).toMatchObject({ patch: { supported: true } });
    expect((await scim.call('GET', '/ResourceTypes')).body).toMatchObject({ totalResults: 2 });
  });

  it('asks and is answered as the OpenAPI description says', () => {
    const { undescribed, seen } = scimContractOf(scim.stage.service.app);
    expect(undescribed).toEqual([]);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'get /scim/v2/Users 200',
        'patch /scim/v2/Groups/{id} 204',
        'get /scim/v2/Schemas/{id} 200',
      ]),
    );
  });
});
