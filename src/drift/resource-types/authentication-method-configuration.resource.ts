import type { JsonObject } from '../../crypto/canonical-json.js';
import { member, text } from '../normalise/json-members.js';
import { AUTHENTICATION_METHODS_AUDIT, AUTHENTICATION_METHODS_PATH } from './authentication-methods-policy.resource.js';
import { objectsOf } from './expected-shape.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: one authenticationMethodConfiguration of the policy (Fido2, Sms, MicrosoftAuthenticator, external methods, ...). */
export const authenticationMethodConfiguration: ResourceTypeDefinition = {
  type: 'authenticationMethodConfiguration',
  title: 'Authentication method',
  permission: 'Policy.Read.All',
  collect: { kind: 'derived', from: AUTHENTICATION_METHODS_PATH, expand: methodConfigurations },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName') ?? text(raw, 'id'),
  ignore: ['/id'],
  sets: [
    '/keyRestrictions/aaGuids',
    '/passkeyProfiles/*/keyRestrictions/aaGuids',
    '/includeTargets/*/allowedPasskeyProfiles',
  ],
  keyedLists: [
    { path: '/includeTargets', by: 'id' },
    { path: '/excludeTargets', by: 'id' },
    { path: '/passkeyProfiles', by: 'id' },
    { path: '/certificateUserBindings', by: 'x509CertificateField' },
  ],
  defaults: [],
  delimitedSets: [{ path: '/passkeyProfiles/*/passkeyTypes', separator: ',' }],
  auditActivities: AUTHENTICATION_METHODS_AUDIT,
};

function methodConfigurations(policy: JsonObject): JsonObject[] {
  const list = member(policy, 'authenticationMethodConfigurations');
  return objectsOf(list, 'authenticationMethodConfigurations');
}
