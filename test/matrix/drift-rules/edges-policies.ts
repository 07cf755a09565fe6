import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { type Edge, edgesOf } from './edges.js';

const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const ALICE = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';
const GROUP = '33333333-3333-4333-8333-333333333333';
const PLACE = '44444444-4444-4444-8444-444444444444';
const aliceIsAdmin = {
  roleAssignment: [{ principalId: ALICE, roleDefinitionId: GLOBAL_ADMIN, directoryScopeId: '/' }],
};

const policy = (conditions: JsonObject, grantControls: JsonObject | null, more: JsonObject = {}): JsonObject => ({
  state: 'enabled',
  conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] }, ...conditions },
  grantControls,
  ...more,
});
const MFA = { operator: 'OR', builtInControls: ['mfa'] };
const BLOCK = { operator: 'OR', builtInControls: ['block'] };
const DEVICE = { operator: 'OR', builtInControls: ['compliantDevice'] };
const APPROVED = { operator: 'OR', builtInControls: ['approvedApplication'] };
const inState = (state: string | null, controls = MFA) => policy({}, controls, { state });
const users = (more: JsonObject) => policy({ users: { includeUsers: ['All'], ...more } }, MFA);
const grants = (operator: string, builtInControls: string[]) => policy({}, { operator, builtInControls });
const blocking = (conditions: JsonObject) => policy(conditions, BLOCK);
const session = (sessionControls: JsonObject) => policy({}, MFA, { sessionControls });
const frequency = (signInFrequency: JsonObject) =>
  session({ signInFrequency: { isEnabled: true, ...signInFrequency } });
const flows = (transferMethods: string) => blocking({ authenticationFlows: { transferMethods } });
const guests = (guestOrExternalUserTypes: string, externalTenants: JsonObject) =>
  users({ excludeGuestsOrExternalUsers: { guestOrExternalUserTypes, externalTenants } });
const EVERY = { membershipKind: 'all' };
const some = (...members: string[]) => ({ membershipKind: 'enumerated', members });
const agents = (clientApplications: JsonObject, controls = BLOCK) => policy({ clientApplications }, controls);
const filter = (mode: string, rule: string) => policy({ devices: { deviceFilter: { mode, rule } } }, MFA);
const MEMBERS = '/conditions/users/excludeGuestsOrExternalUsers/externalTenants/members';
const KIND = '/conditions/users/excludeGuestsOrExternalUsers/externalTenants/membershipKind';
const strong = (id: string, roles: string[] = []) =>
  policy({ users: { includeRoles: roles } }, { operator: 'OR', authenticationStrength: { id } });
const strengths = {
  authenticationStrengthPolicy: [
    { id: 'strong', allowedCombinations: ['fido2'] },
    { id: 'weak', allowedCombinations: ['fido2', 'password,sms'] },
  ],
};

const POLICIES: Edge[] = [
  [
    'CA-01',
    'only reporting is another rule',
    inState('enabled'),
    inState('enabledForReportingButNotEnforced'),
    'nothing',
  ],
  ['CA-01', 'a state that nobody knows', inState('enabled'), inState(null), 'critical'],
  ['CA-02', 'switched off is another rule', inState('enabled'), inState('disabled'), 'nothing'],
  [
    'CA-02',
    'without protection',
    inState('enabled', APPROVED),
    inState('enabledForReportingButNotEnforced', APPROVED),
    'high',
  ],
  ['CA-03', 'a disabled policy', inState('disabled'), null, 'nothing'],
  [
    'CA-05',
    'a group of administrators',
    users({}),
    users({ excludeGroups: [GROUP] }),
    'critical',
    { around: { roleAssignment: [{ principalId: GROUP, roleDefinitionId: GLOBAL_ADMIN }], group: [{ id: GROUP }] } },
  ],
  [
    'CA-05',
    'only the emergency group',
    users({}),
    users({ excludeGroups: [GROUP] }),
    'info',
    { breakGlass: [GROUP], bothWays: true },
  ],
  [
    'CA-07',
    'one more tenant',
    guests('internalGuest', some('a')),
    guests('internalGuest', some('a', 'b')),
    'high',
    { path: MEMBERS },
  ],
  [
    'CA-07',
    'one tenant fewer',
    guests('internalGuest', some('a', 'b')),
    guests('internalGuest', some('a')),
    'tighter',
    { path: MEMBERS },
  ],
  [
    'CA-07',
    'some tenants instead of all',
    guests('internalGuest', EVERY),
    guests('internalGuest', some('a')),
    'tighter',
    { path: KIND },
  ],
  [
    'CA-07',
    'the list that says which',
    guests('internalGuest', EVERY),
    guests('internalGuest', some('a')),
    'nothing',
    { path: MEMBERS },
  ],
  [
    'CA-07',
    'the list that all replaces',
    guests('internalGuest', some('a')),
    guests('internalGuest', EVERY),
    'nothing',
    { path: MEMBERS },
  ],
  ['CA-07', 'no guest is excluded any more', guests('internalGuest', EVERY), users({}), 'tighter', { path: KIND }],
  [
    'CA-07',
    'a few tenants are excluded',
    users({}),
    guests('internalGuest', some('a')),
    'tighter',
    { path: KIND, name: 'of a few tenants only' },
  ],
  ['CA-12', 'another control goes', grants('AND', ['compliantDevice', 'mfa']), grants('AND', ['mfa']), 'nothing'],
  [
    'CA-14',
    'a joined device is no longer asked for',
    grants('AND', ['domainJoinedDevice', 'mfa']),
    grants('AND', ['mfa']),
    'high',
  ],
  [
    'CA-14',
    'another control goes',
    grants('AND', ['compliantDevice', 'mfa']),
    grants('AND', ['compliantDevice']),
    'nothing',
  ],
  ['CA-15', 'no controls at all', grants('AND', ['compliantDevice', 'mfa']), policy({}, null), 'nothing'],
  ['CA-15', 'controls for the first time', policy({}, null), grants('OR', ['compliantDevice', 'mfa']), 'nothing'],
  ...['mfa', 'domainJoinedDevice', 'approvedApplication', 'compliantApplication', 'passwordChange'].map(
    (control): Edge => [
      'CA-15',
      `${control} is another way in`,
      grants('OR', ['compliantDevice']),
      grants('OR', ['compliantDevice', control]),
      'high',
    ],
  ),
  ['CA-15', 'a block is no way in', grants('OR', ['mfa']), grants('OR', ['block', 'mfa']), 'nothing'],
  ['CA-16', 'another strength', strong('strong'), strong('weak'), 'high', { around: strengths }],
  [
    'CA-17',
    'other legacy clients',
    blocking({ clientAppTypes: ['exchangeActiveSync', 'other'] }),
    blocking({ clientAppTypes: ['exchangeActiveSync'] }),
    'high',
  ],
  [
    'CA-17',
    'browsers',
    blocking({ clientAppTypes: ['browser', 'other'] }),
    blocking({ clientAppTypes: ['other'] }),
    'nothing',
  ],
  [
    'CA-17',
    'a policy that protects nothing',
    policy({ clientAppTypes: ['browser', 'other'] }, APPROVED),
    policy({ clientAppTypes: ['browser'] }, APPROVED),
    'nothing',
  ],
  [
    'CA-18',
    'medium risk is let through',
    blocking({ userRiskLevels: ['high', 'medium'] }),
    blocking({ userRiskLevels: ['high'] }),
    'nothing',
  ],
  [
    'CA-18',
    'medium risk is stopped too',
    blocking({ userRiskLevels: ['high'] }),
    blocking({ userRiskLevels: ['high', 'medium'] }),
    'nothing',
  ],
  [
    'CA-18',
    'high risk is stopped too',
    blocking({ signInRiskLevels: ['medium'] }),
    blocking({ signInRiskLevels: ['high', 'medium'] }),
    'tighter',
  ],
  ['CA-18', 'every risk is stopped', blocking({ signInRiskLevels: ['high'] }), blocking({}), 'tighter'],
  [
    'CA-20',
    'only transfer is let through',
    flows('deviceCodeFlow,authenticationTransfer'),
    flows('deviceCodeFlow'),
    'nothing',
  ],
  [
    'CA-21',
    'only the device code flow is let through',
    flows('deviceCodeFlow,authenticationTransfer'),
    flows('authenticationTransfer'),
    'nothing',
  ],
  ['CA-22', 'more hours', frequency({ type: 'hours', value: 4 }), frequency({ type: 'hours', value: 8 }), 'medium'],
  [
    'CA-22',
    'hours become days',
    frequency({ type: 'hours', value: 4 }),
    frequency({ type: 'days', value: 4 }),
    'medium',
  ],
  [
    'CA-22',
    'switched off',
    frequency({ type: 'hours', value: 4 }),
    frequency({ type: 'hours', value: 4, isEnabled: false }),
    'medium',
  ],
  [
    'CA-22',
    'no longer every time',
    frequency({ type: 'hours', value: 4, frequencyInterval: 'everyTime' }),
    frequency({ type: 'hours', value: 4, frequencyInterval: 'timeBased' }),
    'medium',
  ],
  [
    'CA-23',
    'switched off',
    session({ persistentBrowser: { isEnabled: true, mode: 'never' } }),
    session({ persistentBrowser: { isEnabled: false, mode: 'never' } }),
    'medium',
  ],
  ...['strictEnforcement', 'strictLocation'].map(
    (mode): Edge => ['CA-24', `${mode} goes`, session({ continuousAccessEvaluation: { mode } }), session({}), 'medium'],
  ),
  [
    'CA-24',
    'one strict mode instead of another',
    session({ continuousAccessEvaluation: { mode: 'strictEnforcement' } }),
    session({ continuousAccessEvaluation: { mode: 'strictLocation' } }),
    'nothing',
  ],
  [
    'CA-25',
    'an emergency group loses its exclusion',
    users({ excludeGroups: [GROUP] }),
    users({}),
    'high',
    { breakGlass: [GROUP] },
  ],
  ['CA-26', 'another policy is switched off', inState('enabled'), inState('disabled'), 'nothing'],
  ['CA-26', 'another policy is deleted', inState('enabled'), null, 'nothing'],
  [
    'CA-26',
    'a policy for registration that was off is deleted',
    policy({ applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }, MFA, { state: 'disabled' }),
    null,
    'nothing',
  ],
  [
    'CA-26',
    'another user action',
    policy({ applications: { includeUserActions: ['urn:user:registerdevice', 'urn:user:registersecurityinfo'] } }, MFA),
    policy({ applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }, MFA),
    'nothing',
  ],
  [
    'CA-26',
    'one user fewer',
    policy(
      {
        applications: { includeUserActions: ['urn:user:registersecurityinfo'] },
        users: { includeUsers: [ALICE, BOB] },
      },
      MFA,
    ),
    policy(
      { applications: { includeUserActions: ['urn:user:registersecurityinfo'] }, users: { includeUsers: [BOB] } },
      MFA,
    ),
    'nothing',
  ],
  [
    'CA-26',
    'no longer for everybody',
    policy({ applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }, MFA),
    policy(
      { applications: { includeUserActions: ['urn:user:registersecurityinfo'] }, users: { includeUsers: [BOB] } },
      MFA,
    ),
    'critical',
    { path: '/conditions/users/includeUsers', alone: 'high' },
  ],
  ['CA-26', 'all users of another policy', users({}), policy({ users: { includeUsers: [BOB] } }, MFA), 'nothing'],
  ...(['includeAgentIdServicePrincipals', 'includeServicePrincipals'] as const).map(
    (name): Edge => [
      'CA-28',
      `${name} is narrowed`,
      agents({ [name]: ['All', 'x'] }),
      agents({ [name]: ['x'] }),
      'high',
    ],
  ),
  ['CA-28', 'an agent identity is excluded', agents({}), agents({ excludeAgentIdServicePrincipals: ['x'] }), 'high'],
  [
    'CA-28',
    'a policy that blocks nothing',
    agents({ includeServicePrincipals: ['All', 'x'] }, MFA),
    agents({ includeServicePrincipals: ['x'] }, MFA),
    'nothing',
  ],
  ['CA-29', 'another rule', filter('exclude', 'a'), filter('exclude', 'b'), 'high', { bothWays: true }],
  ['CA-29', 'the other way round', filter('include', 'a'), filter('exclude', 'a'), 'high', { bothWays: true }],
  ['CA-29', 'no filter any more', filter('include', 'a'), policy({}, MFA), 'high', { bothWays: true }],
  ['CA-30', 'a policy goes', inState('disabled'), null, 'nothing'],
  ['CA-09', 'another role is added', users({ includeRoles: [] }), users({ includeRoles: [GLOBAL_ADMIN] }), 'tighter'],
  [
    'CA-04',
    'an administrator among the emergency accounts',
    users({}),
    users({ excludeUsers: [ALICE, BOB] }),
    'critical',
    { around: aliceIsAdmin, breakGlass: [BOB], bothWays: true },
  ],
  [
    'CA-08',
    'one user fewer',
    policy({ users: { includeUsers: [ALICE, BOB] } }, MFA),
    policy({ users: { includeUsers: [BOB] } }, MFA),
    'nothing',
  ],
  [
    'CA-10',
    'one application fewer',
    policy({ applications: { includeApplications: ['a', 'b'] } }, MFA),
    policy({ applications: { includeApplications: ['b'] } }, MFA),
    'nothing',
  ],
  ['CA-13', 'another control goes', grants('AND', ['compliantDevice', 'mfa']), grants('AND', ['mfa']), 'nothing'],
  ['CA-14', 'a device for everybody', policy({}, DEVICE), policy({}, MFA), 'high'],
];

const allowing = (...allowedCombinations: string[]) => ({ id: 's', allowedCombinations });
const STRENGTHS: Edge[] = [
  ['AS-01', 'Windows Hello joins', allowing('fido2'), allowing('fido2', 'windowsHelloForBusiness'), 'nothing'],
  [
    'AS-01',
    'passkeys join',
    allowing('windowsHelloForBusiness'),
    allowing('fido2', 'windowsHelloForBusiness'),
    'nothing',
  ],
  [
    'AS-01',
    'a strength of a policy for people without roles',
    allowing('fido2'),
    allowing('fido2', 'password,sms'),
    'high',
    { around: { conditionalAccessPolicy: [strong('s')] } },
  ],
];

const LOCATIONS: Edge[] = [
  ['NL-01', 'a new location that nobody trusts', null, { ipRanges: [{ cidrAddress: '192.0.2.0/24' }] }, 'nothing'],
  [
    'NL-02',
    'a new trusted location',
    null,
    { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    'high',
    { opposite: 'silent' },
  ],
  [
    'NL-02',
    'a range goes',
    { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }, { cidrAddress: '10.0.0.0/8' }] },
    { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    'tighter',
  ],
  [
    'NL-03',
    'unknown countries are stopped',
    { countriesAndRegions: ['NL'], includeUnknownCountriesAndRegions: true },
    { countriesAndRegions: ['NL'] },
    'tighter',
  ],
  [
    'NL-03',
    'a country is stopped',
    { id: PLACE, countriesAndRegions: ['BE', 'NL'] },
    { id: PLACE, countriesAndRegions: ['NL'] },
    'tighter',
  ],
];

const DEFAULTS: Edge[] = [
  [
    'SD-01',
    'the only policy reports',
    { isEnabled: true },
    { isEnabled: false },
    'critical',
    { around: { conditionalAccessPolicy: [inState('enabledForReportingButNotEnforced')] } },
  ],
];

export const POLICY_EDGES = [
  edgesOf('conditionalAccessPolicy', POLICIES),
  edgesOf('authenticationStrengthPolicy', STRENGTHS),
  edgesOf('namedLocation', LOCATIONS),
  edgesOf('securityDefaults', DEFAULTS),
  edgesOf('roleDefinition', [['CA-27', 'a role that no policy names', { id: 'r' }, null, 'nothing']]),
  edgesOf('group', [
    [
      'CA-27',
      'a group that a policy names is deleted',
      { id: GROUP },
      null,
      'medium',
      { around: { conditionalAccessPolicy: [users({ includeGroups: [GROUP] })] }, opposite: 'silent' },
    ],
  ]),
];
