import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { type Edge, edgesOf } from './edges.js';
import type { Objects } from './rule-case.types.js';

const USER_ADMIN = 'fe930be7-5e62-47db-91af-98c3a49a38b1';
const ALICE = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';
const GROUP = '33333333-3333-4333-8333-333333333333';
const SP = '55555555-5555-4555-8555-555555555555';

const contoso = (more: JsonObject): JsonObject => ({ tenantId: ALICE, ...more });
const inbound = (accessType: string | null): JsonObject => ({
  b2bCollaborationInbound: { usersAndGroups: { accessType } },
});
const synchronised = (isSyncAllowed: boolean): JsonObject => ({
  identitySynchronization: { userSyncInbound: { isSyncAllowed } },
});
const consented = (inboundAllowed: boolean): JsonObject => ({ automaticUserConsentSettings: { inboundAllowed } });
const PARTNERS: Edge[] = [
  ['XT-03', 'a new partner that writes users', null, contoso(synchronised(true)), 'critical', { opposite: 'silent' }],
  ['XT-04', 'no longer kept out', contoso(inbound('blocked')), contoso({}), 'medium'],
  ['XT-04', 'let in expressly', contoso({}), contoso(inbound('allowed')), 'medium'],
];
const DEFAULTS: Edge[] = [['XT-03', 'consent for everybody', consented(false), consented(true), 'critical']];

const membership = (kind: string, more: JsonObject = {}): JsonObject => ({
  '@odata.type': `#microsoft.graph.${kind}DeviceRegistrationMembership`,
  ...more,
});
const joined = (allowedToJoin: JsonObject): JsonObject => ({ azureADJoin: { allowedToJoin } });
const registering = (registeringUsers: JsonObject): JsonObject => ({
  azureADJoin: { localAdmins: { registeringUsers } },
});
const WHO = '/azureADJoin/localAdmins/registeringUsers/membership';
const DEVICES: Edge[] = [
  [
    'DV-01',
    'some people after nobody',
    joined(membership('no')),
    joined(membership('enumerated', { users: [ALICE] })),
    'nothing',
    { path: '/azureADJoin/allowedToJoin/membership' },
  ],
  ['DV-01', 'everybody after nobody', joined(membership('no')), joined(membership('all')), 'medium'],
  [
    'DV-02',
    'everybody after some',
    registering(membership('enumerated', { users: [ALICE] })),
    registering(membership('all')),
    'medium',
    { path: WHO },
  ],
  [
    'DV-02',
    'some after nobody',
    registering(membership('no')),
    registering(membership('enumerated', { users: [ALICE] })),
    'medium',
    { path: WHO },
  ],
  [
    'DV-02',
    'one more group',
    registering(membership('enumerated', { groups: [GROUP] })),
    registering(membership('enumerated', { groups: [GROUP, BOB] })),
    'medium',
  ],
];

const provider = (name: string, value: string): JsonObject => ({ id: 'idp', [name]: value });
const PROVIDERS: Edge[] = [
  ...['clientId', 'wellKnownEndpoint', 'issuerUri', 'passiveSignInUri', 'metadataExchangeUri'].map(
    (name): Edge => ['AM-05', `another ${name}`, provider(name, 'a'), provider(name, 'b'), 'high', { bothWays: true }],
  ),
  ['AM-05', 'a certificate for the first time', { id: 'idp' }, provider('signingCertificate', 'a'), 'high'],
];

const decides: Objects = {
  conditionalAccessPolicy: [{ state: 'enabled', conditions: { users: { excludeGroups: [GROUP] } } }],
};
const holdsRole: Objects = {
  roleAssignment: [{ principalId: GROUP, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' }],
};
const members = (...ids: string[]): JsonObject => ({ id: GROUP, members: ids.map((id) => ({ id })) });
const dynamic = (membershipRule: string | null, more: JsonObject = {}): JsonObject => ({
  id: GROUP,
  membershipRule,
  ...more,
});
const GROUPS: Edge[] = [
  ['GR-01', 'a member of a group that holds a role', members(), members(ALICE), 'critical', { around: holdsRole }],
  ['GR-01', 'a new group that holds a role', null, members(ALICE), 'nothing', { around: holdsRole }],
  ['GR-02', 'a new group that a policy excludes', null, members(ALICE), 'nothing', { around: decides }],
  [
    'GR-02',
    'an administrator joins',
    members(),
    members(ALICE),
    'critical',
    {
      around: {
        ...decides,
        roleAssignment: [{ principalId: ALICE, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' }],
      },
    },
  ],
  ['GR-02', 'an emergency account joins', members(), members(ALICE), 'info', { around: decides, breakGlass: [ALICE] }],
  ['GR-02', 'another account joins', members(), members(BOB), 'high', { around: decides, breakGlass: [ALICE] }],
  [
    'GR-03',
    'the rule of a group that holds a role',
    dynamic('a'),
    dynamic('b'),
    'critical',
    { around: holdsRole, bothWays: true },
  ],
  ['GR-03', 'a rule for the first time', dynamic(null), dynamic('a'), 'high', { around: decides, bothWays: true }],
  ['GR-03', 'no rule any more', dynamic('a'), dynamic(null), 'high', { around: decides, bothWays: true }],
  ['GR-03', 'a group that decides nothing', dynamic('a'), dynamic('b'), 'nothing'],
  [
    'GR-03',
    'the rule is paused',
    dynamic('a', { membershipRuleProcessingState: 'On' }),
    dynamic('a', { membershipRuleProcessingState: 'Paused' }),
    'high',
    { around: decides, bothWays: true },
  ],
  [
    'GR-03',
    'members by rule',
    dynamic('a', { groupTypes: [] }),
    dynamic('a', { groupTypes: ['DynamicMembership'] }),
    'high',
    { around: decides, bothWays: true },
  ],
];
const mayJoin: JsonObject = { principalId: ALICE, groupId: GROUP, accessId: 'member' };
const ELIGIBLE: Edge[] = [
  ['GR-02', 'an emergency account may join', null, mayJoin, 'info', { around: decides, breakGlass: [ALICE] }],
  [
    'GR-01',
    'no longer',
    { principalId: ALICE, groupId: GROUP, accessId: 'member' },
    null,
    'tighter',
    { around: { ...holdsRole, group: [{ id: GROUP }] } },
  ],
];

const aliceIsAdmin: Objects = {
  roleAssignment: [{ principalId: ALICE, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' }],
};
const alice = (more: JsonObject): JsonObject => ({ id: ALICE, ...more });
const USERS: Edge[] = [
  [
    'US-01',
    'another anchor',
    alice({ onPremisesImmutableId: 'a' }),
    alice({ onPremisesImmutableId: 'b' }),
    'high',
    { around: aliceIsAdmin, bothWays: true },
  ],
  ['US-01', 'an anchor of somebody without roles', alice({}), alice({ onPremisesImmutableId: 'a' }), 'nothing'],
  [
    'US-01',
    'somebody without roles is switched on',
    alice({ accountEnabled: false }),
    alice({ accountEnabled: true }),
    'nothing',
  ],
  [
    'US-01',
    'a member becomes a guest',
    alice({ userType: 'Member' }),
    alice({ userType: 'Guest' }),
    'tighter',
    { around: aliceIsAdmin },
  ],
];

const own = (more: JsonObject): JsonObject => ({ appId: 'app-1', ...more });
const federated = (more: JsonObject): JsonObject =>
  own({ federatedIdentityCredentials: [{ name: 'f', issuer: 'https://i', subject: 's', ...more }] });
const redirects = (name: string, ...redirectUris: string[]): JsonObject => own({ [name]: { redirectUris } });
const BOTH = { bothWays: true } as const;
const APPLICATIONS: Edge[] = [
  [
    'AC-02',
    'a certificate of a program that can take the tenant',
    own({ keyCredentials: [] }),
    own({ keyCredentials: [{ keyId: 'k' }] }),
    'critical',
    {
      around: {
        servicePrincipal: [{ id: SP, appId: 'app-1' }],
        roleAssignment: [{ principalId: SP, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' }],
      },
    },
  ],
  ['AC-03', 'another issuer', federated({}), federated({ issuer: 'https://j' }), 'high', BOTH],
  ['AC-03', 'another audience', federated({ audiences: ['a'] }), federated({ audiences: ['a', 'b'] }), 'high'],
  ['AC-03', 'one audience for another', federated({ audiences: ['a'] }), federated({ audiences: ['b'] }), 'high', BOTH],
  [
    'AC-03',
    'another expression',
    federated({ claimsMatchingExpression: { value: 'a', languageVersion: 1 } }),
    federated({ claimsMatchingExpression: { value: 'b', languageVersion: 1 } }),
    'high',
    BOTH,
  ],
  [
    'AC-07',
    'an address of a device',
    redirects('publicClient', 'https://a.example/x'),
    redirects('publicClient', 'https://a.example/x', 'https://b.example/x'),
    'high',
  ],
  [
    'AC-08',
    'programs without a secret',
    own({ isFallbackPublicClient: false }),
    own({ isFallbackPublicClient: true }),
    'medium',
  ],
  ['AC-08', 'an audience is said for the first time', own({}), own({ signInAudience: 'AzureADMyOrg' }), 'nothing'],
];

const program = (more: JsonObject): JsonObject => ({ id: SP, ...more });
const tierZero: Objects = {
  servicePrincipal: [{ id: 'another', appId: 'app-1' }],
  roleAssignment: [
    { principalId: SP, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' },
    { principalId: 'another', roleDefinitionId: USER_ADMIN, directoryScopeId: '/' },
  ],
};
const AROUND = { around: tierZero };
const TIER_ZERO_APPLICATIONS: Edge[] = [
  [
    'AC-07',
    'another host of a program that can take the tenant',
    redirects('web', 'https://a.example/x'),
    redirects('web', 'https://a.example/x', 'https://b.example/x'),
    'critical',
    AROUND,
  ],
  [
    'AC-07',
    'the same host of such a program',
    redirects('web', 'https://a.example/x'),
    redirects('web', 'https://a.example/x', 'https://a.example/y'),
    'medium',
    AROUND,
  ],
  [
    'AC-08',
    'other tenants use such a program',
    own({ signInAudience: 'AzureADMyOrg' }),
    own({ signInAudience: 'AzureADMultipleOrgs' }),
    'high',
    AROUND,
  ],
];
const PROGRAMS: Edge[] = [
  [
    'AC-09',
    'one that can take the tenant is switched on',
    program({ accountEnabled: false }),
    program({ accountEnabled: true }),
    'high',
    AROUND,
  ],
  [
    'AC-10',
    'another key of one that can take the tenant',
    program({ preferredTokenSigningKeyThumbprint: 'A' }),
    program({ preferredTokenSigningKeyThumbprint: 'B' }),
    'critical',
    { around: tierZero, bothWays: true },
  ],
  ['AC-02', 'a certificate of a service principal', program({}), program({ keyCredentials: [{ keyId: 'k' }] }), 'high'],
  ['AC-06', 'an owner of a service principal', program({}), program({ owners: [{ id: 'o' }] }), 'low'],
  [
    'AC-07',
    'an address of a service principal',
    program({ replyUrls: ['https://a.example/x'] }),
    program({ replyUrls: ['https://a.example/x', 'https://b.example/x'] }),
    'high',
  ],
  [
    'AC-09',
    'only who is assigned',
    program({ appRoleAssignmentRequired: false }),
    program({ appRoleAssignmentRequired: true }),
    'tighter',
  ],
  ['AC-09', 'switched off', program({ accountEnabled: true }), program({ accountEnabled: false }), 'tighter'],
  [
    'AC-10',
    'another relay state',
    program({ samlSingleSignOnSettings: { relayState: 'a' } }),
    program({ samlSingleSignOnSettings: { relayState: 'b' } }),
    'high',
    BOTH,
  ],
];

const consent = (consentType: string, scope: string): JsonObject => ({
  clientId: SP,
  consentType,
  principalId: null,
  resourceId: 'graph',
  scope,
});
const GRANTS: Edge[] = [
  [
    'AC-05',
    'another harmless scope',
    consent('AllPrincipals', 'User.Read'),
    consent('AllPrincipals', 'User.Read openid'),
    'nothing',
  ],
];

const ADMINISTRATOR = 'a0000000-0000-4000-8000-000000000001';
const VIEWER = 'a0000000-0000-4000-8000-000000000003';
const roles: Objects = {
  accessRole: [
    { id: ADMINISTRATOR, displayName: 'administrator', permissions: ['access:manage'] },
    { id: VIEWER, displayName: 'viewer', permissions: ['drift:read'] },
  ],
};
const given = (roleId: string, more: JsonObject = {}): JsonObject => ({
  assignmentType: 'active',
  principalType: 'user',
  principalId: ALICE,
  principalDisplayName: 'Ada',
  roleId,
  roleName: 'a role',
  scope: '/',
  effect: 'allow',
  ...more,
});
const UNTIL = { endDateTime: '2030-01-01T00:00:00Z' };
const DENY = { effect: 'deny' };
const GIVEN: Edge[] = [
  ['RB-01', 'a viewer for good', given(VIEWER, UNTIL), given(VIEWER), 'nothing', { around: roles }],
  [
    'RB-01',
    'a denial for good',
    given(ADMINISTRATOR, { ...DENY, ...UNTIL }),
    given(ADMINISTRATOR, DENY),
    'nothing',
    { around: roles },
  ],
  ['RB-02', 'an assignment until a day', given(VIEWER), given(VIEWER, UNTIL), 'nothing', { around: roles }],
];
const apart = (permissions: string[]): JsonObject => ({
  id: 'c0000000-0000-4000-8000-000000000001',
  displayName: 'apart',
  kind: 'permissions',
  atMost: 1,
  permissions,
});
const CONSTRAINTS: Edge[] = [
  ['RB-03', 'one permission for another', apart(['a', 'b']), apart(['a', 'c']), 'high', BOTH],
];
const HELD: Edge[] = [
  [
    'RB-07',
    'more by another role',
    { id: VIEWER, displayName: 'viewer', permissions: [], inheritedPermissions: ['drift:read'] },
    { id: VIEWER, displayName: 'viewer', permissions: [], inheritedPermissions: ['drift:read', 'drift:scan'] },
    'medium',
  ],
];

const verified: JsonObject = {
  permissionType: 'delegated',
  permissionClassification: 'low',
  permissions: ['all'],
  clientApplicationsFromVerifiedPublisherOnly: true,
};
const CONSENT: Edge[] = [
  ['CO-03', 'harmless permissions', { includes: [] }, { includes: [verified] }, 'nothing'],
  ['CO-03', 'no permissions any more', { includes: [verified] }, { includes: [] }, 'tighter'],
  ['CO-03', 'an exclusion more', { excludes: [] }, { excludes: [verified] }, 'tighter'],
];

const BEGINNING = '0001-01-01T00:00:00Z';
const restricted = (list: string, restriction: JsonObject | null): JsonObject => ({
  isEnabled: true,
  applicationRestrictions: {
    [list]:
      restriction === null
        ? []
        : [
            {
              restrictionType: 'any',
              state: 'enabled',
              restrictForAppsCreatedAfterDateTime: BEGINNING,
              ...restriction,
            },
          ],
  },
});
const APP_MANAGEMENT: Edge[] = [
  ['AC-11', 'off', { isEnabled: true }, { isEnabled: false }, 'high'],
  ...['passwordCredentials', 'keyCredentials'].flatMap((list): Edge[] => {
    const within = list === 'passwordCredentials' ? 'P181D' : 'P366D';
    const beyond = list === 'passwordCredentials' ? 'P182D' : 'P367D';
    const since = (year: number | null) =>
      restricted(list, {
        restrictForAppsCreatedAfterDateTime: year === null ? BEGINNING : `${year}-01-01T00:00:00Z`,
      });
    return [
      ['AC-11', `${list}: a restriction goes`, restricted(list, {}), restricted(list, null), 'high'],
      ['AC-11', `${list}: a restriction off`, restricted(list, {}), restricted(list, { state: 'disabled' }), 'high'],
      [
        'AC-11',
        `${list}: one that was off goes`,
        restricted(list, { state: 'disabled' }),
        restricted(list, null),
        'nothing',
      ],
      [
        'AC-11',
        `${list}: longer`,
        restricted(list, { maxLifetime: within }),
        restricted(list, { maxLifetime: beyond }),
        'high',
      ],
      [
        'AC-11',
        `${list}: a little longer`,
        restricted(list, { maxLifetime: 'P30D' }),
        restricted(list, { maxLifetime: within }),
        'low',
      ],
      ['AC-11', `${list}: for ever`, restricted(list, { maxLifetime: within }), restricted(list, {}), 'high'],
      ['AC-11', `${list}: old programs are exempt`, since(null), since(2024), 'high'],
      ['AC-11', `${list}: more old programs are exempt`, since(2024), since(2025), 'high'],
      ['AC-11', `${list}: no old program is exempt any more`, since(2024), since(null), 'tighter'],
    ];
  }),
];
const CUSTOM_APP_MANAGEMENT: Edge[] = [
  [
    'AC-11',
    'a program with a policy of its own',
    { id: 'p', appliesTo: [] },
    { id: 'p', appliesTo: [{ id: 'a' }] },
    'high',
  ],
];

export const ORGANISATION_EDGES = [
  edgesOf('defaultAppManagementPolicy', APP_MANAGEMENT),
  edgesOf('appManagementPolicy', CUSTOM_APP_MANAGEMENT),
  edgesOf('permissionGrantPolicy', CONSENT),
  edgesOf('crossTenantAccessPartner', PARTNERS),
  edgesOf('crossTenantAccessDefault', DEFAULTS),
  edgesOf('deviceRegistrationPolicy', DEVICES),
  edgesOf('identityProvider', PROVIDERS),
  edgesOf('group', GROUPS),
  edgesOf('groupEligibility', ELIGIBLE),
  edgesOf('user', USERS),
  edgesOf('application', APPLICATIONS),
  edgesOf('application', TIER_ZERO_APPLICATIONS),
  edgesOf('servicePrincipal', PROGRAMS),
  edgesOf('oauth2PermissionGrant', GRANTS),
  edgesOf('accessAssignment', GIVEN),
  edgesOf('accessConstraint', CONSTRAINTS),
  edgesOf('accessRole', HELD),
];
