import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { AUTHENTICATION_METHODS_AUDIT, AUTHENTICATION_METHODS_PATH } from './authentication-methods-policy.resource.js';
import { objectsOf } from './expected-shape.js';
import { inCollection } from './remediation-parts.js';
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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Authentication methods > Policies',
    permission: 'Policy.ReadWrite.AuthenticationMethod',
    address: inCollection(`${AUTHENTICATION_METHODS_PATH}/authenticationMethodConfigurations`),
    update: { method: 'PATCH', whole: ['/*'] },
    create: { path: () => `${AUTHENTICATION_METHODS_PATH}/authenticationMethodConfigurations` },
    remove: ({ value }) => isExternal(value) || "Only external methods come and go; Microsoft's own can be disabled.",
    toGraph: (graph, { key }) => ({ '@odata.type': `#microsoft.graph.${classOfMethod(key, graph)}`, ...graph }),
  },
  auditActivities: AUTHENTICATION_METHODS_AUDIT,
};

function methodConfigurations(policy: JsonObject): JsonObject[] {
  const list = member(policy, 'authenticationMethodConfigurations');
  return objectsOf(list, 'authenticationMethodConfigurations');
}

/** External methods are named by an id that Graph makes, all others by one of these. */
const CLASSES: Record<string, string> = {
  fido2: 'fido2',
  microsoftauthenticator: 'microsoftAuthenticator',
  sms: 'sms',
  temporaryaccesspass: 'temporaryAccessPass',
  softwareoath: 'softwareOath',
  hardwareoath: 'hardwareOath',
  voice: 'voice',
  email: 'email',
  x509certificate: 'x509Certificate',
  qrcodepin: 'qrCodePin',
  verifiablecredentials: 'verifiableCredentials',
};

function isExternal(value: JsonObject): boolean {
  return isObject(member(value, 'openIdConnectSetting'));
}

function classOfMethod(key: string, value: JsonObject): string {
  if (isExternal(value)) return 'externalAuthenticationMethodConfiguration';
  return `${CLASSES[key.toLowerCase()] ?? key.replace(/\W/g, '')}AuthenticationMethodConfiguration`;
}
