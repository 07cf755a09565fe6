import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import { type Edge, edgesOf } from './edges.js';
import type { Objects } from './rule-case.types.js';

const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const USER_ADMIN = 'fe930be7-5e62-47db-91af-98c3a49a38b1';
const READERS = '88d8e3e3-8f55-4a1e-953a-9b9898b8876b';
const ALICE = '11111111-1111-4111-8111-111111111111';
const GROUP = '33333333-3333-4333-8333-333333333333';

const LIKE_MEMBERS = { guestUserRoleId: 'a0b1b346-4d3e-4e8b-98f8-753987be4970' };
const LIMITED = { guestUserRoleId: '10dae51f-b6af-4016-8d66-8c2a99b929b3' };
const ALL_MEMBERS = 'adminsGuestInvitersAndAllMembers';
const invites = (allowInvitesFrom: string | null) => ({ allowInvitesFrom });
const AUTHORIZATION: Edge[] = [
  ['AP-01', 'limited guests are like members', LIMITED, LIKE_MEMBERS, 'high'],
  ['AP-02', 'administrators after nobody', invites('none'), invites('adminsAndGuestInviters'), 'medium'],
  ['AP-02', 'all members after administrators', invites('adminsAndGuestInviters'), invites(ALL_MEMBERS), 'medium'],
  ['AP-02', 'all members after nothing was said', invites(null), invites(ALL_MEMBERS), 'medium'],
  ['AP-02', 'all members after everybody', invites('everyone'), invites(ALL_MEMBERS), 'tighter'],
  ['AP-02', 'nobody after administrators', invites('adminsAndGuestInviters'), invites('none'), 'tighter'],
  ['AP-02', 'administrators after nothing was said', invites(null), invites('adminsAndGuestInviters'), 'nothing'],
  [
    'AP-08',
    'by a subscription',
    { allowedToSignUpEmailBasedSubscriptions: false },
    { allowedToSignUpEmailBasedSubscriptions: true },
    'medium',
  ],
];

const days = (requestDurationInDays: number): JsonObject => ({ isEnabled: true, requestDurationInDays });
const REQUESTS: Edge[] = [
  [
    'CO-02',
    'reviewers hear nothing',
    { isEnabled: true, notifyReviewers: true },
    { isEnabled: true, notifyReviewers: false },
    'low',
  ],
  ['CO-02', 'a month', days(20), days(30), 'nothing'],
  ['CO-02', 'a day more than a month', days(20), days(31), 'low'],
  ['CO-02', 'fewer days', days(20), days(10), 'tighter'],
  ['CO-02', 'reminders', days(30), { ...days(30), remindersEnabled: true }, 'tighter'],
  ['CO-02', 'a reviewer more', days(30), { ...days(30), reviewers: [{ query: '/users/1' }] }, 'tighter'],
];

const values = (name: string, value: string): JsonObject => ({ templateId: 't', values: [{ name, value }] });
const setting = (rule: string, name: string, from: string, to: string, verdict: Edge[4]): Edge => [
  rule,
  `${name} from ${from} to ${to}`,
  values(name, from),
  values(name, to),
  verdict,
];
const SETTINGS: Edge[] = [
  setting('CO-04', 'EnableAdminConsentRequests', 'true', 'false', 'medium'),
  setting('CO-04', 'EnableAdminConsentRequests', 'false', 'true', 'tighter'),
  setting('CO-04', 'EnableGroupSpecificConsent', 'true', 'false', 'tighter'),
  setting('PW-01', 'EnableBannedPasswordCheck', 'true', 'false', 'medium'),
  setting('PW-01', 'EnableBannedPasswordCheck', 'false', 'true', 'tighter'),
  setting('PW-01', 'EnableBannedPasswordCheckOnPremises', 'true', 'false', 'medium'),
  setting('PW-01', 'BannedPasswordCheckOnPremisesMode', 'Enforced', 'Audit', 'medium'),
  setting('PW-01', 'BannedPasswordCheckOnPremisesMode', 'Audit', 'Enforced', 'tighter'),
  setting('PW-01', 'BannedPasswordCheckOnPremisesMode', 'Audit', 'Enforce', 'tighter'),
  setting('PW-01', 'LockoutThreshold', '5', '10', 'nothing'),
  setting('PW-01', 'LockoutThreshold', '5', '11', 'medium'),
  setting('PW-01', 'LockoutThreshold', '50', '20', 'tighter'),
  setting('PW-01', 'LockoutDurationInSeconds', '120', '90', 'nothing'),
  setting('PW-01', 'LockoutDurationInSeconds', '120', '60', 'nothing'),
  setting('PW-01', 'LockoutDurationInSeconds', '120', '59', 'medium'),
  setting('PW-01', 'LockoutDurationInSeconds', '5', '90', 'tighter'),
];

const authenticator = (featureSettings: JsonObject): JsonObject => ({ id: 'MicrosoftAuthenticator', featureSettings });
const passkey = (more: JsonObject): JsonObject => ({ id: 'Fido2', ...more });
const keys = (enforcementType: string, ...aaGuids: string[]) =>
  passkey({ keyRestrictions: { enforcementType, aaGuids } });
const pass = (more: JsonObject): JsonObject => ({ id: 'TemporaryAccessPass', ...more });
const sms = (more: JsonObject): JsonObject => ({ id: 'Sms', ...more });
const oidc = (openIdConnectSetting: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'x',
  openIdConnectSetting: { discoveryUrl: 'https://idp.example/a', ...openIdConnectSetting },
  ...more,
});
const binding = (more: JsonObject): JsonObject => ({
  id: 'X509Certificate',
  certificateUserBindings: [{ x509CertificateField: 'RFC822Name', ...more }],
});
const mode = (authenticationModeConfiguration: JsonObject): JsonObject => ({
  id: 'X509Certificate',
  authenticationModeConfiguration,
});
const METHODS: Edge[] = [
  ['AM-01', 'a configuration that is on appears', null, sms({ state: 'enabled' }), 'high'],
  ['AM-01', 'a configuration that was on goes', sms({ state: 'enabled' }), null, 'tighter'],
  ...(['numberMatchingRequiredState', 'displayAppInformationRequiredState'] as const).map(
    (name): Edge => [
      'AM-02',
      `${name} goes`,
      authenticator({ [name]: { state: 'enabled' } }),
      authenticator({ [name]: { state: 'disabled' } }),
      'medium',
    ],
  ),
  ...(['displayAppInformationRequiredState', 'displayLocationInformationRequiredState'] as const).map(
    (name): Edge => [
      'AM-02',
      `${name} is for some`,
      authenticator({ [name]: { includeTarget: { id: 'all_users' } } }),
      authenticator({ [name]: { includeTarget: { id: GROUP } } }),
      'medium',
    ],
  ),
  [
    'AM-03',
    'no restriction',
    passkey({ keyRestrictions: { isEnforced: true } }),
    passkey({ keyRestrictions: { isEnforced: false } }),
    'medium',
  ],
  [
    'AM-03',
    'restrictions',
    passkey({ keyRestrictions: { isEnforced: false } }),
    passkey({ keyRestrictions: { isEnforced: true } }),
    'tighter',
  ],
  ['AM-03', 'what is listed is blocked', keys('allow', 'a'), keys('block', 'a'), 'medium'],
  ['AM-03', 'what is listed is allowed', keys('block', 'a'), keys('allow', 'a'), 'tighter'],
  ['AM-03', 'a key is no longer allowed', keys('allow', 'a', 'b'), keys('allow', 'a'), 'tighter'],
  ['AM-03', 'a key is blocked', keys('block', 'a'), keys('block', 'a', 'b'), 'tighter'],
  ['AM-03', 'passkeys on', passkey({ state: 'disabled' }), passkey({ state: 'enabled' }), 'tighter'],
  ['AM-03', 'a state is said for the first time', passkey({}), passkey({ state: 'disabled' }), 'nothing'],
  ['AM-03', 'SMS on', sms({ state: 'disabled' }), sms({ state: 'enabled' }), 'nothing'],
  [
    'AM-04',
    'longer by default',
    pass({ defaultLifetimeInMinutes: 60 }),
    pass({ defaultLifetimeInMinutes: 600 }),
    'high',
  ],
  ['AM-04', 'on', pass({ state: 'disabled' }), pass({ state: 'enabled' }), 'high'],
  ['AM-04', 'another method once only', sms({ isUsableOnce: true }), sms({ isUsableOnce: false }), 'nothing'],
  [
    'AM-04',
    'another method for longer',
    sms({ maximumLifetimeInMinutes: 60 }),
    sms({ maximumLifetimeInMinutes: 600 }),
    'nothing',
  ],
  ['AM-04', 'another method on', sms({ state: 'disabled' }), sms({ state: 'enabled' }), 'nothing'],
  ['AM-05', 'another client', oidc({ clientId: 'a' }), oidc({ clientId: 'b' }), 'critical', { bothWays: true }],
  ['AM-05', 'another application', oidc({}, { appId: 'a' }), oidc({}, { appId: 'b' }), 'critical', { bothWays: true }],
  ['AM-05', 'on', oidc({}, { state: 'disabled' }), oidc({}, { state: 'enabled' }), 'critical'],
  ['AM-05', 'off', oidc({}, { state: 'enabled' }), oidc({}, { state: 'disabled' }), 'tighter'],
  ['AM-05', 'a state is said for the first time', oidc({}), oidc({}, { state: 'disabled' }), 'nothing'],
  ['AM-05', 'an address goes', oidc({ clientId: 'a' }), oidc({}), 'tighter'],
  ['AM-05', 'SMS on', sms({ state: 'disabled' }), sms({ state: 'enabled' }), 'nothing'],
  ['AM-05', 'a method of the tenant itself', null, sms({ state: 'disabled' }), 'nothing'],
  ...(['trustAffinityLevel', 'userProperty', 'priority'] as const).map(
    (name): Edge => [
      'AM-06',
      `another ${name}`,
      binding({ [name]: 'a' }),
      binding({ [name]: 'b' }),
      'critical',
      { bothWays: true },
    ],
  ),
  [
    'AM-06',
    'bindings need not be close',
    mode({ x509CertificateDefaultRequiredAffinityLevel: 'high' }),
    mode({ x509CertificateDefaultRequiredAffinityLevel: 'low' }),
    'critical',
  ],
  [
    'AM-06',
    'bindings must be close',
    mode({}),
    mode({ x509CertificateDefaultRequiredAffinityLevel: 'high' }),
    'tighter',
  ],
  ['AM-06', 'a rule', mode({ rules: [] }), mode({ rules: [{ identifier: 'a' }] }), 'critical'],
  ['AM-06', 'a rule goes', mode({ rules: [{ identifier: 'a' }] }), mode({ rules: [] }), 'tighter'],
];

const migration = (policyMigrationState: string | null): JsonObject => ({ policyMigrationState });
const reports = (reportSuspiciousActivitySettings: JsonObject): JsonObject => ({ reportSuspiciousActivitySettings });
const METHODS_POLICY: Edge[] = [
  ['AM-07', 'the migration begins', migration('preMigration'), migration('migrationInProgress'), 'nothing'],
  [
    'AM-08',
    'reports of some',
    reports({ includeTarget: { id: 'all_users' } }),
    reports({ includeTarget: { id: GROUP } }),
    'medium',
  ],
  [
    'AM-08',
    'reports of other people',
    reports({ includeTarget: { id: GROUP } }),
    reports({ includeTarget: { id: ALICE } }),
    'nothing',
  ],
];

const holds = (roleDefinitionId: string, more: JsonObject = {}): JsonObject => ({
  principalId: ALICE,
  roleDefinitionId,
  directoryScopeId: '/',
  ...more,
});
const UNTIL = { endDateTime: '2030-01-01T00:00:00Z' };
const LATER = { endDateTime: '2031-01-01T00:00:00Z' };
const aProgram = { servicePrincipal: [{ id: ALICE, appId: 'a' }] };
const aGuest = { user: [{ id: ALICE, userType: 'Guest' }] };
const ASSIGNMENTS: Edge[] = [
  ['RO-01', 'another role for good', null, holds(USER_ADMIN), 'nothing'],
  ['RO-01', 'the end date of another role goes', holds(USER_ADMIN, UNTIL), holds(USER_ADMIN), 'nothing'],
  ['RO-02', 'the end date goes', holds(USER_ADMIN, UNTIL), holds(USER_ADMIN), 'high'],
  ['RO-02', 'the end date moves', holds(USER_ADMIN, UNTIL), holds(USER_ADMIN, LATER), 'nothing'],
  ['RO-02', 'until a day', null, holds(USER_ADMIN, UNTIL), 'nothing'],
  ['RO-02', 'Global Administrator is another rule', null, holds(GLOBAL_ADMIN), 'nothing'],
  [
    'RO-02',
    'Global Administrator without end is another rule',
    holds(GLOBAL_ADMIN, UNTIL),
    holds(GLOBAL_ADMIN),
    'nothing',
  ],
  ['RO-02', 'the end date of a role that only reads goes', holds(READERS, UNTIL), holds(READERS), 'nothing'],
  ['RO-03', 'a role that only reads', null, holds(READERS), 'nothing', { around: aProgram }],
  ['RO-04', 'a role that only reads', null, holds(READERS), 'nothing', { around: aGuest }],
];
const administrators = (count: number): Objects => ({
  roleAssignment: Array.from({ length: count }, (_, i) => ({
    principalId: `admin-${i}`,
    roleDefinitionId: GLOBAL_ADMIN,
    directoryScopeId: '/',
  })),
});
ASSIGNMENTS.push([
  'RO-10',
  'another role in the same moment',
  null,
  holds(READERS),
  'nothing',
  { around: administrators(8), aroundAfter: administrators(9), of: READERS },
]);
const ELIGIBILITIES: Edge[] = [
  ['RO-04', 'may become it', null, holds(USER_ADMIN), 'critical', { around: aGuest }],
  ['RO-05', 'another role until a day', null, holds(USER_ADMIN, UNTIL), 'nothing'],
  ['RO-05', 'a role that only reads', null, holds(READERS), 'nothing'],
  ['RO-05', 'the end date goes', holds(USER_ADMIN, UNTIL), holds(USER_ADMIN), 'high'],
  ['RO-05', 'the end date moves', holds(USER_ADMIN, UNTIL), holds(USER_ADMIN, LATER), 'nothing'],
  ['RO-05', 'the end date of a role that only reads goes', holds(READERS, UNTIL), holds(READERS), 'nothing'],
];

const rule = (id: string, more: JsonObject): JsonObject => ({ roleDefinitionId: USER_ADMIN, id, ...more });
const enabled = (...enabledRules: string[]) => rule('Enablement_EndUser_Assignment', { enabledRules });
const ROLE_RULES: Edge[] = [
  [
    'RO-06',
    'another role',
    rule('Approval_EndUser_Assignment', { setting: { isApprovalRequired: true } }),
    rule('Approval_EndUser_Assignment', { setting: { isApprovalRequired: false } }),
    'medium',
  ],
  [
    'RO-07',
    'without a reason',
    enabled('Justification', 'MultiFactorAuthentication'),
    enabled('MultiFactorAuthentication'),
    'high',
  ],
  ['RO-07', 'without a ticket', enabled('Justification', 'Ticketing'), enabled('Justification'), 'nothing'],
];

const actions = (isBuiltIn: boolean, ...allowedResourceActions: string[]): JsonObject => ({
  isBuiltIn,
  rolePermissions: [{ allowedResourceActions }],
});
const READ = 'microsoft.directory/users/standard/read';
const WRITE = 'microsoft.directory/applications/credentials/update';
const ROLES: Edge[] = [['RO-09', 'a role of Microsoft', actions(true, READ), actions(true, READ, WRITE), 'nothing']];

const domain = (federation: JsonObject | null): JsonObject => ({
  id: 'a.example',
  federationConfiguration: federation === null ? [] : [{ id: 'f', ...federation }],
});
const behaviour = (federatedIdpMfaBehavior: string | null) =>
  domain({ issuerUri: 'https://i', federatedIdpMfaBehavior });
const DOMAINS: Edge[] = [
  ...['nextSigningCertificate', 'issuerUri', 'passiveSignInUri', 'activeSignInUri', 'metadataExchangeUri'].map(
    (name): Edge => [
      'DO-02',
      `another ${name}`,
      domain({ [name]: 'a' }),
      domain({ [name]: 'b' }),
      'critical',
      { bothWays: true },
    ],
  ),
  [
    'DO-03',
    'ours is no longer enforced',
    behaviour('enforceMfaByFederatedIdp'),
    behaviour('acceptIfMfaDoneByFederatedIdp'),
    'high',
  ],
  ['DO-03', 'nothing is said any more', behaviour('enforceMfaByFederatedIdp'), behaviour(null), 'high'],
  [
    'DO-03',
    'theirs is refused',
    behaviour('enforceMfaByFederatedIdp'),
    behaviour('rejectMfaByFederatedIdp'),
    'tighter',
  ],
  ['DO-03', 'what was the default is said', behaviour(null), behaviour('acceptIfMfaDoneByFederatedIdp'), 'nothing'],
];

export const TENANT_EDGES = [
  edgesOf('authorizationPolicy', AUTHORIZATION),
  edgesOf('adminConsentRequestPolicy', REQUESTS),
  edgesOf('groupSetting', SETTINGS),
  edgesOf('authenticationMethodConfiguration', METHODS),
  edgesOf('authenticationMethodsPolicy', METHODS_POLICY),
  edgesOf('roleAssignment', ASSIGNMENTS),
  edgesOf('roleEligibility', ELIGIBILITIES),
  edgesOf('roleManagementRule', ROLE_RULES),
  edgesOf('roleDefinition', ROLES),
  edgesOf('domain', DOMAINS),
];
