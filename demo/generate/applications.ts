import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import {
  CONTROL_PLANE_PERMISSIONS,
  FIRST_PARTY_APPLICATIONS,
  firstPartyServicePrincipal,
  graphRoleId,
  MICROSOFT_GRAPH_APP_ID,
  ORDINARY_PERMISSIONS,
  READER_PERMISSIONS,
} from './permission-catalogue.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';
import { PRODUCT_HEADS, PRODUCT_TAILS } from './vocabulary.js';

/** The registration with which the watching service signs people in and reads the tenant. */
export interface WatcherRegistration {
  clientId: string;
  redirectUris: string[];
}

/** Share of applications whose service principal holds a control-plane permission on Microsoft Graph. */
const PRIVILEGED_EVERY = 10;

/** Adds Microsoft's own service principals, the watcher's registration, and `count` applications with their service principals. */
export function generateApplications(
  state: TenantState,
  cast: Cast,
  count: number,
  watcher: WatcherRegistration,
): void {
  const { seed, tenantId } = state.identity;
  for (const app of FIRST_PARTY_APPLICATIONS)
    state.collections.servicePrincipals.set(firstPartyServicePrincipal(seed, app));
  addWatcher(state, watcher);
  for (let position = 0; position < count; position++) {
    const random = new Prng(seed, 'application', position);
    const displayName = `${random.pick(PRODUCT_HEADS)} ${random.pick(PRODUCT_TAILS)}${position >= 20 ? ` ${position}` : ''}`;
    const host = `${displayName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.${state.identity.defaultDomain}`;
    const permissions = permissionsOf(random, position);
    const app = application({
      id: random.guid(),
      appId: random.guid(),
      displayName,
      redirectUris: random.chance(0.7)
        ? [`https://${host}/signin-oidc`, `https://${host}/`].slice(0, random.between(1, 2))
        : [],
      permissions,
      multiTenant: random.chance(0.08),
    });
    app['passwordCredentials'] = random.chance(0.6) ? [passwordCredential(random)] : [];
    app['keyCredentials'] = random.chance(0.25) ? [keyCredential(random, displayName)] : [];
    state.collections.applications.set(app);
    const sp = servicePrincipal(random.guid(), app, tenantId);
    state.collections.servicePrincipals.set(sp);
    state.owners.set(app.id, random.sample(cast.memberIds.slice(0, 300), random.between(0, 2)));
    state.owners.set(sp.id, random.chance(0.3) ? random.sample(cast.memberIds.slice(0, 300), 1) : []);
    if (random.chance(0.12)) state.federatedIdentityCredentials.set(app.id, [workloadFederation(random, displayName)]);
    for (const permission of permissions) assignGraphRole(state, random, sp, permission);
    if (random.chance(0.35)) addGrant(state, random, sp, cast);
  }
}

/** A Graph application object. `appId` also stands in `identifierUris` of APIs. */
export function application(about: {
  id: string;
  appId: string;
  displayName: string;
  redirectUris: string[];
  permissions: string[];
  multiTenant: boolean;
}): JsonObject & { id: string } {
  return {
    id: about.id,
    deletedDateTime: null,
    appId: about.appId,
    applicationTemplateId: null,
    disabledByMicrosoftStatus: null,
    createdDateTime: '2024-09-30T13:05:21Z',
    displayName: about.displayName,
    description: null,
    groupMembershipClaims: null,
    identifierUris: [`api://${about.appId}`],
    isDeviceOnlyAuthSupported: null,
    isFallbackPublicClient: null,
    notes: null,
    publisherDomain: null,
    serviceManagementReference: null,
    signInAudience: about.multiTenant ? 'AzureADMultipleOrgs' : 'AzureADMyOrg',
    tags: [],
    tokenEncryptionKeyId: null,
    uniqueName: null,
    samlMetadataUrl: null,
    defaultRedirectUri: null,
    certification: null,
    optionalClaims: null,
    addIns: [],
    api: {
      acceptMappedClaims: null,
      knownClientApplications: [],
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [],
      preAuthorizedApplications: [],
    },
    appRoles: [],
    info: { logoUrl: null, marketingUrl: null, privacyStatementUrl: null, supportUrl: null, termsOfServiceUrl: null },
    keyCredentials: [],
    parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: 'Allow' },
    passwordCredentials: [],
    publicClient: { redirectUris: [] },
    requiredResourceAccess: about.permissions.length
      ? [
          {
            resourceAppId: MICROSOFT_GRAPH_APP_ID,
            resourceAccess: about.permissions.map((permission) => ({ id: graphRoleId(permission), type: 'Role' })),
          },
        ]
      : [],
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    web: {
      homePageUrl: null,
      logoutUrl: null,
      redirectUris: about.redirectUris,
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
      redirectUriSettings: about.redirectUris.map((uri) => ({ uri, index: null })),
    },
    spa: { redirectUris: [] },
  };
}

/** The service principal of an application of this tenant. */
export function servicePrincipal(id: string, app: JsonObject, tenantId: string): JsonObject & { id: string } {
  const appId = String(app['appId']);
  return {
    ...firstPartyServicePrincipal(0, { appId, displayName: String(app['displayName']), roles: [] }),
    id,
    appOwnerOrganizationId: tenantId,
    createdDateTime: app['createdDateTime'] ?? null,
    replyUrls: redirectUrisOf(app),
    servicePrincipalNames: [`api://${appId}`, appId],
    signInAudience: app['signInAudience'] ?? null,
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  };
}

function addWatcher(state: TenantState, watcher: WatcherRegistration): void {
  const random = new Prng(state.identity.seed, 'watcher');
  const app = application({
    id: random.guid(),
    appId: watcher.clientId,
    displayName: 'BlindspotX',
    redirectUris: watcher.redirectUris,
    permissions: READER_PERMISSIONS,
    multiTenant: false,
  });
  const sp = servicePrincipal(random.guid(), app, state.identity.tenantId);
  state.collections.applications.set(app);
  state.collections.servicePrincipals.set(sp);
  for (const permission of READER_PERMISSIONS) assignGraphRole(state, random, sp, permission);
}

function permissionsOf(random: Prng, position: number): string[] {
  const ordinary = random.sample(ORDINARY_PERMISSIONS, random.between(0, 3));
  return position % PRIVILEGED_EVERY === 3 ? [random.pick(CONTROL_PLANE_PERMISSIONS), ...ordinary] : ordinary;
}

function assignGraphRole(
  state: TenantState,
  random: Prng,
  principal: JsonObject & { id: string },
  permission: string,
): void {
  const [graph] = state.collections.servicePrincipals.where('appId', MICROSOFT_GRAPH_APP_ID);
  state.collections.appRoleAssignments.set({
    id: Buffer.from(random.hex(32), 'hex').toString('base64url'),
    deletedDateTime: null,
    appRoleId: graphRoleId(permission),
    createdDateTime: '2024-10-02T07:44:10.1234567Z',
    principalDisplayName: principal['displayName'] ?? null,
    principalId: principal.id,
    principalType: 'ServicePrincipal',
    resourceDisplayName: 'Microsoft Graph',
    resourceId: graph?.['id'] ?? null,
  });
}

function addGrant(state: TenantState, random: Prng, client: JsonObject & { id: string }, cast: Cast): void {
  const [graph] = state.collections.servicePrincipals.where('appId', MICROSOFT_GRAPH_APP_ID);
  const everyone = random.chance(0.6);
  state.collections.oauth2PermissionGrants.set({
    id: Buffer.from(random.hex(48), 'hex').toString('base64url'),
    clientId: client.id,
    consentType: everyone ? 'AllPrincipals' : 'Principal',
    principalId: everyone ? null : random.pick(cast.memberIds),
    resourceId: graph?.['id'] ?? null,
    // Entra stores what the portal granted with a blank in front.
    scope: ` ${['openid', 'profile', ...random.sample(['User.Read', 'Mail.Read', 'Calendars.Read', 'offline_access'], 2)].join(' ')}`,
  });
}

function passwordCredential(random: Prng): JsonObject {
  const year = random.between(2025, 2026);
  return {
    customKeyIdentifier: null,
    displayName: random.pick(['deployment', 'initial secret', 'rotation', 'integration test']),
    startDateTime: `${year}-0${random.between(1, 5)}-11T08:00:00Z`,
    endDateTime: `${year + 1}-0${random.between(1, 9)}-11T08:00:00Z`,
    hint: random.hex(3),
    keyId: random.guid(),
    secretText: null,
  };
}

function keyCredential(random: Prng, displayName: string): JsonObject {
  return {
    customKeyIdentifier: random.hex(40).toUpperCase(),
    displayName: `CN=${displayName}`,
    startDateTime: '2025-08-01T00:00:00Z',
    endDateTime: '2027-08-01T00:00:00Z',
    key: null,
    keyId: random.guid(),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
  };
}

function workloadFederation(random: Prng, displayName: string): JsonObject {
  const repository = displayName.toLowerCase().replaceAll(' ', '-');
  return {
    id: random.guid(),
    name: 'pipeline',
    issuer: 'https://token.actions.githubusercontent.com',
    subject: `repo:fictional-org/${repository}:environment:production`,
    description: 'Deployment without a secret',
    audiences: ['api://AzureADTokenExchange'],
  };
}

function redirectUrisOf(app: JsonObject): string[] {
  const web = app['web'];
  const uris = typeof web === 'object' && web !== null && !Array.isArray(web) ? web['redirectUris'] : [];
  return Array.isArray(uris) ? uris.map(String) : [];
}
