import type { DemoTenant } from '../../../demo/demo-tenant.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../../../demo/store/json.types.js';
import type { CollectionName } from '../../../demo/store/tenant-state.js';
import { graph } from '../../../demo/testing/tenant-client.js';
import type { ResourceType, ScannedType } from '../../../src/drift/resource-types/resource-type.types.js';

/** How one type is proved: what is done to the tenant, in this order, and at which paths the change must show. */
export interface TypeProof {
  /** Adds an object and gives its key in a snapshot; absent for what a tenant always has once. */
  add?: (stage: ProofStage) => Promise<string>;
  /** Changes that object (or the one that is always there) where it matters to security. */
  change?: { act: (stage: ProofStage, key: string) => Promise<void>; at: (stage: ProofStage) => string[] };
  remove?: (stage: ProofStage, key: string) => Promise<void>;
  /** The key, where nothing is added. */
  key?: (stage: ProofStage) => string;
  /** Written into the tenant without Graph, as no route of the demo tenant does it: nothing is audited then. */
  unaudited?: ('added' | 'modified' | 'removed')[];
}

/** The tenant at work, and the objects of it that the proofs are about. */
export class ProofStage {
  readonly own: { type: ResourceType; raw: JsonObject }[] = [];

  constructor(readonly tenant: DemoTenant) {}

  /** A Graph call of an administrator; throws when it is refused. */
  async call(method: string, path: string, body?: Json): Promise<JsonObject> {
    const { administrator } = this.tenant;
    const token = this.tenant.tokenFor(administrator.objectId);
    const root = this.tenant.graphBaseUrl;
    const url = path.startsWith('/beta/') ? root.replace(/v1\.0$/, '') + path.slice(1) : path;
    const answer = await graph(this.tenant, url, { method, token, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  rows(list: CollectionName): JsonObject[] {
    return [...this.tenant.state.collections[list].values()];
  }

  patchRow(list: CollectionName, id: string, patch: JsonObject): void {
    this.tenant.state.collections[list].set({ ...this.tenant.state.collections[list].get(id), ...patch, id });
  }

  admin(position: number): string {
    return this.tenant.cast.adminIds[position] ?? '';
  }

  /** The group that Conditional Access policies exclude. */
  excludedGroup(): string {
    const named = JSON.stringify(this.rows('conditionalAccessPolicies').map((policy) => policy['conditions']));
    return textOf(this.rows('groups').find((group) => named.includes(textOf(group, 'id'))) ?? {}, 'id');
  }

  roleAssignableGroup(): string {
    return textOf(this.rows('groups').find((group) => group['isAssignableToRole'] === true) ?? {}, 'id');
  }

  graphPrincipal(): string {
    const [sp] = this.tenant.state.collections.servicePrincipals.where('appId', '00000003-0000-0000-c000-000000000000');
    return textOf(sp ?? {}, 'id');
  }

  /** A service principal of the tenant's own. */
  program(): string {
    return textOf(this.rows('servicePrincipals').findLast((sp) => sp['appId'] !== this.tenant.clientId) ?? {}, 'id');
  }
}

/** Added, changed and removed at one address. */
function written(path: string, body: JsonObject, patch: JsonObject, at: string[], keyMember = 'id'): TypeProof {
  return {
    add: async (stage) => textOf(await stage.call('POST', path, body), keyMember),
    change: {
      act: async (stage, key) => void (await stage.call('PATCH', `${path}/${key}`, patch)),
      at: () => at,
    },
    remove: async (stage, key) => void (await stage.call('DELETE', `${path}/${key}`)),
  };
}

/** There once in every tenant. */
function single(key: string, path: string, patch: JsonObject, at: string[]): TypeProof {
  return {
    key: () => key,
    change: { act: async (stage) => void (await stage.call('PATCH', path, patch)), at: () => at },
  };
}

function definition(list: string, content: JsonObject, changed: JsonObject, at: string): TypeProof {
  return written(
    `/policies/${list}`,
    { displayName: 'A new policy', definition: [JSON.stringify(content)] },
    { definition: [JSON.stringify(changed)] },
    [at],
  );
}

/** What our own configuration gives is held by the stage. */
function ofOurs(type: ResourceType, object: JsonObject, patch: JsonObject, at: string, key = 'proof'): TypeProof {
  const held = (stage: ProofStage) => stage.own.findIndex((one) => one.type === type);
  return {
    add: async (stage) => {
      stage.own.push({ type, raw: object });
      return key;
    },
    change: {
      act: async (stage) => void stage.own.splice(held(stage), 1, { type, raw: { ...object, ...patch } }),
      at: () => [at],
    },
    remove: async (stage) => void stage.own.splice(held(stage), 1),
    unaudited: ['added', 'modified', 'removed'],
  };
}

const METHODS = '/policies/authenticationMethodsPolicy/authenticationMethodConfigurations';
const ROLE = '729827e3-9c14-49f7-bb1b-9608f156bbb8';
const PARTNER = '7a5be1de-7b34-4a6e-8c55-6a1f1c2d3e4f';
/** Graph's template Group.Unified.Guest. */
const GUEST_TEMPLATE = '08d542b9-071f-4e16-94b0-74abb332e3d9';
const guestSetting = (stage: ProofStage) =>
  textOf(stage.rows('groupSettings').find((one) => one['templateId'] === GUEST_TEMPLATE) ?? {}, 'id');

function roleHolding(list: CollectionName, requests: string): TypeProof {
  const row = (stage: ProofStage) =>
    stage.rows(list).find((one) => one['principalId'] === stage.admin(5) && one['roleDefinitionId'] === ROLE) ?? {};
  const request = (stage: ProofStage, action: string) =>
    stage.call('POST', `/roleManagement/directory/${requests}`, {
      action,
      principalId: stage.admin(5),
      roleDefinitionId: ROLE,
      directoryScopeId: '/',
      scheduleInfo: { startDateTime: null, expiration: { type: 'afterDateTime', endDateTime: '2031-01-01T00:00:00Z' } },
    });
  return {
    add: async (stage) => {
      await request(stage, 'adminAssign');
      return `${stage.admin(5)}|${ROLE}|/|`;
    },
    change: {
      act: async (stage) => {
        const before = row(stage);
        stage.patchRow(list, textOf(before, 'id'), {
          endDateTime: before['endDateTime'] == null ? '2031-01-01T00:00:00Z' : null,
        });
      },
      at: () => ['/endDateTime'],
    },
    remove: async (stage) => void (await request(stage, 'adminRemove')),
    unaudited: ['modified'],
  };
}

/** One proof for each type that there is: the record's type makes forgetting one a compile error. */
export const TYPE_PROOFS: Readonly<Record<ScannedType, TypeProof>> = {
  conditionalAccessPolicy: written(
    '/identity/conditionalAccess/policies',
    {
      displayName: 'A new policy',
      state: 'enabled',
      conditions: {
        users: { includeUsers: ['All'], excludeUsers: [] },
        applications: { includeApplications: ['All'] },
        clientAppTypes: ['all'],
      },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    },
    { state: 'disabled' },
    ['/state'],
  ),
  namedLocation: written(
    '/identity/conditionalAccess/namedLocations',
    {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      displayName: 'A new office',
      isTrusted: false,
      ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '198.51.100.0/24' }],
    },
    { isTrusted: true },
    ['/isTrusted'],
  ),
  authenticationStrengthPolicy: {
    ...written(
      '/policies/authenticationStrengthPolicies',
      { displayName: 'A new strength', allowedCombinations: ['fido2'] },
      {},
      [],
    ),
    change: {
      act: async (stage, key) =>
        void (await stage.call('POST', `/policies/authenticationStrengthPolicies/${key}/updateAllowedCombinations`, {
          allowedCombinations: ['fido2', 'password,sms'],
        })),
      at: () => ['/allowedCombinations'],
    },
  },
  authenticationMethodsPolicy: single(
    'authenticationMethodsPolicy',
    '/policies/authenticationMethodsPolicy',
    { policyMigrationState: 'preMigration' },
    ['/policyMigrationState'],
  ),
  authenticationMethodConfiguration: written(
    METHODS,
    {
      '@odata.type': '#microsoft.graph.externalAuthenticationMethodConfiguration',
      displayName: 'Another factor',
      state: 'enabled',
      appId: PARTNER,
      openIdConnectSetting: { clientId: 'c', discoveryUrl: 'https://factor.example/.well-known/openid-configuration' },
    },
    { openIdConnectSetting: { discoveryUrl: 'https://elsewhere.example/.well-known/openid-configuration' } },
    ['/openIdConnectSetting/discoveryUrl'],
  ),
  authorizationPolicy: single(
    'authorizationPolicy',
    '/policies/authorizationPolicy',
    { allowInvitesFrom: 'everyone', defaultUserRolePermissions: { allowedToCreateApps: true } },
    ['/allowInvitesFrom', '/defaultUserRolePermissions/allowedToCreateApps'],
  ),
  securityDefaults: single(
    'securityDefaults',
    '/policies/identitySecurityDefaultsEnforcementPolicy',
    { isEnabled: true },
    ['/isEnabled'],
  ),
  adminConsentRequestPolicy: single(
    'adminConsentRequestPolicy',
    '/policies/adminConsentRequestPolicy',
    { isEnabled: false },
    ['/isEnabled'],
  ),
  groupSetting: {
    add: async (stage) => {
      stage.patchRow('groupSettings', PARTNER, {
        displayName: 'Group.Unified.Guest',
        templateId: GUEST_TEMPLATE,
        values: [{ name: 'EnableGroupSpecificConsent', value: 'False' }],
      });
      return GUEST_TEMPLATE;
    },
    change: {
      act: async (stage) =>
        void (await stage.call('PATCH', `/groupSettings/${guestSetting(stage)}`, {
          values: [{ name: 'EnableGroupSpecificConsent', value: 'True' }],
        })),
      at: () => ['/values/EnableGroupSpecificConsent'],
    },
    remove: async (stage) => void stage.tenant.state.collections.groupSettings.delete(guestSetting(stage)),
    unaudited: ['added', 'removed'],
  },
  roleDefinition: {
    add: async (stage) => {
      stage.patchRow('roleDefinitions', PARTNER, {
        displayName: 'A new role',
        templateId: PARTNER,
        isBuiltIn: false,
        isEnabled: true,
        resourceScopes: ['/'],
        rolePermissions: [{ allowedResourceActions: ['microsoft.directory/groups/standard/read'], condition: null }],
      });
      return PARTNER;
    },
    change: {
      act: async (stage) =>
        void (await stage.call('PATCH', `/roleManagement/directory/roleDefinitions/${PARTNER}`, { isEnabled: false })),
      at: () => ['/isEnabled'],
    },
    remove: async (stage) => void stage.tenant.state.collections.roleDefinitions.delete(PARTNER),
    unaudited: ['added', 'removed'],
  },
  roleAssignment: roleHolding('roleAssignmentScheduleInstances', 'roleAssignmentScheduleRequests'),
  roleEligibility: roleHolding('roleEligibilityScheduleInstances', 'roleEligibilityScheduleRequests'),
  roleManagementRule: {
    add: async (stage) => {
      stage.tenant.state.roleManagementRules.set(PARTNER, [
        {
          '@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyEnablementRule',
          id: 'Enablement_EndUser_Assignment',
          enabledRules: ['MultiFactorAuthentication', 'Justification'],
        },
      ]);
      return `${PARTNER}|Enablement_EndUser_Assignment`;
    },
    change: {
      act: async (stage) =>
        void (await stage.call(
          'PATCH',
          `/policies/roleManagementPolicies/DirectoryRole_${stage.tenant.tenantId}_${PARTNER}/rules/Enablement_EndUser_Assignment`,
          { enabledRules: ['Justification'] },
        )),
      at: () => ['/enabledRules'],
    },
    remove: async (stage) => void stage.tenant.state.roleManagementRules.delete(PARTNER),
    unaudited: ['added', 'removed'],
  },
  application: written(
    '/applications',
    { displayName: 'A new application', signInAudience: 'AzureADMyOrg' },
    { signInAudience: 'AzureADMultipleOrgs' },
    ['/signInAudience'],
  ),
  servicePrincipal: {
    ...written('/servicePrincipals', {}, { appRoleAssignmentRequired: true }, ['/appRoleAssignmentRequired']),
    add: async (stage) => {
      const app = stage
        .rows('applications')
        .find((one) => !stage.rows('servicePrincipals').some((sp) => sp['appId'] === one['appId']));
      const appId = textOf(app ?? {}, 'appId');
      return textOf(await stage.call('POST', '/servicePrincipals', { appId }), 'id');
    },
  },
  appRoleAssignment: {
    add: async (stage) => {
      const [principalId, resourceId] = [stage.program(), stage.graphPrincipal()];
      const appRoleId = '9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8';
      await stage.call('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
        principalId,
        resourceId,
        appRoleId,
      });
      return `${principalId}|${resourceId}|${appRoleId}`;
    },
    remove: async (stage, key) => {
      const [principalId, resourceId, appRoleId] = key.split('|');
      const row = stage
        .rows('appRoleAssignments')
        .find((one) => one['principalId'] === principalId && one['appRoleId'] === appRoleId);
      await stage.call('DELETE', `/servicePrincipals/${resourceId}/appRoleAssignedTo/${textOf(row ?? {}, 'id')}`);
    },
  },
  oauth2PermissionGrant: {
    add: async (stage) => {
      const body = {
        clientId: stage.program(),
        consentType: 'Principal',
        principalId: stage.admin(6),
        resourceId: stage.graphPrincipal(),
        scope: 'User.Read',
      };
      await stage.call('POST', '/oauth2PermissionGrants', body);
      return `${body.clientId}|${body.consentType}|${body.principalId}|${body.resourceId}`;
    },
    change: {
      act: async (stage) =>
        void (await stage.call('PATCH', `/oauth2PermissionGrants/${grantId(stage)}`, { scope: 'User.Read Mail.Read' })),
      at: () => ['/scope'],
    },
    remove: async (stage) => void (await stage.call('DELETE', `/oauth2PermissionGrants/${grantId(stage)}`)),
  },
  domain: written('/domains', { id: 'new.example' }, { passwordValidityPeriodInDays: 90 }, [
    '/passwordValidityPeriodInDays',
  ]),
  authenticationContextClassReference: written(
    '/identity/conditionalAccess/authenticationContextClassReferences',
    { id: 'c9', displayName: 'A new context', isAvailable: true },
    { isAvailable: false },
    ['/isAvailable'],
  ),
  permissionGrantPolicy: {
    ...written('/policies/permissionGrantPolicies', { id: 'a-new-policy', displayName: 'A new policy' }, {}, []),
    change: {
      act: async (stage, key) =>
        void (await stage.call('POST', `/policies/permissionGrantPolicies/${key}/includes`, {
          permissionType: 'application',
          permissions: ['all'],
        })),
      at: () => ['/includes'],
    },
  },
  tokenLifetimePolicy: definition(
    'tokenLifetimePolicies',
    { TokenLifetimePolicy: { Version: 1, AccessTokenLifetime: '01:00:00' } },
    { TokenLifetimePolicy: { AccessTokenLifetime: '23:00:00', Version: 1 } },
    '/definition/TokenLifetimePolicy/AccessTokenLifetime',
  ),
  tokenIssuancePolicy: definition(
    'tokenIssuancePolicies',
    { TokenIssuancePolicy: { Version: 1, TokenResponseSigningPolicy: 'ResponseAndToken' } },
    { TokenIssuancePolicy: { Version: 1, TokenResponseSigningPolicy: 'TokenOnly' } },
    '/definition/TokenIssuancePolicy/TokenResponseSigningPolicy',
  ),
  claimsMappingPolicy: definition(
    'claimsMappingPolicies',
    { ClaimsMappingPolicy: { Version: 1, IncludeBasicClaimSet: 'true' } },
    { ClaimsMappingPolicy: { Version: 1, IncludeBasicClaimSet: 'false' } },
    '/definition/ClaimsMappingPolicy/IncludeBasicClaimSet',
  ),
  homeRealmDiscoveryPolicy: definition(
    'homeRealmDiscoveryPolicies',
    { HomeRealmDiscoveryPolicy: { AllowCloudPasswordValidation: false } },
    { HomeRealmDiscoveryPolicy: { AllowCloudPasswordValidation: true } },
    '/definition/HomeRealmDiscoveryPolicy/AllowCloudPasswordValidation',
  ),
  activityBasedTimeoutPolicy: definition(
    'activityBasedTimeoutPolicies',
    { ActivityBasedTimeoutPolicy: { Version: 1 } },
    { ActivityBasedTimeoutPolicy: { Version: 2 } },
    '/definition/ActivityBasedTimeoutPolicy/Version',
  ),
  crossTenantAccessDefault: single(
    'crossTenantAccessDefault',
    '/policies/crossTenantAccessPolicy/default',
    {
      inboundTrust: { isMfaAccepted: true },
      invitationRedemptionIdentityProviderConfiguration: {
        primaryIdentityProviderPrecedenceOrder: [
          'socialIdentityProviders',
          'azureActiveDirectory',
          'externalFederation',
        ],
      },
    },
    [
      '/inboundTrust/isMfaAccepted',
      '/invitationRedemptionIdentityProviderConfiguration/primaryIdentityProviderPrecedenceOrder',
    ],
  ),
  crossTenantAccessPartner: {
    ...written('/policies/crossTenantAccessPolicy/partners', { tenantId: PARTNER }, {}, [], 'tenantId'),
    change: {
      act: async (stage) =>
        void (await stage.call('PUT', `/policies/crossTenantAccessPolicy/partners/${PARTNER}/identitySynchronization`, {
          displayName: 'New partner',
          userSyncInbound: { isSyncAllowed: true },
        })),
      at: () => ['/identitySynchronization/userSyncInbound/isSyncAllowed'],
    },
  },
  defaultAppManagementPolicy: single(
    'defaultAppManagementPolicy',
    '/policies/defaultAppManagementPolicy',
    {
      isEnabled: false,
      applicationRestrictions: {
        passwordCredentials: [
          { restrictionType: 'symmetricKeyAddition', state: 'enabled', maxLifetime: null },
          { restrictionType: 'symmetricKeyLifetime', state: 'enabled', maxLifetime: 'P180D' },
          { restrictionType: 'passwordAddition', state: 'disabled', maxLifetime: null },
          { restrictionType: 'passwordLifetime', state: 'enabled', maxLifetime: 'P900D' },
        ],
        keyCredentials: [],
      },
    },
    [
      '/applicationRestrictions/keyCredentials/asymmetricKeyLifetime',
      '/applicationRestrictions/passwordCredentials/passwordLifetime/maxLifetime',
      '/isEnabled',
    ],
  ),
  appManagementPolicy: written(
    '/policies/appManagementPolicies',
    { displayName: 'A new policy', restrictions: { passwordCredentials: [] } },
    {
      isEnabled: false,
      restrictions: { passwordCredentials: [{ restrictionType: 'passwordLifetime', state: 'disabled' }] },
    },
    ['/isEnabled', '/restrictions/passwordCredentials/passwordLifetime'],
  ),
  externalIdentitiesPolicy: single(
    'externalIdentitiesPolicy',
    '/beta/policies/externalIdentitiesPolicy',
    { allowExternalIdentitiesToLeave: false },
    ['/allowExternalIdentitiesToLeave'],
  ),
  deviceRegistrationPolicy: single(
    'deviceRegistrationPolicy',
    '/policies/deviceRegistrationPolicy',
    {
      multiFactorAuthConfiguration: 'notRequired',
      azureADJoin: {
        allowedToJoin: {
          '@odata.type': '#microsoft.graph.allDeviceRegistrationMembership',
          users: null,
          groups: null,
        },
      },
    },
    ['/azureADJoin/allowedToJoin/membership', '/azureADJoin/allowedToJoin/users', '/multiFactorAuthConfiguration'],
  ),
  groupEligibility: {
    add: async (stage) => {
      await requestEligibility(stage, 'adminAssign');
      return `${stage.admin(7)}|${stage.roleAssignableGroup()}|owner`;
    },
    change: {
      act: async (stage) => {
        const row = stage.rows('groupEligibilityScheduleInstances').find((one) => one['accessId'] === 'owner') ?? {};
        stage.patchRow('groupEligibilityScheduleInstances', textOf(row, 'id'), { endDateTime: '2031-01-01T00:00:00Z' });
      },
      at: () => ['/endDateTime'],
    },
    remove: async (stage) => requestEligibility(stage, 'adminRemove'),
    unaudited: ['modified'],
  },
  organization: {
    key: (stage) => stage.tenant.tenantId,
    change: {
      act: async (stage) =>
        void (await stage.call('PATCH', `/organization/${stage.tenant.tenantId}`, {
          securityComplianceNotificationMails: [],
        })),
      at: () => ['/securityComplianceNotificationMails'],
    },
  },
  onPremisesSynchronization: {
    key: (stage) => stage.tenant.tenantId,
    change: {
      act: async (stage) =>
        void (await stage.call('PATCH', `/directory/onPremisesSynchronization/${stage.tenant.tenantId}`, {
          features: { blockSoftMatchEnabled: false },
        })),
      at: () => ['/features/blockSoftMatchEnabled'],
    },
  },
  certificateBasedAuthConfiguration: {
    key: () => 'certificateBasedAuthConfiguration',
    change: {
      // Graph can't change it: it is removed and written anew, whole.
      act: async (stage) => {
        const path = `/organization/${stage.tenant.tenantId}/certificateBasedAuthConfiguration`;
        const before = stage.rows('certificateBasedAuthConfigurations')[0] ?? {};
        const authorities = before['certificateAuthorities'];
        await stage.call('DELETE', `${path}/${textOf(before, 'id')}`);
        await stage.call('POST', path, {
          certificateAuthorities: [
            ...(Array.isArray(authorities) ? authorities : []),
            { isRootAuthority: true, certificate: 'TUlJ', issuer: 'CN=Another CA', issuerSki: 'ABCDEF' },
          ],
        });
      },
      at: () => ['/certificateAuthorities/ABCDEF'],
    },
    remove: async (stage) => {
      const id = textOf(stage.rows('certificateBasedAuthConfigurations')[0] ?? {}, 'id');
      await stage.call('DELETE', `/organization/${stage.tenant.tenantId}/certificateBasedAuthConfiguration/${id}`);
    },
  },
  administrativeUnit: {
    ...written(
      '/directory/administrativeUnits',
      { displayName: 'A new unit', isMemberManagementRestricted: true },
      {},
      [],
    ),
    change: {
      act: async (stage, key) => {
        const path = `/directory/administrativeUnits/${key}`;
        await stage.call('POST', `${path}/members/$ref`, {
          '@odata.id': `https://x/directoryObjects/${stage.admin(3)}`,
        });
        await stage.call('POST', `${path}/scopedRoleMembers`, { roleId: ROLE, roleMemberInfo: { id: stage.admin(4) } });
      },
      at: (stage) => [`/members/${stage.admin(3)}`, `/scopedRoleMembers/${ROLE}|${stage.admin(4)}`],
    },
  },
  customAuthenticationExtension: written(
    '/identity/customAuthenticationExtensions',
    { displayName: 'A new extension', endpointConfiguration: { targetUrl: 'https://claims.example/start' } },
    { endpointConfiguration: { targetUrl: 'https://elsewhere.example/start' } },
    ['/endpointConfiguration/targetUrl'],
  ),
  identityProvider: written(
    '/identity/identityProviders',
    { displayName: 'Another', identityProviderType: 'Facebook', clientId: '1', clientSecret: 'never stored' },
    { clientId: '2', clientSecret: 'another' },
    ['/clientId'],
  ),
  group: {
    key: (stage) => stage.excludedGroup(),
    change: {
      act: async (stage, key) =>
        void (await stage.call('POST', `/groups/${key}/members/$ref`, {
          '@odata.id': `https://x/directoryObjects/${stage.admin(8)}`,
        })),
      at: (stage) => [`/members/${stage.admin(8)}`],
    },
    remove: async (stage, key) => void (await stage.call('DELETE', `/groups/${key}`)),
  },
  user: {
    key: (stage) => stage.admin(2),
    change: {
      act: async (stage, key) => void (await stage.call('PATCH', `/users/${key}`, { accountEnabled: false })),
      at: () => ['/accountEnabled'],
    },
    remove: async (stage, key) => void (await stage.call('DELETE', `/users/${key}`)),
  },
  watchSetting: ofOurs(
    'watchSetting',
    { id: 'proof', displayName: 'Proof', secondPerson: true },
    { secondPerson: false },
    '/secondPerson',
  ),
  watchRuleOverride: ofOurs(
    'watchRuleOverride',
    { id: 'proof', displayName: 'Proof', severityRank: 2 },
    { severityRank: 1 },
    '/severityRank',
  ),
  watchIgnoreRule: ofOurs(
    'watchIgnoreRule',
    { id: 'proof', displayName: 'Proof', pathPattern: '/a' },
    { pathPattern: '/b' },
    '/pathPattern',
  ),
  watchChangeWindow: ofOurs(
    'watchChangeWindow',
    { id: 'proof', displayName: 'Proof', days: [1] },
    { days: [2] },
    '/days',
  ),
  watchEndpoint: ofOurs(
    'watchEndpoint',
    { id: 'proof', displayName: 'Proof', status: 'enabled' },
    { status: 'disabled' },
    '/status',
  ),
  accessRole: ofOurs(
    'accessRole',
    { id: 'proof', displayName: 'Proof', permissions: ['a:read'] },
    { permissions: ['a:read', 'b:write'] },
    '/permissions',
  ),
  accessConstraint: ofOurs('accessConstraint', { id: 'proof', displayName: 'Proof', limit: 2 }, { limit: 3 }, '/limit'),
  accessAssignment: ofOurs(
    'accessAssignment',
    {
      assignmentType: 'active',
      principalType: 'user',
      principalId: 'p',
      roleId: 'r',
      scope: 'tenant',
      effect: 'allow',
    },
    { endsAt: '2031-01-01T00:00:00Z' },
    '/endsAt',
    'active|user|p|r|tenant|allow',
  ),
};

function grantId(stage: ProofStage): string {
  const row = stage
    .rows('oauth2PermissionGrants')
    .find((one) => one['clientId'] === stage.program() && one['principalId'] === stage.admin(6));
  return textOf(row ?? {}, 'id');
}

async function requestEligibility(stage: ProofStage, action: string): Promise<void> {
  await stage.call('POST', '/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests', {
    action,
    accessId: 'owner',
    groupId: stage.roleAssignableGroup(),
    principalId: stage.admin(7),
  });
}

/** Members in which order means something. */
const ORDERED = new Set(['primaryIdentityProviderPrecedenceOrder', 'definition']);
const DATED = /^(created|modified|lastModified|renewed)DateTime$/;

/** The same object as Graph may answer it another time: lists turned round, later dates, ids made anew inside of it. */
export function answeredOtherwise(value: Json, name = ''): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => answeredOtherwise(item));
    return ORDERED.has(name) ? items : items.reverse();
  }
  if (!isJsonObject(value)) return DATED.test(name) && value !== null ? '2027-01-01T00:00:00Z' : value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([member, content]) => [member, answeredOtherwise(content, member)]),
  );
}
