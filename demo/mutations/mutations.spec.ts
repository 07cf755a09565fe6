import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { GLOBAL_ADMINISTRATOR } from '../generate/role-catalogue.js';
import { roleManagementPolicyId } from '../graph/resource-shapes.js';
import { type Json, type JsonObject, objectsOf, textOf } from '../store/json.types.js';
import { graph, postForm } from '../testing/tenant-client.js';

const POLICIES = '/identity/conditionalAccess/policies';
const LOCATIONS = '/identity/conditionalAccess/namedLocations';
const STRENGTHS = '/policies/authenticationStrengthPolicies';

describe('changing the demo tenant through Graph', () => {
  let tenant: DemoTenant;
  let actorId: string;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 13 });
    actorId = tenant.cast.adminIds[3] ?? '';
  });
  afterAll(() => tenant.close());

  const idOf = (collection: keyof DemoTenant['state']['collections'], position = 1) =>
    tenant.state.collections[collection].ids()[position] ?? '';
  const ref = (id: string) => ({ '@odata.id': `${tenant.graphBaseUrl}/directoryObjects/${id}` });
  const graphSp = () =>
    textOf(
      tenant.state.collections.servicePrincipals.where('appId', '00000003-0000-0000-c000-000000000000')[0] ?? {},
      'id',
    );

  /** Makes the call as an administrator and gives the answer with the events it left. */
  async function act(
    method: string,
    path: string,
    body?: Json,
  ): Promise<{ status: number; json: JsonObject; events: JsonObject[] }> {
    const before = new Set(tenant.state.audit.visible().map((event) => event['id']));
    const { status, json } = await graph(tenant, path, {
      method,
      token: tenant.tokenFor(actorId),
      ...(body === undefined ? {} : { body }),
    });
    const events = tenant.state.audit
      .visible()
      .filter((event) => !before.has(event['id'] ?? null))
      .reverse();
    return { status, json, events };
  }
  const activities = (events: JsonObject[]) => events.map((event) => event['activityDisplayName']);

  const cases: [
    title: string,
    call: () => [method: string, path: string, body?: Json],
    status: number,
    activities: string[],
  ][] = [
    [
      'a policy is changed',
      () => ['PATCH', `${POLICIES}/${idOf('conditionalAccessPolicies')}`, { state: 'disabled' }],
      204,
      ['Update policy', 'Update conditional access policy'],
    ],
    [
      'a policy is made',
      () => [
        'POST',
        POLICIES,
        { displayName: 'New', state: 'enabled', conditions: { users: { includeUsers: ['All'] } } },
      ],
      201,
      ['Add policy', 'Add conditional access policy'],
    ],
    [
      'a policy is deleted',
      () => ['DELETE', `${POLICIES}/${idOf('conditionalAccessPolicies', 20)}`],
      204,
      ['Delete policy', 'Delete conditional access policy'],
    ],
    [
      'a named location is changed',
      () => ['PATCH', `${LOCATIONS}/${idOf('namedLocations')}`, { isTrusted: true }],
      204,
      ['Update policy', 'Update named location'],
    ],
    [
      'a named location is made',
      () => ['POST', LOCATIONS, { '@odata.type': '#microsoft.graph.ipNamedLocation', displayName: 'L', ipRanges: [] }],
      201,
      ['Add policy', 'Add named location'],
    ],
    [
      'a named location is deleted',
      () => ['DELETE', `${LOCATIONS}/${idOf('namedLocations', 2)}`],
      204,
      ['Delete policy', 'Delete named location'],
    ],
    [
      'an authentication strength is made',
      () => ['POST', STRENGTHS, { displayName: 'S', allowedCombinations: ['fido2'] }],
      201,
      ['Add policy', 'Add authentication strength policy'],
    ],
    [
      'an authentication strength is loosened',
      () => [
        'POST',
        `${STRENGTHS}/${idOf('authenticationStrengthPolicies', 3)}/updateAllowedCombinations`,
        { allowedCombinations: ['password,sms'] },
      ],
      200,
      ['Update policy', 'Update authentication strength policy'],
    ],
    [
      'an authentication strength is deleted',
      () => ['DELETE', `${STRENGTHS}/${idOf('authenticationStrengthPolicies', 4)}`],
      204,
      ['Delete policy', 'Delete authentication strength policy'],
    ],
    [
      'the methods policy is changed',
      () => ['PATCH', '/policies/authenticationMethodsPolicy', { policyMigrationState: 'preMigration' }],
      204,
      ['Authentication Methods Policy Update'],
    ],
    [
      'a method is switched on',
      () => [
        'PATCH',
        '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms',
        { state: 'enabled' },
      ],
      204,
      ['Authentication Methods Policy Update'],
    ],
    [
      'the authorization policy is changed',
      () => ['PATCH', '/policies/authorizationPolicy', { allowInvitesFrom: 'everyone' }],
      204,
      ['Update authorization policy'],
    ],
    [
      'security defaults are changed',
      () => ['PATCH', '/policies/identitySecurityDefaultsEnforcementPolicy', { isEnabled: true }],
      204,
      ['Update security defaults'],
    ],
    [
      'admin consent requests are switched off',
      () => ['PUT', '/policies/adminConsentRequestPolicy', { isEnabled: false }],
      204,
      ['Update admin consent request policy'],
    ],
    [
      'a group setting is changed',
      () => ['PATCH', `/groupSettings/${idOf('groupSettings')}`, { values: [] }],
      204,
      ['Update group settings'],
    ],
    [
      'a role is assigned',
      () => [
        'POST',
        '/roleManagement/directory/roleAssignments',
        { principalId: tenant.cast.memberIds[40] ?? '', roleDefinitionId: GLOBAL_ADMINISTRATOR, directoryScopeId: '/' },
      ],
      201,
      [
        'Add member to role in PIM requested (permanent)',
        'Add member to role',
        'Add member to role in PIM completed (permanent)',
      ],
    ],
    [
      'a role is made available',
      () => [
        'POST',
        '/roleManagement/directory/roleEligibilityScheduleRequests',
        {
          action: 'adminAssign',
          principalId: tenant.cast.memberIds[41] ?? '',
          roleDefinitionId: GLOBAL_ADMINISTRATOR,
          directoryScopeId: '/',
          scheduleInfo: { expiration: { type: 'afterDateTime', endDateTime: '2027-01-01T00:00:00Z' } },
        },
      ],
      201,
      [
        'Add eligible member to role in PIM requested (timebound)',
        'Add eligible member to role in PIM completed (timebound)',
      ],
    ],
    [
      'an assignment is removed',
      () => ['DELETE', `/roleManagement/directory/roleAssignments/${idOf('roleAssignmentScheduleInstances', 2)}`],
      204,
      [
        'Remove member from role in PIM requested (permanent)',
        'Remove member from role',
        'Remove member from role in PIM completed (permanent)',
      ],
    ],
    [
      'a PIM rule is changed',
      () => [
        'PATCH',
        `/policies/roleManagementPolicies/${roleManagementPolicyId(tenant.state, GLOBAL_ADMINISTRATOR)}/rules/Approval_EndUser_Assignment`,
        { setting: { isApprovalRequired: false } },
      ],
      200,
      ['Update role setting in PIM'],
    ],
    [
      'a custom role gains an action',
      () => [
        'PATCH',
        `/roleManagement/directory/roleDefinitions/${idOf('roleDefinitions', tenant.state.collections.roleDefinitions.size - 1)}`,
        { rolePermissions: [{ allowedResourceActions: ['microsoft.directory/applications/credentials/update'] }] },
      ],
      204,
      ['Update role definition'],
    ],
    ['an application is made', () => ['POST', '/applications', { displayName: 'Fresh' }], 201, ['Add application']],
    [
      'an application is changed',
      () => ['PATCH', `/applications/${idOf('applications')}`, { signInAudience: 'AzureADMultipleOrgs' }],
      204,
      ['Update application'],
    ],
    [
      'an application gets a secret',
      () => ['POST', `/applications/${idOf('applications')}/addPassword`, { passwordCredential: { displayName: 'x' } }],
      200,
      ['Update application – Certificates and secrets management ', 'Update application'],
    ],
    [
      'an application gets a key',
      () => [
        'POST',
        `/applications/${idOf('applications')}/addKey`,
        { keyCredential: { type: 'AsymmetricX509Cert', usage: 'Verify' } },
      ],
      200,
      ['Update application – Certificates and secrets management ', 'Update application'],
    ],
    [
      'an application trusts another issuer',
      () => [
        'POST',
        `/applications/${idOf('applications')}/federatedIdentityCredentials`,
        { name: 'f', issuer: 'https://i.example', subject: 's' },
      ],
      201,
      ['Update application'],
    ],
    [
      'a service principal gets a secret',
      () => ['POST', `/servicePrincipals/${idOf('servicePrincipals', 12)}/addPassword`, {}],
      200,
      ['Add service principal credentials', 'Update service principal'],
    ],
    [
      'a service principal is changed',
      () => ['PATCH', `/servicePrincipals/${idOf('servicePrincipals', 12)}`, { appRoleAssignmentRequired: true }],
      204,
      ['Update service principal'],
    ],
    [
      'an application gets an owner',
      () => ['POST', `/applications/${idOf('applications', 3)}/owners/$ref`, ref(tenant.cast.adminIds[0] ?? '')],
      204,
      ['Add owner to application'],
    ],
    [
      'a service principal gets an owner',
      () => [
        'POST',
        `/servicePrincipals/${idOf('servicePrincipals', 14)}/owners/$ref`,
        ref(tenant.cast.adminIds[0] ?? ''),
      ],
      204,
      ['Add owner to service principal'],
    ],
    [
      'an application loses its owner',
      () => ['DELETE', `/applications/${idOf('applications', 3)}/owners/${tenant.cast.adminIds[0]}/$ref`],
      204,
      ['Remove owner from application'],
    ],
    [
      'a group gets a member',
      () => ['POST', `/groups/${idOf('groups', 0)}/members/$ref`, ref(tenant.cast.breakGlassIds[0] ?? '')],
      204,
      ['Add member to group'],
    ],
    [
      'a group loses a member',
      () => ['DELETE', `/groups/${idOf('groups', 0)}/members/${tenant.cast.breakGlassIds[0]}/$ref`],
      204,
      ['Remove member from group'],
    ],
    [
      'a group gets an owner',
      () => ['POST', `/groups/${idOf('groups', 2)}/owners/$ref`, ref(tenant.cast.breakGlassIds[0] ?? '')],
      204,
      ['Add owner to group'],
    ],
    [
      'an app role is granted',
      () => [
        'POST',
        `/servicePrincipals/${graphSp()}/appRoleAssignedTo`,
        { principalId: idOf('servicePrincipals', 20), appRoleId: '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8' },
      ],
      201,
      ['Add app role assignment to service principal'],
    ],
    [
      'an app role is taken away',
      () => ['DELETE', `/servicePrincipals/${graphSp()}/appRoleAssignedTo/${idOf('appRoleAssignments', 20)}`],
      204,
      ['Remove app role assignment from service principal'],
    ],
    [
      'consent is given',
      () => [
        'POST',
        '/oauth2PermissionGrants',
        {
          clientId: idOf('servicePrincipals', 15),
          consentType: 'AllPrincipals',
          resourceId: graphSp(),
          scope: 'Mail.Read',
        },
      ],
      201,
      ['Add delegated permission grant', 'Consent to application'],
    ],
    [
      'consent is widened',
      () => ['PATCH', `/oauth2PermissionGrants/${idOf('oauth2PermissionGrants')}`, { scope: 'Mail.ReadWrite' }],
      204,
      ['Add delegated permission grant'],
    ],
    [
      'consent is revoked',
      () => ['DELETE', `/oauth2PermissionGrants/${idOf('oauth2PermissionGrants', 3)}`],
      204,
      ['Remove delegated permission grant'],
    ],
    ['a domain is added', () => ['POST', '/domains', { id: 'new.example' }], 201, ['Add unverified domain']],
    ['a domain is verified', () => ['POST', '/domains/new.example/verify', {}], 200, ['Verify domain']],
    [
      'a domain is federated',
      () => [
        'POST',
        '/domains/new.example/federationConfiguration',
        { issuerUri: 'http://evil.example', signingCertificate: 'AA==' },
      ],
      201,
      ['Set domain authentication', 'Set federation settings on domain'],
    ],
    [
      'a password rule of a domain is changed',
      () => ['PATCH', '/domains/new.example', { passwordValidityPeriodInDays: 90 }],
      204,
      ['Update domain'],
    ],
    [
      'a user is made',
      () => [
        'POST',
        '/users',
        { displayName: 'N', userPrincipalName: 'n@example', passwordProfile: { password: 'secret' } },
      ],
      201,
      ['Add user'],
    ],
    [
      'a user is changed',
      () => ['PATCH', `/users/${tenant.cast.memberIds[60]}`, { userType: 'Member', department: 'Sales 2' }],
      204,
      ['Update user'],
    ],
    ['a user is deleted', () => ['DELETE', `/users/${tenant.cast.memberIds[61]}`], 204, ['Delete user']],
    [
      'a group is changed',
      () => ['PATCH', `/groups/${idOf('groups', 9)}`, { membershipRule: 'x' }],
      204,
      ['Update group'],
    ],
  ];

  it.each(cases)('writes what Entra would when %s', async (_title, call, status, expected) => {
    const [method, path, body] = call();
    const { status: answered, json, events } = await act(method, path, body);
    expect([answered, json['error']]).toEqual([status, undefined]);
    expect(activities(events)).toEqual(expected);
    expect(new Set(events.map((event) => event['correlationId'])).size).toBe(1);
    for (const event of events) {
      expect(event).toMatchObject({
        result: 'success',
        initiatedBy: { app: null, user: { id: actorId, ipAddress: '127.0.0.1' } },
      });
      expect(event['activityDateTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
      expect(objectsOf(event, 'targetResources').length).toBeGreaterThan(0);
    }
    expect(JSON.stringify(events)).not.toContain('passwordProfile');
  });

  it('puts both versions of a policy into the event, and the time of change into the policy', async () => {
    const id = idOf('conditionalAccessPolicies', 2);
    const { events } = await act('PATCH', `${POLICIES}/${id}`, { conditions: { users: { excludeUsers: ['u1'] } } });
    const [property] = objectsOf(objectsOf(events[1] ?? {}, 'targetResources')[0] ?? {}, 'modifiedProperties');
    const [before, after] = [property?.['oldValue'], property?.['newValue']].map(
      (text): JsonObject => JSON.parse(String(text)),
    );
    expect(property).toMatchObject({ displayName: 'ConditionalAccessPolicy' });
    expect(after).toMatchObject({ id, conditions: { users: { excludeUsers: ['u1'], includeUsers: ['All'] } } });
    expect(after?.['modifiedDateTime']).not.toBe(before?.['modifiedDateTime']);
    expect((await graph(tenant, `${POLICIES}/${id}`)).json['modifiedDateTime']).toBe(after?.['modifiedDateTime']);
  });

  it('names the key of a new secret in the event, and never its text', async () => {
    const { json, events } = await act('POST', `/applications/${idOf('applications', 5)}/addPassword`, {});
    const [property] = objectsOf(objectsOf(events[0] ?? {}, 'targetResources')[0] ?? {}, 'modifiedProperties');
    expect(String(property?.['newValue'])).toContain(`KeyIdentifier=${json['keyId']},KeyType=Password`);
    expect(JSON.stringify(tenant.state.audit.visible())).not.toContain(String(json['secretText']));
    expect(JSON.stringify(tenant.state.collections.applications.get(idOf('applications', 5)))).not.toContain(
      String(json['secretText']),
    );
  });

  it('names role and template in the event of an assignment, which the list then holds as permanent', async () => {
    const principalId = tenant.cast.memberIds[44] ?? '';
    const { json, events } = await act('POST', '/roleManagement/directory/roleAssignments', {
      principalId,
      roleDefinitionId: GLOBAL_ADMINISTRATOR,
    });
    const properties = objectsOf(objectsOf(events[1] ?? {}, 'targetResources')[0] ?? {}, 'modifiedProperties');
    expect(properties).toContainEqual({
      displayName: 'Role.TemplateId',
      oldValue: null,
      newValue: `"${GLOBAL_ADMINISTRATOR}"`,
    });
    const rows = (
      await graph(
        tenant,
        `/roleManagement/directory/roleAssignmentScheduleInstances?$filter=principalId eq '${principalId}'`,
      )
    ).json['value'];
    expect(rows).toMatchObject([{ id: json['id'], endDateTime: null, assignmentType: 'Assigned' }]);
  });

  it('lets an application that holds a secret act, and names the application as the actor', async () => {
    const privileged = [...tenant.state.collections.appRoleAssignments.values()].find(
      (row) =>
        row['appRoleId'] === '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9' ||
        row['appRoleId'] === '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8',
    );
    const sp = tenant.state.collections.servicePrincipals.get(String(privileged?.['principalId'])) ?? {};
    const { json } = await act('POST', `/servicePrincipals/${sp['id']}/addPassword`, {});
    const { json: token } = await postForm(tenant, {
      client_id: textOf(sp, 'appId'),
      client_secret: String(json['secretText']),
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
    });
    const canManageRoles = privileged?.['appRoleId'] === '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';
    const [path, body]: [string, Json] = canManageRoles
      ? [
          '/roleManagement/directory/roleAssignments',
          { principalId: tenant.cast.memberIds[77] ?? '', roleDefinitionId: GLOBAL_ADMINISTRATOR },
        ]
      : ['/applications', { displayName: 'Made by an application' }];
    expect((await graph(tenant, path, { method: 'POST', token: String(token['access_token']), body })).status).toBe(
      201,
    );
    expect(tenant.state.audit.visible()[0]).toMatchObject({
      initiatedBy: { user: null, app: { servicePrincipalId: sp['id'], appId: sp['appId'] } },
    });
  });

  it.each<[string, string, string, Json]>([
    ['a state that does not exist', 'PATCH', `${POLICIES}/ID`, { state: 'off' }],
    ['a policy without conditions', 'POST', POLICIES, { displayName: 'x', state: 'enabled' }],
    [
      'an assignment to nobody',
      'POST',
      '/roleManagement/directory/roleAssignments',
      { principalId: 'x', roleDefinitionId: GLOBAL_ADMINISTRATOR },
    ],
    ['a member without a reference', 'POST', '/groups/ID/members/$ref', {}],
  ])('refuses %s and leaves no event', async (_what, method, path, body) => {
    const id = path.startsWith('/groups') ? idOf('groups', 3) : idOf('conditionalAccessPolicies', 3);
    const { status, events } = await act(method, path.replace('ID', id), body);
    expect([status, events]).toEqual([400, []]);
  });

  it('does not let the watching application write', async () => {
    const answer = await graph(tenant, `${POLICIES}/${idOf('conditionalAccessPolicies', 3)}`, {
      method: 'PATCH',
      body: { state: 'disabled' },
    });
    expect(answer.status).toBe(403);
  });

  it('does not let a body reach the prototype of objects', async () => {
    await graph(tenant, `/groups/${idOf('groups', 4)}`, {
      method: 'PATCH',
      token: tenant.tokenFor(actorId),
      body: JSON.parse('{"__proto__":{"polluted":true},"description":"d"}'),
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('shows events to readers only after the delay that is set', async () => {
    const before = tenant.state.audit.visible().length;
    tenant.state.audit.delayMs = 60_000;
    await act('PATCH', '/policies/authorizationPolicy', { allowInvitesFrom: 'none' });
    expect(tenant.state.audit.visible().length).toBeLessThanOrEqual(before);
    tenant.state.audit.delayMs = 0;
    expect(tenant.state.audit.visible()[0]).toMatchObject({ activityDisplayName: 'Update authorization policy' });
  });
});
