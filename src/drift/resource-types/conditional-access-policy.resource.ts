import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: conditionalAccessPolicy. Read at one request a second for the whole tenant, whoever asks. */
export const conditionalAccessPolicy: ResourceTypeDefinition = {
  type: 'conditionalAccessPolicy',
  title: 'Conditional Access policy',
  permission: 'Policy.Read.All',
  collect: { kind: 'list', path: '/identity/conditionalAccess/policies', priority: 'conditionalAccess' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  modifiedAtProperty: 'modifiedDateTime',
  ignore: [
    '/id',
    '/createdDateTime',
    '/modifiedDateTime',
    '/templateId',
    // Copies of the authentication strength's own words: a rename there is no change here.
    '/grantControls/authenticationStrength/displayName',
    '/grantControls/authenticationStrength/description',
    '/grantControls/authenticationStrength/createdDateTime',
    '/grantControls/authenticationStrength/modifiedDateTime',
  ],
  sets: [
    '/conditions/users/includeUsers',
    '/conditions/users/excludeUsers',
    '/conditions/users/includeGroups',
    '/conditions/users/excludeGroups',
    '/conditions/users/includeRoles',
    '/conditions/users/excludeRoles',
    '/conditions/users/includeGuestsOrExternalUsers/externalTenants/members',
    '/conditions/users/excludeGuestsOrExternalUsers/externalTenants/members',
    '/conditions/applications/includeApplications',
    '/conditions/applications/excludeApplications',
    '/conditions/applications/includeUserActions',
    '/conditions/applications/includeAuthenticationContextClassReferences',
    '/conditions/clientApplications/includeServicePrincipals',
    '/conditions/clientApplications/excludeServicePrincipals',
    '/conditions/clientApplications/includeAgentIdServicePrincipals',
    '/conditions/clientApplications/excludeAgentIdServicePrincipals',
    '/conditions/clientAppTypes',
    '/conditions/platforms/includePlatforms',
    '/conditions/platforms/excludePlatforms',
    '/conditions/locations/includeLocations',
    '/conditions/locations/excludeLocations',
    '/conditions/userRiskLevels',
    '/conditions/signInRiskLevels',
    '/conditions/servicePrincipalRiskLevels',
    '/grantControls/builtInControls',
    '/grantControls/customAuthenticationFactors',
    '/grantControls/termsOfUse',
    '/grantControls/authenticationStrength/allowedCombinations',
  ],
  keyedLists: [{ path: '/grantControls/authenticationStrength/combinationConfigurations', by: 'id' }],
  defaults: [
    { path: '/sessionControls/disableResilienceDefaults', value: false },
    // Graph answers "mfa" for most strengths and leaves it out for some; it follows from the combinations.
    { path: '/grantControls/authenticationStrength/requirementsSatisfied', value: 'mfa' },
  ],
  delimitedSets: [
    { path: '/conditions/authenticationFlows/transferMethods', separator: ',' },
    { path: '/conditions/users/includeGuestsOrExternalUsers/guestOrExternalUserTypes', separator: ',' },
    { path: '/conditions/users/excludeGuestsOrExternalUsers/guestOrExternalUserTypes', separator: ',' },
    { path: '/conditions/agentIdRiskLevels', separator: ',' },
    { path: '/conditions/insiderRiskLevels', separator: ',' },
  ],
  spellings: [
    { path: '/state', values: ['enabled', 'disabled', 'enabledForReportingButNotEnforced'] },
    { path: '/grantControls/operator', values: ['AND', 'OR'] },
    {
      path: '/grantControls/builtInControls',
      values: [
        'block',
        'mfa',
        'compliantDevice',
        'domainJoinedDevice',
        'approvedApplication',
        'compliantApplication',
        'passwordChange',
        'riskRemediation',
      ],
    },
    {
      path: '/conditions/clientAppTypes',
      values: ['all', 'browser', 'mobileAppsAndDesktopClients', 'exchangeActiveSync', 'easSupported', 'other'],
    },
    { path: '/conditions/userRiskLevels', values: ['low', 'medium', 'high', 'hidden', 'none'] },
    { path: '/conditions/signInRiskLevels', values: ['low', 'medium', 'high', 'hidden', 'none'] },
  ],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Conditional Access > Policies',
    permission: 'Policy.ReadWrite.ConditionalAccess',
    address: inCollection('/identity/conditionalAccess/policies'),
    // Microsoft's examples write a condition or the controls whole, and a grant needs its operator and its controls together.
    update: { method: 'PATCH', whole: ['/conditions/*', '/grantControls', '/sessionControls/*'] },
    create: { path: () => '/identity/conditionalAccess/policies' },
    remove: () => true,
    readOnly: ['/deletedDateTime'],
    parts: ['allowedCombinations', 'combinationConfigurations', 'requirementsSatisfied', 'policyType'].map((name) => ({
      path: `/grantControls/authenticationStrength/${name}`,
      restore: () => ({ follows: 'It is a copy of what the authentication strength says, and follows that.' }),
    })),
    toGraph: asGraphWantsPolicy,
  },
  // The core directory tells of the same edit half a second earlier, in words of its own.
  auditActivities: {
    added: ['add conditional access policy', 'add policy'],
    modified: ['update conditional access policy', 'update policy'],
    removed: ['delete conditional access policy', 'delete policy'],
  },
};

/** The strength is named by its id, and whose tenants are meant by the class of the object. */
function asGraphWantsPolicy(graph: JsonObject): JsonObject {
  const conditions = member(graph, 'conditions');
  const users = member(conditions, 'users');
  const grant = member(graph, 'grantControls');
  const strength = member(grant, 'authenticationStrength');
  const out = { ...graph };
  if (isObject(users) && isObject(conditions)) out['conditions'] = { ...conditions, users: withTenantClasses(users) };
  if (isObject(strength) && isObject(grant))
    out['grantControls'] = { ...grant, authenticationStrength: { id: strength['id'] ?? null } };
  return out;
}

function withTenantClasses(users: JsonObject): JsonObject {
  const out = { ...users };
  for (const name of ['includeGuestsOrExternalUsers', 'excludeGuestsOrExternalUsers']) {
    const guests = member(users, name);
    const tenants = member(guests, 'externalTenants');
    if (!isObject(guests) || !isObject(tenants)) continue;
    const kind = text(tenants, 'membershipKind') === 'enumerated' ? 'Enumerated' : 'All';
    const type = `#microsoft.graph.conditionalAccess${kind}ExternalTenants`;
    out[name] = { ...guests, externalTenants: { '@odata.type': type, ...tenants } };
  }
  return out;
}
