import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { READER_PERMISSIONS } from '../generate/permission-catalogue.js';
import { type JsonObject, objectsOf } from '../store/json.types.js';
import { allRows, graph } from '../testing/tenant-client.js';

describe('reading the demo tenant through Graph', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 8 });
  });
  afterAll(() => tenant.close());

  const first = (collection: 'applications' | 'groups' | 'servicePrincipals') =>
    tenant.state.collections[collection].ids()[0] ?? '';

  it('wants a bearer token and says so in the shape of Graph', async () => {
    const answer = await graph(tenant, '/users', { headers: { authorization: '' } });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({
      error: {
        code: 'InvalidAuthenticationToken',
        message: expect.any(String),
        innerError: { 'request-id': expect.any(String) },
      },
    });
  });

  it('refuses an application what it was not granted, and grants what a person may see', async () => {
    const poor = tenant.mintToken({ kind: 'graph', claims: { roles: ['Reports.Read.All'] } });
    expect((await graph(tenant, '/users', { token: poor })).json).toMatchObject({
      error: { code: 'Authorization_RequestDenied' },
    });
    expect((await graph(tenant, '/users', { token: tenant.tokenFor(tenant.administrator.objectId) })).status).toBe(200);
  });

  it.each([
    '/users',
    '/groups',
    '/applications',
    '/servicePrincipals',
    '/identity/conditionalAccess/policies',
    '/identity/conditionalAccess/namedLocations',
    '/policies/authenticationStrengthPolicies',
    '/policies/authenticationMethodsPolicy',
    '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations',
    '/policies/authorizationPolicy',
    '/policies/identitySecurityDefaultsEnforcementPolicy',
    '/policies/adminConsentRequestPolicy',
    "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)",
    '/roleManagement/directory/roleDefinitions',
    '/roleManagement/directory/roleAssignments',
    '/roleManagement/directory/roleAssignmentSchedules',
    '/roleManagement/directory/roleAssignmentScheduleInstances',
    '/roleManagement/directory/roleEligibilityScheduleInstances',
    '/oauth2PermissionGrants',
    '/domains?$expand=federationConfiguration',
    '/groupSettings',
    '/organization',
    '/auditLogs/directoryAudits?$top=5&$orderby=activityDateTime desc',
  ])('answers GET %s to the watching application', async (path) => {
    const answer = await graph(tenant, path);
    expect([answer.status, answer.json['error']]).toEqual([200, undefined]);
    expect(answer.headers['x-ms-resource-unit']).toMatch(/^\d+$/);
    if (Array.isArray(answer.json['value'])) expect(answer.json['value'].length).toBeGreaterThan(0);
  });

  it('answers the children of groups, applications, service principals and domains', async () => {
    const graphSp = tenant.state.collections.servicePrincipals.where(
      'appId',
      '00000003-0000-0000-c000-000000000000',
    )[0]?.['id'];
    const [federated] = [...tenant.state.federationConfigurations.keys()];
    for (const path of [
      `/groups/${first('groups')}/members`,
      `/servicePrincipals/${graphSp}/appRoleAssignedTo`,
      `/domains/${federated}/federationConfiguration`,
      `/groups/${first('groups')}/owners`,
    ]) {
      const answer = await graph(tenant, path);
      expect([path, answer.status, (answer.json['value'] as JsonObject[]).length > 0]).toEqual([path, 200, true]);
    }
    for (const path of [
      `/applications/${first('applications')}/owners`,
      `/applications/${first('applications')}/federatedIdentityCredentials`,
      `/servicePrincipals/${first('servicePrincipals')}/owners`,
      `/servicePrincipals/${first('servicePrincipals')}/appRoleAssignments`,
    ]) {
      expect([path, (await graph(tenant, path)).status]).toEqual([path, 200]);
    }
    expect((await graph(tenant, '/groups/00000000-0000-4000-8000-000000000000/members')).status).toBe(404);
  });

  it('pages by opaque tokens without losing or repeating anybody', async () => {
    const page = await graph(tenant, '/users?$select=id');
    expect((page.json['value'] as JsonObject[]).length).toBe(100);
    const rows = await allRows(tenant, '/users?$select=id&$top=999');
    const paged = await allRows(tenant, '/users?$select=id&$top=77');
    expect(paged.map((row) => row['id'])).toEqual(rows.map((row) => row['id']));
    expect(new Set(paged.map((row) => row['id'])).size).toBe(500);
  });

  it.each([
    '/users?$top=1000',
    '/users?$top=0',
    '/users?$top=x',
    '/users?$skiptoken=forged',
    '/users?$select=id,passwordHash',
    '/users?$filter=id eq',
  ])('refuses %s as Graph does', async (path) => {
    expect((await graph(tenant, path)).status).toBe(400);
  });

  it('sends of a user only the default members unless others are selected', async () => {
    const id = tenant.administrator.objectId;
    expect((await graph(tenant, `/users/${id}`)).json).not.toHaveProperty('accountEnabled');
    const selected = await graph(tenant, `/users/${id}?$select=accountEnabled,userType,signInActivity`);
    expect(selected.json).toMatchObject({ id, accountEnabled: true, userType: 'Member', signInActivity: null });
    expect(selected.json).not.toHaveProperty('displayName');
  });

  it('finds people by user principal name and applications by application id', async () => {
    expect((await graph(tenant, `/users/${tenant.administrator.userPrincipalName}`)).json['id']).toBe(
      tenant.administrator.objectId,
    );
    expect((await graph(tenant, `/applications(appId='${tenant.clientId}')`)).json['displayName']).toBe('BlindspotX');
  });

  it('shows the whole authentication strength inside of a policy', async () => {
    const policies = await allRows(tenant, '/identity/conditionalAccess/policies');
    const strong = policies.filter((policy) => JSON.stringify(policy).includes('Phishing-resistant MFA'));
    expect(strong.length).toBeGreaterThan(0);
    expect(JSON.stringify(strong[0])).toContain('"allowedCombinations":["windowsHelloForBusiness"');
  });

  it.each([
    ["id eq 'all' or userType eq 'Guest'", (user: JsonObject) => user['userType'] === 'Guest'],
    ['accountEnabled eq false', (user: JsonObject) => user['accountEnabled'] === false],
    [
      "not (userType eq 'Guest') and startswith(displayName,'A')",
      (user: JsonObject) => user['userType'] !== 'Guest' && String(user['displayName']).startsWith('A'),
    ],
  ])('filters by %s', async (filter, holds) => {
    const rows = await allRows(tenant, `/users?$select=id&$top=999&$filter=${filter}`);
    const expected = [...tenant.state.collections.users.values()].filter(holds).map((user) => user['id']);
    expect(rows.map((row) => row['id'])).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  it('filters audit events by time to the fraction of a second', async () => {
    const events = await allRows(tenant, '/auditLogs/directoryAudits');
    const middle = String(events[4]?.['activityDateTime']);
    const since = await allRows(tenant, `/auditLogs/directoryAudits?$filter=activityDateTime ge ${middle}`);
    const until = await allRows(
      tenant,
      `/auditLogs/directoryAudits?$filter=activityDateTime le ${middle} and targetResources/any(t:t/id eq '${objectsOf(events[4] ?? {}, 'targetResources')[0]?.['id']}')`,
    );
    expect(since).toHaveLength(5);
    expect(until[0]).toMatchObject({ id: events[4]?.['id'] });
  });

  it('gets up to 1000 directory objects by their ids, with their types', async () => {
    const ids = [
      tenant.administrator.objectId,
      first('groups'),
      first('servicePrincipals'),
      '00000000-0000-4000-8000-000000000000',
    ];
    const answer = await graph(tenant, '/directoryObjects/getByIds?$select=id,displayName', {
      method: 'POST',
      body: { ids, types: ['user', 'group'] },
    });
    expect((answer.json['value'] as JsonObject[]).map((row) => row['@odata.type'])).toEqual([
      '#microsoft.graph.user',
      '#microsoft.graph.group',
    ]);
    expect(
      (await graph(tenant, '/directoryObjects/getByIds', { method: 'POST', body: { ids: Array(1001).fill('x') } }))
        .status,
    ).toBe(400);
  });

  it('answers a batch 200 while single items fail', async () => {
    const requests: JsonObject[] = [
      { id: '1', method: 'GET', url: '/organization' },
      { id: '2', method: 'GET', url: '/groups/nobody' },
      { id: '3', method: 'GET', url: '/domains', dependsOn: ['2'] },
    ];
    const answer = await graph(tenant, '/$batch', { method: 'POST', body: { requests } });
    const statuses = (answer.json['responses'] as JsonObject[]).map((item) => item['status']);
    expect([answer.status, ...statuses]).toEqual([200, 200, 404, 424]);
    const many = Array.from({ length: 21 }, (_, position) => ({
      id: String(position),
      method: 'GET',
      url: '/organization',
    }));
    expect((await graph(tenant, '/$batch', { method: 'POST', body: { requests: many } })).status).toBe(400);
  });

  it('refuses unknown paths and methods', async () => {
    expect((await graph(tenant, '/nothing/here')).status).toBe(400);
    expect((await graph(tenant, '/organization', { method: 'DELETE' })).status).toBe(405);
  });

  it('stops answering the application once its permissions are taken away', async () => {
    const other = await startDemoTenant({ seed: 8 });
    const [sp] = other.state.collections.servicePrincipals.where('appId', other.clientId);
    for (const row of other.state.collections.appRoleAssignments.where('principalId', String(sp?.['id'])))
      other.state.collections.appRoleAssignments.delete(String(row['id']));
    expect((await graph(other, '/domains')).status).toBe(403);
    expect(READER_PERMISSIONS).toHaveLength(20);
    await other.close();
  });
});
