import type { JsonObject } from '../../crypto/canonical-json.js';
import { PHISHING_RESISTANT } from '../classify/facts/policy-facts.js';
import { at, stringsAt, text } from '../normalise/json-members.js';
import { HIGHLY_PRIVILEGED_ROLES } from './highly-privileged.js';

/** One thing that a Conditional Access policy has to be, to count for a control. */
export interface PolicyTest {
  /** Completes "The policy …": "is enforced". */
  says: string;
  /** Where the policy says so. */
  path: string;
  holds: (policy: JsonObject, isAllowed: (id: string) => boolean) => boolean;
}

/** What a policy counts for although it isn't enforced, or not for everything, is the same in all controls. */
export const POLICY_TESTS = {
  enforced: test('is enforced', '/state', (policy) => text(policy, 'state') === 'enabled'),
  everybody: test('applies to all users', '/conditions/users/includeUsers', (policy) =>
    stringsAt(policy, '/conditions/users/includeUsers').includes('All'),
  ),
  highlyPrivilegedRoles: test('applies to the highly privileged roles', '/conditions/users/includeRoles', (policy) => {
    const roles = stringsAt(policy, '/conditions/users/includeRoles');
    return [...HIGHLY_PRIVILEGED_ROLES.keys()].every((role) => roles.includes(role));
  }),
  everything: test('applies to all applications', '/conditions/applications/includeApplications', (policy) =>
    stringsAt(policy, '/conditions/applications/includeApplications').includes('All'),
  ),
  noRoleLeftOut: test(
    'leaves no role out',
    '/conditions/users/excludeRoles',
    (policy) => stringsAt(policy, '/conditions/users/excludeRoles').length === 0,
  ),
  onlyAllowedUsersLeftOut: test('leaves no user out', '/conditions/users/excludeUsers', (policy, isAllowed) =>
    stringsAt(policy, '/conditions/users/excludeUsers').every(isAllowed),
  ),
  onlyAllowedGroupsLeftOut: test('leaves no group out', '/conditions/users/excludeGroups', (policy, isAllowed) =>
    stringsAt(policy, '/conditions/users/excludeGroups').every(isAllowed),
  ),
  onlyAllowedGuestsLeftOut: test(
    'leaves no guests out',
    '/conditions/users/excludeGuestsOrExternalUsers',
    (policy, isAllowed) =>
      stringsAt(policy, '/conditions/users/excludeGuestsOrExternalUsers/guestOrExternalUserTypes').every(isAllowed),
  ),
  onlyAllowedApplicationsLeftOut: test(
    'leaves no application out',
    '/conditions/applications/excludeApplications',
    (policy, isAllowed) => stringsAt(policy, '/conditions/applications/excludeApplications').every(isAllowed),
  ),
  legacyClients: test('covers legacy clients', '/conditions/clientAppTypes', (policy) =>
    ['other', 'exchangeActiveSync'].every((client) => stringsAt(policy, '/conditions/clientAppTypes').includes(client)),
  ),
  everyClient: test('covers all clients', '/conditions/clientAppTypes', (policy) =>
    stringsAt(policy, '/conditions/clientAppTypes').includes('all'),
  ),
  highUserRisk: test('answers to a high user risk', '/conditions/userRiskLevels', (policy) =>
    stringsAt(policy, '/conditions/userRiskLevels').includes('high'),
  ),
  highSignInRisk: test('answers to a high sign-in risk', '/conditions/signInRiskLevels', (policy) =>
    stringsAt(policy, '/conditions/signInRiskLevels').includes('high'),
  ),
  highAgentRisk: test('answers to a high agent risk', '/conditions/agentIdRiskLevels', (policy) =>
    stringsAt(policy, '/conditions/agentIdRiskLevels').includes('high'),
  ),
  everyAgent: test(
    'applies to all agent identities',
    '/conditions/clientApplications/includeAgentIdServicePrincipals',
    (policy) => stringsAt(policy, '/conditions/clientApplications/includeAgentIdServicePrincipals').includes('All'),
  ),
  deviceCodeFlow: test('is about the device code flow', '/conditions/authenticationFlows/transferMethods', (policy) =>
    stringsAt(policy, '/conditions/authenticationFlows/transferMethods').includes('deviceCodeFlow'),
  ),
  registration: test(
    'is about registering security information',
    '/conditions/applications/includeUserActions',
    (policy) =>
      stringsAt(policy, '/conditions/applications/includeUserActions').includes('urn:user:registersecurityinfo'),
  ),
  blocks: test('blocks', '/grantControls/builtInControls', (policy) => grants(policy).includes('block')),
  mfa: test('asks for multifactor authentication', '/grantControls/builtInControls', (policy) =>
    grants(policy).includes('mfa'),
  ),
  phishingResistant: test(
    'asks for phishing-resistant authentication',
    '/grantControls/authenticationStrength/allowedCombinations',
    isPhishingResistant,
  ),
  mfaOrPhishingResistant: test(
    'asks for multifactor authentication',
    '/grantControls',
    (policy) => grants(policy).includes('mfa') || isPhishingResistant(policy),
  ),
  mfaOrStrength: test(
    'asks for multifactor authentication',
    '/grantControls',
    (policy) => grants(policy).includes('mfa') || isMfaStrength(policy),
  ),
  onlyManagedDevices: test(
    'asks for a compliant or hybrid joined device and nothing else',
    '/grantControls',
    (policy) =>
      text(at(policy, '/grantControls'), 'operator') === 'OR' &&
      [...grants(policy)].sort().join() === 'compliantDevice,domainJoinedDevice',
  ),
  managedDevice: test(
    'asks for a compliant or hybrid joined device',
    '/grantControls/builtInControls',
    (policy) => grants(policy).includes('compliantDevice') || grants(policy).includes('domainJoinedDevice'),
  ),
  twelveHours: test('asks for a new sign-in every 12 hours', '/sessionControls/signInFrequency', (policy) => {
    const frequency = at(policy, '/sessionControls/signInFrequency');
    const hours = at(frequency, '/type') === 'hours' && at(frequency, '/value') === 12;
    return at(frequency, '/isEnabled') === true && hours;
  }),
  neverPersistent: test('never lets browser sessions persist', '/sessionControls/persistentBrowser', (policy) => {
    const browser = at(policy, '/sessionControls/persistentBrowser');
    return at(browser, '/isEnabled') === true && text(browser, 'mode') === 'never';
  }),
} satisfies Record<string, PolicyTest>;

function test(says: string, path: string, holds: PolicyTest['holds']): PolicyTest {
  return { says, path, holds };
}

function grants(policy: JsonObject): string[] {
  return stringsAt(policy, '/grantControls/builtInControls');
}

function combinations(policy: JsonObject): string[] {
  return stringsAt(policy, '/grantControls/authenticationStrength/allowedCombinations');
}

function isPhishingResistant(policy: JsonObject): boolean {
  const allowed = combinations(policy);
  return allowed.length > 0 && allowed.every((one) => PHISHING_RESISTANT.includes(one));
}

/** Methods that are two factors by themselves (Graph: authenticationMethodModes); any others need a second beside them. */
const TWO_FACTORS_ALONE = [
  ...PHISHING_RESISTANT,
  'deviceBasedPush',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'federatedMultiFactor',
];

function isMfaStrength(policy: JsonObject): boolean {
  const allowed = combinations(policy);
  return allowed.length > 0 && allowed.every((one) => one.includes(',') || TWO_FACTORS_ALONE.includes(one));
}
