import { readdir } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { member, text } from '../normalise/json-members.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, TenantSnapshot } from '../snapshot/snapshot.types.js';
import { collected } from './collected.js';
import { ExportError } from './export-error.js';
import { isFolder, readObjects } from './folder-export.js';
import type { ExportFormat } from './import.types.js';

interface TypeFolder {
  folder: string;
  /** The one file in the folder that the type is in; every file of the folder when absent. */
  file?: string;
  type: ResourceType;
  /** Folders below each object (`<id>/<folder>/...`) and the member that they become. */
  children?: { folder: string; into: string }[];
  more?: Partial<CollectedType>;
}

const FOLDERS: TypeFolder[] = [
  { folder: 'Identity/Conditional/AccessPolicies', type: 'conditionalAccessPolicy' },
  { folder: 'Identity/Conditional/NamedLocations', type: 'namedLocation' },
  { folder: 'Policies/IdentitySecurityDefaultsEnforcementPolicy', type: 'securityDefaults' },
  { folder: 'Policies/AuthorizationPolicy', type: 'authorizationPolicy' },
  {
    folder: 'Policies/AuthenticationMethodsPolicy/AuthenticationMethodConfigurations',
    type: 'authenticationMethodConfiguration',
  },
  { folder: 'Policies/AdminConsentRequestPolicy', type: 'adminConsentRequestPolicy' },
  { folder: 'Identity/Conditional/AuthenticationContexts', type: 'authenticationContextClassReference' },
  { folder: 'Policies/PermissionGrantPolicies', type: 'permissionGrantPolicy' },
  { folder: 'Policies/TokenLifetimePolicy', type: 'tokenLifetimePolicy' },
  { folder: 'Policies/TokenIssuancePolicy', type: 'tokenIssuancePolicy' },
  { folder: 'Policies/ClaimsMappingPolicy', type: 'claimsMappingPolicy' },
  { folder: 'Policies/HomeRealmDiscoveryPolicy', type: 'homeRealmDiscoveryPolicy' },
  { folder: 'Policies/ActivityBasedTimeoutPolicy', type: 'activityBasedTimeoutPolicy' },
  { folder: 'Policies/CrossTenantAccessPolicy/Default', type: 'crossTenantAccessDefault' },
  {
    folder: 'Policies/CrossTenantAccessPolicy/Partners',
    type: 'crossTenantAccessPartner',
    more: { notCarried: ['/identitySynchronization'] },
  },
  { folder: 'Policies/DefaultAppManagementPolicy', type: 'defaultAppManagementPolicy' },
  { folder: 'Policies/AppManagementPolicies', type: 'appManagementPolicy', more: { notCarried: ['/appliesTo'] } },
  { folder: 'Policies/ExternalIdentitiesPolicy', type: 'externalIdentitiesPolicy' },
  { folder: 'Identity/CustomAuthenticationExtensions', type: 'customAuthenticationExtension' },
  { folder: 'IdentityProviders', type: 'identityProvider' },
  {
    folder: 'AdministrativeUnits',
    type: 'administrativeUnit',
    children: [
      { folder: 'Members', into: 'members' },
      { folder: 'ScopedRoleMembers', into: 'scopedRoleMembers' },
    ],
  },
  { folder: 'Organization', file: 'Organization.json', type: 'organization' },
  {
    folder: 'Organization',
    file: 'CertificateBasedAuthConfiguration.json',
    type: 'certificateBasedAuthConfiguration',
  },
  { folder: 'Directory', file: 'OnPremisesSynchronization.json', type: 'onPremisesSynchronization' },
  { folder: 'Domains', type: 'domain', more: { notCarried: ['/federationConfiguration'] } },
  {
    folder: 'Applications',
    type: 'application',
    children: [
      { folder: 'Owners', into: 'owners' },
      { folder: 'FederatedIdentityCredentials', into: 'federatedIdentityCredentials' },
    ],
  },
  { folder: 'ServicePrincipals', type: 'servicePrincipal', children: [{ folder: 'Owners', into: 'owners' }] },
  {
    folder: 'Groups',
    type: 'group',
    children: [{ folder: 'Owners', into: 'owners' }],
    // Which groups are written depends on the switches that the exporter was called with.
    more: { selection: true, notCarried: ['/members'] },
  },
];

/** A folder written by Microsoft's EntraExporter: `<type>/<id>/<id>.json`, or `<type>/<id>.json`. */
export const entraExporterExport: ExportFormat = {
  title: 'an EntraExporter folder',
  detect: async (path) => {
    if (!(await isFolder(path))) return null;
    // A folder of single files has too common a name to tell whose it is.
    const telling = FOLDERS.filter(({ file }) => file === undefined);
    const marks = await Promise.all(telling.map(({ folder }) => isFolder(joinPath(path, folder))));
    return marks.includes(true) ? path : null;
  },
  read: async (path) => {
    const types = new Map<ResourceType, CollectedType>();
    for (const entry of FOLDERS) {
      const folder = joinPath(path, entry.folder);
      const objects = await readObjects(folder, true, entry.file);
      if (objects !== null) types.set(entry.type, await ofType(folder, objects, entry));
    }
    if (types.size === 0) throw new ExportError(path, 'no EntraExporter folder of a known type is in it');
    return { source: 'entraexporter', tenantId: await tenantOf(path), takenAt: null, types } satisfies TenantSnapshot;
  },
};

async function ofType(
  folder: string,
  objects: JsonObject[],
  { type, children, more }: TypeFolder,
): Promise<CollectedType> {
  const withChildren: JsonObject[] = [];
  for (const object of objects) withChildren.push({ ...object, ...(await childrenOf(folder, object, children ?? [])) });
  return collected(type, withChildren, more);
}

async function childrenOf(folder: string, object: JsonObject, children: { folder: string; into: string }[]) {
  const id = text(object, 'id');
  const found: JsonObject = {};
  // An id that isn't a plain name would leave the folder.
  if (id === null || !/^[\w.-]+$/.test(id) || id.startsWith('.')) return found;
  for (const child of children) {
    const items = await readObjects(joinPath(folder, id, child.folder), true);
    if (items !== null) found[child.into] = items.map(withoutNames);
  }
  return found;
}

/** Owners carry their names, which change without the ownership. */
function withoutNames(child: JsonObject): JsonObject {
  const { userPrincipalName, displayName, ...rest } = child;
  return rest;
}

async function tenantOf(path: string): Promise<string | null> {
  const folder = joinPath(path, 'Organization');
  if (!(await isFolder(folder)) || (await readdir(folder)).length === 0) return null;
  const known = (await readObjects(folder, true, 'Organization.json')) ?? (await readObjects(folder, true)) ?? [];
  // What stands beside it in files of their own has ids that aren't the tenant's.
  const organization = known.find((one) => member(one, 'certificateAuthorities') === undefined);
  return text(organization, 'id');
}
