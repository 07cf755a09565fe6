import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { RuleCase } from './rule-case.types.js';

const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const ALICE = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';
const GROUP = '33333333-3333-4333-8333-333333333333';
const PLACE = '44444444-4444-4444-8444-444444444444';

const aliceIsAdmin = {
  roleAssignment: [{ principalId: ALICE, roleDefinitionId: GLOBAL_ADMIN, directoryScopeId: '/' }],
};

/** A policy that asks everybody for MFA, with members replaced at the first and second level below conditions. */
function policy(conditions: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    state: 'enabled',
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      ...conditions,
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    ...more,
  };
}

const users = (more: JsonObject) => policy({ users: { includeUsers: ['All'], ...more } });
const apps = (more: JsonObject) => policy({ applications: { includeApplications: ['All'], ...more } });
const grants = (operator: string, builtInControls: string[], more: JsonObject = {}) =>
  policy({}, { grantControls: { operator, builtInControls, ...more } });
const strength = (allowedCombinations: string[], includeRoles: string[] = []) =>
  policy(
    { users: { includeUsers: ['All'], includeRoles } },
    { grantControls: { operator: 'OR', authenticationStrength: { id: 'strong', allowedCombinations } } },
  );
const session = (sessionControls: JsonObject) => policy({}, { sessionControls });
const registration = (more: JsonObject = {}) => ({
  ...policy({ applications: { includeUserActions: ['urn:user:registersecurityinfo'] } }),
  ...more,
});
const blocking = (conditions: JsonObject) =>
  policy(conditions, { grantControls: { operator: 'OR', builtInControls: ['block'] } });

const ca = (
  rule: string,
  name: string,
  before: JsonObject | null,
  after: JsonObject | null,
  severity: RuleCase['severity'],
  more: Partial<RuleCase> = {},
): RuleCase => ({ rule, name, type: 'conditionalAccessPolicy', before, after, severity, ...more });

export const POLICY_CASES: RuleCase[] = [
  ca('CA-01', 'an MFA policy is disabled', policy(), policy({}, { state: 'disabled' }), 'critical'),
  ca(
    'CA-01',
    'a policy without protection of its own is disabled',
    grants('OR', ['approvedApplication']),
    { ...grants('OR', ['approvedApplication']), state: 'disabled' },
    'high',
  ),
  ca(
    'CA-02',
    'an MFA policy only reports',
    policy(),
    policy({}, { state: 'enabledForReportingButNotEnforced' }),
    'critical',
  ),
  ca('CA-03', 'an enforced policy is deleted', policy(), null, 'critical', { opposite: 'silent' }),
  ca('CA-03', 'a deleted policy that grants no protection', grants('OR', ['approvedApplication']), null, 'high', {
    opposite: 'silent',
  }),
  ca('CA-04', 'a user is excluded', users({}), users({ excludeUsers: [BOB] }), 'high'),
  ca(
    'CA-04',
    'an administrator is excluded',
    users({ excludeUsers: [BOB] }),
    users({ excludeUsers: [ALICE, BOB] }),
    'critical',
    { around: aliceIsAdmin },
  ),
  ca('CA-04', 'only an emergency account is excluded', users({}), users({ excludeUsers: [BOB] }), 'info', {
    breakGlass: [BOB],
    bothWays: true,
  }),
  ca('CA-05', 'a group is excluded', users({}), users({ excludeGroups: [GROUP] }), 'high'),
  ca('CA-06', 'a role is excluded', users({}), users({ excludeRoles: [GLOBAL_ADMIN] }), 'critical'),
  ca(
    'CA-07',
    'guests are excluded',
    users({}),
    users({ excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest' } }),
    'high',
  ),
  ca(
    'CA-07',
    'guests of every tenant instead of some',
    users({
      excludeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'internalGuest',
        externalTenants: { membershipKind: 'enumerated', members: ['a'] },
      },
    }),
    users({
      excludeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'internalGuest',
        externalTenants: { membershipKind: 'all' },
      },
    }),
    'high',
  ),
  ca('CA-08', 'all users becomes one', users({}), policy({ users: { includeUsers: [BOB] } }), 'critical'),
  ca(
    'CA-09',
    'a privileged role is taken out',
    policy({ users: { includeRoles: [GLOBAL_ADMIN, 'f2ef992c-3afb-46b9-b7cf-a126ee74c451'] } }),
    policy({ users: { includeRoles: ['f2ef992c-3afb-46b9-b7cf-a126ee74c451'] } }),
    'high',
  ),
  ca(
    'CA-10',
    'all applications becomes one',
    apps({}),
    policy({ applications: { includeApplications: ['Office365'] } }),
    'high',
  ),
  ca('CA-11', 'an application is excluded', apps({}), apps({ excludeApplications: ['Office365'] }), 'high'),
  ca(
    'CA-12',
    'MFA is no longer asked for',
    grants('AND', ['mfa', 'compliantDevice']),
    grants('AND', ['compliantDevice']),
    'critical',
  ),
  ca('CA-13', 'a block becomes a device', grants('OR', ['block']), grants('OR', ['compliantDevice']), 'critical'),
  ca(
    'CA-14',
    'a managed device is no longer asked for',
    grants('AND', ['mfa', 'compliantDevice']),
    grants('AND', ['mfa']),
    'high',
  ),
  ca(
    'CA-15',
    'one of two is enough',
    grants('AND', ['mfa', 'compliantDevice']),
    grants('OR', ['mfa', 'compliantDevice']),
    'high',
  ),
  ca('CA-15', 'another way in beside MFA', grants('OR', ['mfa']), grants('OR', ['mfa', 'compliantDevice']), 'high'),
  ca('CA-16', 'SMS counts as strong', strength(['fido2']), strength(['fido2', 'password,sms']), 'high'),
  ca(
    'CA-16',
    'SMS counts as strong for administrators',
    strength(['fido2'], [GLOBAL_ADMIN]),
    strength(['fido2', 'password,sms'], [GLOBAL_ADMIN]),
    'critical',
  ),
  ca(
    'CA-17',
    'legacy clients are let through',
    blocking({ clientAppTypes: ['exchangeActiveSync', 'other'] }),
    blocking({ clientAppTypes: ['other'] }),
    'high',
  ),
  ca(
    'CA-18',
    'high user risk is let through',
    blocking({ userRiskLevels: ['high', 'medium'] }),
    blocking({ userRiskLevels: ['medium'] }),
    'high',
  ),
  ca(
    'CA-18',
    'all but high sign-in risk is let through',
    blocking({}),
    blocking({ signInRiskLevels: ['high'] }),
    'high',
  ),
  ca(
    'CA-19',
    'a location is excluded',
    policy({ locations: { includeLocations: ['All'] } }),
    policy({ locations: { includeLocations: ['All'], excludeLocations: [PLACE] } }),
    'high',
  ),
  ca(
    'CA-20',
    'the device code flow is let through',
    blocking({ authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } }),
    blocking({ authenticationFlows: { transferMethods: 'authenticationTransfer' } }),
    'high',
  ),
  ca(
    'CA-21',
    'authentication transfer is let through',
    blocking({ authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } }),
    blocking({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }),
    'medium',
  ),
  ca(
    'CA-22',
    'a day becomes two',
    session({ signInFrequency: { isEnabled: true, type: 'hours', value: 24 } }),
    session({ signInFrequency: { isEnabled: true, type: 'days', value: 2 } }),
    'medium',
  ),
  ca(
    'CA-22',
    'no new sign-in at all',
    session({ signInFrequency: { isEnabled: true, type: 'hours', value: 24 } }),
    session({}),
    'medium',
  ),
  ca(
    'CA-23',
    'browser sessions persist',
    session({ persistentBrowser: { isEnabled: true, mode: 'never' } }),
    session({ persistentBrowser: { isEnabled: true, mode: 'always' } }),
    'medium',
  ),
  ca(
    'CA-24',
    'continuous evaluation is off',
    session({}),
    session({ continuousAccessEvaluation: { mode: 'disabled' } }),
    'medium',
  ),
  ca(
    'CA-24',
    'resilience defaults are back',
    session({ disableResilienceDefaults: true }),
    session({ disableResilienceDefaults: false }),
    'medium',
  ),
  ca(
    'CA-24',
    'tokens are no longer bound',
    session({ secureSignInSession: { isEnabled: true } }),
    session({ secureSignInSession: { isEnabled: false } }),
    'medium',
  ),
  ca('CA-25', 'an emergency account loses its exclusion', users({ excludeUsers: [BOB] }), users({}), 'high', {
    breakGlass: [BOB],
  }),
  ca(
    'CA-26',
    'the policy for registration is disabled',
    registration({ grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } }),
    registration({ state: 'disabled', grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } }),
    'high',
  ),
  ca(
    'CA-26',
    'registration is no longer the action',
    registration(),
    policy({ applications: { includeApplications: ['Office365'] } }),
    'high',
  ),
  ca(
    'CA-26',
    'the policy for registration is deleted',
    registration({ grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } }),
    null,
    'high',
  ),
  {
    rule: 'CA-27',
    name: 'an excluded user is deleted',
    type: 'user',
    before: { id: BOB },
    after: null,
    severity: 'medium',
    around: { conditionalAccessPolicy: [users({ excludeUsers: [BOB] })] },
    opposite: 'silent',
  },
  {
    rule: 'CA-27',
    name: 'an included role is deleted',
    type: 'roleDefinition',
    before: { id: 'r' },
    after: null,
    severity: 'medium',
    around: { conditionalAccessPolicy: [users({ includeRoles: ['r'] })] },
  },
  ca('CA-28', 'risky agents are let through', blocking({ agentIdRiskLevels: 'high' }), blocking({}), 'high'),
  ca(
    'CA-28',
    'an agent is excluded',
    blocking({ clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } }),
    blocking({
      clientApplications: {
        includeServicePrincipals: ['ServicePrincipalsInMyTenant'],
        excludeServicePrincipals: ['x'],
      },
    }),
    'high',
  ),
  ca(
    'CA-29',
    'devices with a name are excluded',
    policy(),
    policy({ devices: { deviceFilter: { mode: 'exclude', rule: 'device.displayName -startsWith "X"' } } }),
    'high',
    { bothWays: true },
  ),
  ca('CA-30', 'a new policy that reports', null, policy({}, { state: 'enabledForReportingButNotEnforced' }), 'info', {
    direction: 'tightening',
  }),
  ca('CA-30', 'a new policy that is enforced', null, policy(), 'info', { direction: 'tightening' }),

  {
    rule: 'NL-01',
    name: 'a location becomes trusted',
    type: 'namedLocation',
    before: { isTrusted: false, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    after: { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    severity: 'high',
  },
  {
    rule: 'NL-01',
    name: 'a new trusted location',
    type: 'namedLocation',
    before: null,
    after: { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    severity: 'high',
    opposite: 'silent',
  },
  {
    rule: 'NL-02',
    name: 'a range is added',
    type: 'namedLocation',
    before: { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    after: { isTrusted: true, ipRanges: [{ cidrAddress: '198.51.100.0/24' }, { cidrAddress: '192.0.2.0/24' }] },
    severity: 'high',
  },
  {
    rule: 'NL-02',
    name: 'a wide range is added',
    type: 'namedLocation',
    before: { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    after: { isTrusted: true, ipRanges: [{ cidrAddress: '10.0.0.0/8' }, { cidrAddress: '192.0.2.0/24' }] },
    severity: 'critical',
  },
  {
    rule: 'NL-02',
    name: 'a wide IPv6 range is added',
    type: 'namedLocation',
    before: { isTrusted: true, ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    after: { isTrusted: true, ipRanges: [{ cidrAddress: '2001::/16' }, { cidrAddress: '192.0.2.0/24' }] },
    severity: 'critical',
  },
  {
    rule: 'NL-03',
    name: 'a country is allowed',
    type: 'namedLocation',
    before: { id: PLACE, countriesAndRegions: ['NL'] },
    after: { id: PLACE, countriesAndRegions: ['BE', 'NL'] },
    severity: 'medium',
  },
  {
    rule: 'NL-03',
    name: 'a country is no longer blocked',
    type: 'namedLocation',
    before: { id: PLACE, countriesAndRegions: ['BE', 'NL'] },
    after: { id: PLACE, countriesAndRegions: ['NL'] },
    severity: 'medium',
    around: { conditionalAccessPolicy: [blocking({ locations: { includeLocations: [PLACE] } })] },
  },
  {
    rule: 'NL-03',
    name: 'unknown countries are allowed',
    type: 'namedLocation',
    before: { countriesAndRegions: ['NL'] },
    after: { countriesAndRegions: ['NL'], includeUnknownCountriesAndRegions: true },
    severity: 'medium',
  },
  {
    rule: 'AS-01',
    name: 'SMS joins',
    type: 'authenticationStrengthPolicy',
    before: { id: 's', allowedCombinations: ['fido2'] },
    after: { id: 's', allowedCombinations: ['fido2', 'password,sms'] },
    severity: 'high',
  },
  {
    rule: 'AS-01',
    name: 'SMS joins a strength for administrators',
    type: 'authenticationStrengthPolicy',
    before: { id: 's', allowedCombinations: ['fido2'] },
    after: { id: 's', allowedCombinations: ['fido2', 'password,sms'] },
    severity: 'critical',
    around: {
      conditionalAccessPolicy: [
        policy({ users: { includeRoles: [GLOBAL_ADMIN] } }, { grantControls: { authenticationStrength: { id: 's' } } }),
      ],
    },
  },
  {
    rule: 'SD-01',
    name: 'off without a policy',
    type: 'securityDefaults',
    before: { isEnabled: true },
    after: { isEnabled: false },
    severity: 'critical',
  },
  {
    rule: 'SD-01',
    name: 'off with a policy for everybody',
    type: 'securityDefaults',
    before: { isEnabled: true },
    after: { isEnabled: false },
    severity: 'medium',
    around: { conditionalAccessPolicy: [policy()] },
  },
];

export const POLICY_SILENT: RuleCase[] = [
  ca(
    'CA-01',
    'a report-only policy is disabled',
    policy({}, { state: 'enabledForReportingButNotEnforced' }),
    policy({}, { state: 'disabled' }),
    'info',
  ),
  ca(
    'CA-02',
    'a disabled policy reports',
    policy({}, { state: 'disabled' }),
    policy({}, { state: 'enabledForReportingButNotEnforced' }),
    'info',
  ),
  ca(
    'CA-03',
    'a report-only policy is deleted',
    policy({}, { state: 'enabledForReportingButNotEnforced' }),
    null,
    'info',
  ),
  ca(
    'CA-09',
    'an unprivileged role is taken out',
    policy({ users: { includeRoles: [GLOBAL_ADMIN, 'some-role'] } }),
    policy({ users: { includeRoles: [GLOBAL_ADMIN] } }),
    'info',
  ),
  ca('CA-12', 'a strength takes the place of MFA', grants('OR', ['mfa']), strength(['fido2']), 'info'),
  ca('CA-15', 'one control under either operator', grants('AND', ['mfa']), grants('OR', ['mfa']), 'info'),
  ca(
    'CA-15',
    'a first control',
    policy({}, { grantControls: { operator: 'OR' } }),
    grants('OR', ['compliantDevice']),
    'info',
  ),
  ca(
    'CA-16',
    'another phishing-resistant combination',
    strength(['fido2']),
    strength(['fido2', 'windowsHelloForBusiness']),
    'info',
  ),
  ca(
    'CA-22',
    'two days become twelve hours',
    session({ signInFrequency: { isEnabled: true, type: 'days', value: 2 } }),
    session({ signInFrequency: { isEnabled: true, type: 'hours', value: 12 } }),
    'info',
  ),
  ca('CA-25', 'another account loses its exclusion', users({ excludeUsers: [BOB] }), users({}), 'info', {
    breakGlass: [ALICE],
  }),
  ca(
    'CA-28',
    'an agent is no longer excluded',
    blocking({ clientApplications: { includeServicePrincipals: ['x'], excludeServicePrincipals: ['y'] } }),
    blocking({ clientApplications: { includeServicePrincipals: ['x'] } }),
    'info',
  ),
  {
    rule: 'NL-02',
    name: 'a range of a location that nobody trusts',
    type: 'namedLocation',
    before: { ipRanges: [{ cidrAddress: '192.0.2.0/24' }] },
    after: { ipRanges: [{ cidrAddress: '10.0.0.0/8' }, { cidrAddress: '192.0.2.0/24' }] },
    severity: 'info',
  },
  {
    rule: 'NL-03',
    name: 'a country is blocked too',
    type: 'namedLocation',
    before: { id: PLACE, countriesAndRegions: ['NL'] },
    after: { id: PLACE, countriesAndRegions: ['BE', 'NL'] },
    severity: 'info',
    around: { conditionalAccessPolicy: [blocking({ locations: { includeLocations: [PLACE] } })] },
  },
  {
    rule: 'AS-01',
    name: 'another phishing-resistant combination',
    type: 'authenticationStrengthPolicy',
    before: { allowedCombinations: ['fido2'] },
    after: { allowedCombinations: ['fido2', 'x509CertificateMultiFactor'] },
    severity: 'info',
  },
];
