import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { allRows, graph, wire } from '../testing/tenant-client.js';
import { fromPowerShell } from './powershell-json.js';

const SHARED = process.env['BLINDSPOTX_SHARED_DATA'] ?? resolve(__dirname, '../../../shared/data');
const SCUBAGEAR = join(SHARED, 'scubagear-tenant');
const withSharedData = existsSync(SCUBAGEAR) ? it : it.skip;

const SCUBA = {
  conditional_access_policies: [
    {
      Id: 'p1',
      DisplayName: 'Old style',
      State: 'enabled',
      CreatedDateTime: '/Date(1647536088205)/',
      Conditions: {
        Users: { IncludeUsers: ['All'], ExcludeUsers: [] },
        Devices: { DeviceFilter: { Mode: null, Rule: null } },
      },
      AdditionalProperties: {},
    },
  ],
  authorization_policies: {
    AllowInvitesFrom: 'everyone',
    AllowedToUseSspr: true,
    DefaultUserRolePermissions: { AllowedToCreateApps: true },
    PermissionGrantPolicyIdsAssignedToDefaultUserRole: ['ManagePermissionGrantsForSelf.microsoft-user-default-legacy'],
  },
  privileged_roles: [
    {
      DisplayName: 'Global Administrator',
      RoleTemplateId: '62e90394-69f5-4237-9190-012177145e10',
      Assignments: {
        id: 'a1',
        principalId: '11111111-1111-4111-8111-111111111111',
        directoryScopeId: '/',
        endDateTime: null,
        assignmentType: 'Assigned',
      },
      Rules: [
        {
          Id: 'Expiration_Admin_Eligibility',
          RuleSource: 'Global Administrator',
          AdditionalProperties: {
            '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyExpirationRule',
            isExpirationRequired: false,
          },
        },
      ],
    },
  ],
  privileged_users: {
    '11111111-1111-4111-8111-111111111111': {
      DisplayName: 'Imported Person',
      roles: ['Global Administrator'],
      OnPremisesImmutableId: null,
    },
  },
};

describe('loading an export as the state of the demo tenant', () => {
  let tenant: DemoTenant;
  beforeEach(async () => {
    tenant = await startDemoTenant({ seed: 15, users: 40 });
  });
  afterEach(() => tenant.close());
  const load = (text: string) => wire(tenant, `${tenant.authorityHost}/demo/import`, { method: 'POST', body: text });

  it('loads a ScubaGear export, whose policies Graph then answers in its own form', async () => {
    const answer = await load(`\uFEFF${JSON.stringify(SCUBA)}`);
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { format: 'scubagear', loaded: { conditionalAccessPolicies: 1, roleDefinitions: 1 } },
    ]);
    expect(await allRows(tenant, '/identity/conditionalAccess/policies')).toMatchObject([
      {
        id: 'p1',
        displayName: 'Old style',
        state: 'enabled',
        createdDateTime: '2022-03-17T16:54:48.205Z',
        conditions: { users: { includeUsers: ['All'] }, devices: null },
      },
    ]);
    expect((await graph(tenant, '/policies/authorizationPolicy')).json).toMatchObject({
      allowedToUseSSPR: true,
      defaultUserRolePermissions: { permissionGrantPoliciesAssigned: [expect.stringContaining('legacy')] },
    });
    const active = await allRows(
      tenant,
      "/roleManagement/directory/roleAssignmentScheduleInstances?$filter=roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'",
    );
    expect(active).toMatchObject([
      { id: 'a1', principalId: '11111111-1111-4111-8111-111111111111', endDateTime: null },
    ]);
    expect((await graph(tenant, '/users/11111111-1111-4111-8111-111111111111')).json['displayName']).toBe(
      'Imported Person',
    );
  });

  it('loads Graph’s own JSON of policies, as IntuneManagement writes it', async () => {
    const [policy] = await allRows(tenant, '/identity/conditionalAccess/policies');
    const answer = await load(JSON.stringify({ value: [policy] }));
    expect(answer.json).toEqual({ format: 'graph', loaded: { conditionalAccessPolicies: 1 } });
    expect(await allRows(tenant, '/identity/conditionalAccess/policies')).toEqual([policy]);
  });

  it('loads the policies of a snapshot in the product’s own form', async () => {
    const lines = [
      { format: 'blindspotx-snapshot', version: 1 },
      {
        resourceType: 'conditionalAccessPolicy',
        key: 'k1',
        value: {
          displayName: 'From a snapshot',
          state: 'disabled',
          conditions: { authenticationFlows: { transferMethods: ['a', 'b'] } },
        },
      },
      {
        resourceType: 'authenticationMethodConfiguration',
        key: 'Sms',
        value: { state: 'enabled', includeTargets: { all_users: { id: 'all_users', targetType: 'group' } } },
      },
      { resourceType: 'group', key: 'g', value: {} },
    ];
    const answer = await load(lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(answer.json).toEqual({
      format: 'blindspotx-snapshot',
      loaded: { conditionalAccessPolicy: 1, authenticationMethodConfiguration: 1 },
    });
    expect(await allRows(tenant, '/identity/conditionalAccess/policies')).toMatchObject([
      { id: 'k1', conditions: { authenticationFlows: { transferMethods: 'a,b' } } },
    ]);
    expect(
      await allRows(tenant, '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations'),
    ).toMatchObject([{ id: 'Sms', includeTargets: [{ id: 'all_users' }] }]);
  });

  it.each([
    ['text', 'neither JSON'],
    ['{"some":"json"}', 'no export that the demo tenant knows'],
    ['{"format":"blindspotx-snapshot"}\n{broken', 'Line 2'],
    ['{"privileged_roles":null}', 'no section'],
  ])('refuses %s with words and keeps its state', async (text, words) => {
    const before = JSON.stringify(tenant.state.counts());
    const answer = await load(text);
    expect([answer.status, JSON.stringify(answer.json)]).toEqual([400, expect.stringContaining(words)]);
    expect(JSON.stringify(tenant.state.counts())).toBe(before);
  });

  withSharedData('loads each real ScubaGear export (skipped where the shared data is absent)', async () => {
    for (const file of readdirSync(SCUBAGEAR).filter((name) => name.endsWith('.ProviderSettingsExport.json'))) {
      const answer = await load(readFileSync(join(SCUBAGEAR, file), 'utf8'));
      expect([file, answer.status, answer.json]).toMatchObject([
        file,
        200,
        { loaded: { conditionalAccessPolicies: expect.any(Number), roleDefinitions: expect.any(Number) } },
      ]);
      expect((await graph(tenant, '/identity/conditionalAccess/policies')).status).toBe(200);
      expect(
        (await graph(tenant, '/roleManagement/directory/roleAssignmentScheduleInstances?$expand=principal')).status,
      ).toBe(200);
    }
  });

  it('reads what PowerShell writes', () => {
    expect(
      fromPowerShell({
        At: 'Date(0)',
        Empty: { A: null, B: { C: null } },
        AdditionalProperties: { 'x@odata.context': 'u', state: 'on' },
        One: [{ Id: 1 }],
      }),
    ).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      empty: null,
      state: 'on',
      one: [{ id: 1 }],
    });
  });
});
