import { type JsonObject, textOf } from '../store/json.types.js';
import type { CollectionName, TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';

const EVERYBODY = { accessType: 'allowed', targets: [{ target: 'AllUsers', targetType: 'user' }] };
const EVERYTHING = { accessType: 'allowed', targets: [{ target: 'AllApplications', targetType: 'application' }] };
const NOBODY = { ...EVERYBODY, accessType: 'blocked' };
const NOTHING = { ...EVERYTHING, accessType: 'blocked' };
const OPEN = { usersAndGroups: EVERYBODY, applications: EVERYTHING };
const SHUT = { usersAndGroups: NOBODY, applications: NOTHING };
const NO_TRUST = { isMfaAccepted: false, isCompliantDeviceAccepted: false, isHybridAzureADJoinedDeviceAccepted: false };

/** Adds the policies that most tenants have few of: consent conditions, tokens, authentication contexts, other tenants, devices. */
export function generateSettings(state: TenantState, cast: Cast): void {
  const random = new Prng(state.identity.seed, 'settings');
  generateContexts(state);
  generateConsentConditions(state, random);
  generateDefinitions(state, random);
  generateCrossTenantAccess(state, random);
  state.singletons.externalIdentitiesPolicy = {
    id: 'externalIdentitiesPolicy',
    displayName: 'External Identities Policy',
    deletedDateTime: null,
    allowExternalIdentitiesToLeave: true,
    allowDeletedIdentitiesDataRemoval: false,
  };
  generateAppManagement(state, random);
  state.singletons.deviceRegistrationPolicy = deviceRegistration(cast);
  generateProviders(state, random);
}

/** Secrets of programs end within half a year, certificates within a year; one old program has longer. */
function generateAppManagement(state: TenantState, random: Prng): void {
  const restriction = (restrictionType: string, maxLifetime: string | null, stateOfIt = 'enabled'): JsonObject => ({
    restrictionType,
    state: stateOfIt,
    maxLifetime,
    restrictForAppsCreatedAfterDateTime: '0001-01-01T00:00:00Z',
    excludeActors: null,
  });
  const restrictions = (): JsonObject => ({
    passwordCredentials: [
      restriction('passwordAddition', null, 'disabled'),
      restriction('symmetricKeyAddition', null),
      restriction('passwordLifetime', 'P180D'),
      restriction('symmetricKeyLifetime', 'P180D'),
    ],
    keyCredentials: [restriction('asymmetricKeyLifetime', 'P365D')],
  });
  state.singletons.defaultAppManagementPolicy = {
    id: '00000000-0000-0000-0000-000000000000',
    displayName: 'Default app management tenant policy',
    description: 'What every program of the tenant keeps to',
    isEnabled: true,
    applicationRestrictions: restrictions(),
    servicePrincipalRestrictions: restrictions(),
  };
  const [old] = [...state.collections.applications.values()];
  state.collections.appManagementPolicies.set({
    id: random.guid(),
    displayName: 'Secrets of old programs',
    description: 'Until they are replaced',
    isEnabled: true,
    restrictions: { passwordCredentials: [restriction('passwordLifetime', 'P365D')], keyCredentials: [] },
    appliesTo: old === undefined ? [] : [{ id: textOf(old, 'id') }],
  });
}

function generateContexts(state: TenantState): void {
  const contexts: [string, string, boolean][] = [
    ['c1', 'Release of payments', true],
    ['c2', 'Roles of the control plane', true],
    ['c3', 'Contracts (draft)', false],
  ];
  for (const [id, displayName, isAvailable] of contexts)
    state.collections.authenticationContextClassReferences.set({
      id,
      displayName,
      description: `Asks for more before: ${displayName.toLowerCase()}`,
      isAvailable,
    });
}

/** A set of conditions; nothing is asked for beyond what `about` says. */
export function conditionSet(id: string, about: JsonObject = {}): JsonObject {
  return {
    id,
    permissionClassification: 'all',
    permissionType: 'delegated',
    resourceApplication: 'any',
    permissions: ['all'],
    clientApplicationIds: ['all'],
    clientApplicationTenantIds: ['all'],
    clientApplicationPublisherIds: ['all'],
    clientApplicationsFromVerifiedPublisherOnly: false,
    certifiedClientApplicationsOnly: false,
    ...about,
  };
}

function generateConsentConditions(state: TenantState, random: Prng): void {
  const policy = (id: string, displayName: string, includes: JsonObject[], excludes: JsonObject[] = []) =>
    state.collections.permissionGrantPolicies.set({
      id,
      displayName,
      description: `Conditions under which consent is possible: ${displayName}`,
      includes,
      excludes,
    });
  policy('microsoft-user-default-low', 'Low risk permissions, own and verified applications', [
    conditionSet(random.guid(), {
      permissionClassification: 'low',
      clientApplicationsFromVerifiedPublisherOnly: true,
    }),
    conditionSet(random.guid(), { permissionClassification: 'low', clientApplicationTenantIds: [state.tenantId] }),
  ]);
  policy('microsoft-application-admin', 'What application administrators may consent to', [
    conditionSet(random.guid()),
    conditionSet(random.guid(), { permissionType: 'application' }),
  ]);
  policy(
    'own-verified-apps',
    'Verified publishers, reading profiles only',
    [
      conditionSet(random.guid(), {
        resourceApplication: '00000003-0000-0000-c000-000000000000',
        permissions: [random.guid(), random.guid()],
        clientApplicationsFromVerifiedPublisherOnly: true,
      }),
    ],
    [conditionSet(random.guid(), { clientApplicationTenantIds: [random.guid()] })],
  );
}

function generateDefinitions(state: TenantState, random: Prng): void {
  const policy = (list: CollectionName, displayName: string, definition: JsonObject, isOrganizationDefault = false) =>
    state.collections[list].set({
      id: random.guid(),
      deletedDateTime: null,
      displayName,
      definition: [JSON.stringify(definition)],
      isOrganizationDefault,
    });
  policy('tokenLifetimePolicies', 'Short access tokens', {
    TokenLifetimePolicy: { Version: 1, AccessTokenLifetime: '00:30:00' },
  });
  policy('tokenIssuancePolicies', 'Signed SAML responses', {
    TokenIssuancePolicy: {
      Version: 1,
      SigningAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      TokenResponseSigningPolicy: 'ResponseAndToken',
      SamlTokenVersion: '2.0',
    },
  });
  policy('claimsMappingPolicies', 'Employee number in tokens', {
    ClaimsMappingPolicy: {
      Version: 1,
      IncludeBasicClaimSet: 'true',
      ClaimsSchema: [{ Source: 'user', ID: 'employeeid', JwtClaimType: 'employee_number' }],
    },
  });
  policy('homeRealmDiscoveryPolicies', 'To the federation at once', {
    HomeRealmDiscoveryPolicy: { AccelerateToFederatedDomain: true, AllowCloudPasswordValidation: false },
  });
  policy(
    'activityBasedTimeoutPolicies',
    'Portals sign out',
    {
      ActivityBasedTimeoutPolicy: {
        Version: 1,
        ApplicationPolicies: [{ ApplicationId: 'default', WebSessionIdleTimeout: '01:00:00' }],
      },
    },
    true,
  );
}

function generateCrossTenantAccess(state: TenantState, random: Prng): void {
  state.singletons.crossTenantAccessPolicyDefault = {
    isServiceDefault: false,
    inboundTrust: NO_TRUST,
    b2bCollaborationOutbound: OPEN,
    b2bCollaborationInbound: OPEN,
    b2bDirectConnectOutbound: SHUT,
    b2bDirectConnectInbound: SHUT,
    tenantRestrictions: { devices: null, ...SHUT },
    automaticUserConsentSettings: { inboundAllowed: false, outboundAllowed: false },
    invitationRedemptionIdentityProviderConfiguration: {
      primaryIdentityProviderPrecedenceOrder: ['azureActiveDirectory', 'externalFederation', 'socialIdentityProviders'],
      fallbackIdentityProvider: 'defaultConfiguredIdp',
    },
  };
  for (const sync of [true, false]) {
    const tenantId = random.guid();
    state.collections.crossTenantPartners.set(partner(tenantId, sync ? syncFrom(tenantId) : null));
  }
}

/** A partner whose people may come in as guests, and of whom nothing is believed. */
export function partner(tenantId: string, identitySynchronization: JsonObject | null): JsonObject & { id: string } {
  return {
    id: tenantId,
    tenantId,
    isServiceProvider: false,
    isInMultiTenantOrganization: false,
    inboundTrust: NO_TRUST,
    b2bCollaborationOutbound: null,
    b2bCollaborationInbound: OPEN,
    b2bDirectConnectOutbound: null,
    b2bDirectConnectInbound: null,
    tenantRestrictions: null,
    automaticUserConsentSettings: { inboundAllowed: null, outboundAllowed: null },
    identitySynchronization,
  };
}

function syncFrom(tenantId: string): JsonObject {
  return { tenantId, displayName: 'Sister company', userSyncInbound: { isSyncAllowed: false } };
}

function deviceRegistration(cast: Cast): JsonObject {
  return {
    id: 'deviceRegistrationPolicy',
    displayName: 'Device Registration Policy',
    description: 'Who may register devices, and who administers them',
    userDeviceQuota: 20,
    multiFactorAuthConfiguration: 'required',
    azureADRegistration: {
      isAdminConfigurable: false,
      allowedToRegister: { '@odata.type': '#microsoft.graph.allDeviceRegistrationMembership' },
    },
    azureADJoin: {
      isAdminConfigurable: true,
      allowedToJoin: {
        '@odata.type': '#microsoft.graph.enumeratedDeviceRegistrationMembership',
        users: cast.adminIds.slice(0, 2),
        groups: [],
      },
      localAdmins: {
        enableGlobalAdmins: false,
        registeringUsers: { '@odata.type': '#microsoft.graph.noDeviceRegistrationMembership' },
      },
    },
    localAdminPassword: { isEnabled: true },
  };
}

function generateProviders(state: TenantState, random: Prng): void {
  const { identityProviders, customAuthenticationExtensions } = state.collections;
  for (const [kind, displayName] of [
    ['EmailOTP', 'Email One Time Passcode'],
    ['MicrosoftAccount', 'Microsoft Account'],
  ] as const) {
    identityProviders.set({
      '@odata.type': '#microsoft.graph.builtInIdentityProvider',
      id: `${kind}-OAUTH`,
      displayName,
      identityProviderType: kind,
      state: null,
    });
  }
  identityProviders.set({
    '@odata.type': '#microsoft.graph.socialIdentityProvider',
    id: 'Google-OAUTH',
    displayName: 'Google',
    identityProviderType: 'Google',
    clientId: `${random.hex(12)}.apps.example.com`,
    clientSecret: '******',
  });
  customAuthenticationExtensions.set({
    '@odata.type': '#microsoft.graph.onTokenIssuanceStartCustomExtension',
    id: random.guid(),
    displayName: 'Cost centres for tokens',
    description: 'Asks the register of cost centres',
    clientConfiguration: { timeoutInMilliseconds: 1000, maximumRetries: 1 },
    behaviorOnError: null,
    authenticationConfiguration: {
      '@odata.type': '#microsoft.graph.azureAdTokenAuthentication',
      resourceId: `api://claims.${state.identity.defaultDomain}/${random.guid()}`,
    },
    endpointConfiguration: {
      '@odata.type': '#microsoft.graph.httpRequestEndpoint',
      targetUrl: `https://claims.${state.identity.defaultDomain}/token-issuance-start`,
    },
    claimsForTokenConfiguration: [{ claimIdInApiResponse: 'costCentre' }, { claimIdInApiResponse: 'site' }],
  });
}
