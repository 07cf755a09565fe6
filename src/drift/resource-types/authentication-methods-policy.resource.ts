import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

export const AUTHENTICATION_METHODS_PATH = '/policies/authenticationMethodsPolicy';
/** Entra writes one activity for whatever changes in the policy. */
export const AUTHENTICATION_METHODS_AUDIT = {
  added: ['authentication methods policy update', 'update authentication methods policy'],
  modified: ['authentication methods policy update', 'update authentication methods policy'],
  removed: ['authentication methods policy update', 'update authentication methods policy'],
};

/** Graph: authenticationMethodsPolicy without its method configurations, which are a type of their own. */
export const authenticationMethodsPolicy: ResourceTypeDefinition = {
  type: 'authenticationMethodsPolicy',
  title: 'Authentication methods policy',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'singleton',
    path: AUTHENTICATION_METHODS_PATH,
    requires: ['id', 'authenticationMethodConfigurations'],
  },
  key: () => 'authenticationMethodsPolicy',
  displayName: (raw) => text(raw, 'displayName') ?? 'Authentication Methods Policy',
  modifiedAtProperty: 'lastModifiedDateTime',
  ignore: ['/id', '/lastModifiedDateTime', '/policyVersion', '/authenticationMethodConfigurations'],
  sets: [],
  keyedLists: [
    { path: '/registrationEnforcement/authenticationMethodsRegistrationCampaign/includeTargets', by: 'id' },
    { path: '/registrationEnforcement/authenticationMethodsRegistrationCampaign/excludeTargets', by: 'id' },
    { path: '/systemCredentialPreferences/includeTargets', by: 'id' },
    { path: '/systemCredentialPreferences/excludeTargets', by: 'id' },
  ],
  // 0 is how Graph says that no code is set.
  defaults: [{ path: '/reportSuspiciousActivitySettings/voiceReportingCode', value: 0 }],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Authentication methods > Settings',
    permission: 'Policy.ReadWrite.AuthenticationMethod',
    address: () => AUTHENTICATION_METHODS_PATH,
    update: {
      method: 'PATCH',
      whole: ['/registrationEnforcement', '/systemCredentialPreferences', '/reportSuspiciousActivitySettings'],
    },
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
    readOnly: ['/displayName', '/description'],
  },
  auditActivities: AUTHENTICATION_METHODS_AUDIT,
};
