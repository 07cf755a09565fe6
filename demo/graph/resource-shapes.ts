import { isJsonObject, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import type { ListShape } from './list-page.js';
import { selectMembers } from './query-options.js';

/** Graph's names of directory objects' types by the collection that holds them. */
export const DIRECTORY_TYPES = {
  users: 'user',
  groups: 'group',
  applications: 'application',
  servicePrincipals: 'servicePrincipal',
} as const;
export type DirectoryCollection = keyof typeof DIRECTORY_TYPES;

/** What Graph sends of a user when nothing is selected (user resource: default properties). */
export const USER_DEFAULTS = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
];

/** Members that exist in Graph and that a generated object of this tenant may lack. */
const FURTHER_MEMBERS: Record<DirectoryCollection, string[]> = {
  users: [
    'assignedLicenses',
    'assignedPlans',
    'companyName',
    'country',
    'createdDateTime',
    'employeeId',
    'employeeType',
    'faxNumber',
    'lastPasswordChangeDateTime',
    'mailNickname',
    'onPremisesDistinguishedName',
    'onPremisesDomainName',
    'onPremisesSamAccountName',
    'onPremisesSecurityIdentifier',
    'onPremisesUserPrincipalName',
    'onPremisesExtensionAttributes',
    'otherMails',
    'passwordPolicies',
    'refreshTokensValidFromDateTime',
    'securityIdentifier',
    'signInActivity',
    'externalUserStateChangeDateTime',
    'postalCode',
    'state',
    'streetAddress',
    'manager',
    'memberOf',
  ],
  groups: [
    'members',
    'owners',
    'assignedLabels',
    'assignedLicenses',
    'expirationDateTime',
    'onPremisesSecurityIdentifier',
    'proxyAddresses',
    'resourceProvisioningOptions',
    'securityIdentifier',
    'theme',
    'uniqueName',
    'preferredDataLocation',
    'creationOptions',
  ],
  applications: [
    'owners',
    'federatedIdentityCredentials',
    'nativeAuthenticationApisEnabled',
    'requestSignatureVerification',
    'servicePrincipalLockConfiguration',
    'authenticationBehaviors',
  ],
  servicePrincipals: [
    'owners',
    'addIns',
    'info',
    'resourceSpecificApplicationPermissions',
    'errorUrl',
    'samlMetadataUrl',
    'customSecurityAttributes',
  ],
};

export function directoryShape(state: TenantState, collection: DirectoryCollection): ListShape {
  const [sample] = state.collections[collection].slice(0, 1);
  return {
    type: DIRECTORY_TYPES[collection],
    ...(collection === 'users' ? { defaultSelect: USER_DEFAULTS } : {}),
    ...(sample ? { selectable: new Set([...Object.keys(sample), ...FURTHER_MEMBERS[collection], 'id']) } : {}),
    present: (row, options) => {
      const shown = { ...row };
      const id = textOf(row, 'id');
      // Graph answers a selected member that an object doesn't have with null.
      for (const member of options.select ?? [])
        if (!Object.hasOwn(shown, member) && !LINKS.has(member)) shown[member] = null;
      if (options.expand.includes('owners'))
        shown['owners'] = linkedObjects(state, (state.owners.get(id) ?? []).slice(0, EXPAND_LIMIT)).map((owner) =>
          selectMembers(owner, options.expandSelect.get('owners') ?? null),
        );
      if (options.expand.includes('members'))
        shown['members'] = linkedObjects(state, state.groupMembers.get(id) ?? []).slice(0, EXPAND_LIMIT);
      if (options.expand.includes('federatedIdentityCredentials'))
        shown['federatedIdentityCredentials'] = (state.federatedIdentityCredentials.get(id) ?? []).slice(
          0,
          EXPAND_LIMIT,
        );
      return shown;
    },
  };
}

const LINKS = new Set(['members', 'owners', 'manager', 'memberOf', 'federatedIdentityCredentials']);

/** Graph expands at most this many linked directory objects. */
const EXPAND_LIMIT = 20;

/** Directory objects by id, each with the type that Graph writes beside it. */
export function linkedObjects(state: TenantState, ids: string[]): JsonObject[] {
  return ids.flatMap((id): JsonObject[] => {
    const collection = state.directoryCollectionOf(id);
    const object = collection && state.collections[collection].get(id);
    return collection && object
      ? [{ '@odata.type': `#microsoft.graph.${DIRECTORY_TYPES[collection]}`, ...object }]
      : [];
  });
}

/** Policies keep the id of their authentication strength; Graph shows the whole strength in them. */
export function presentPolicy(state: TenantState, row: JsonObject): JsonObject {
  const grant = row['grantControls'];
  if (!isJsonObject(grant)) return row;
  const reference = grant['authenticationStrength'];
  const id = isJsonObject(reference) ? textOf(reference, 'id') : '';
  const strength = state.collections.authenticationStrengthPolicies.get(id);
  return { ...row, grantControls: { ...grant, authenticationStrength: strength ?? reference ?? null } };
}

/** unifiedRoleAssignment: the plain form of an active assignment. */
export function presentRoleAssignment(row: JsonObject): JsonObject {
  const { id, principalId, roleDefinitionId, directoryScopeId, appScopeId } = row;
  return {
    id: id ?? null,
    principalId: principalId ?? null,
    roleDefinitionId: roleDefinitionId ?? null,
    directoryScopeId: directoryScopeId ?? null,
    appScopeId: appScopeId ?? null,
  };
}

/** Adds the principal and the role definition to a row of role management, where they are expanded. */
export function expandRole(state: TenantState, row: JsonObject, expand: string[]): JsonObject {
  const shown = { ...row };
  if (expand.includes('principal')) shown['principal'] = linkedObjects(state, [textOf(row, 'principalId')])[0] ?? null;
  if (expand.includes('roleDefinition'))
    shown['roleDefinition'] = state.collections.roleDefinitions.get(textOf(row, 'roleDefinitionId')) ?? null;
  return shown;
}

/** Which rules govern a role: one policy for each role of the directory. */
export function roleManagementPolicyAssignments(
  state: TenantState,
  expandPolicy: boolean,
  expandRules: boolean,
): JsonObject[] {
  return [...state.roleManagementRules].map(([roleDefinitionId, rules]): JsonObject => {
    const policyId = roleManagementPolicyId(state, roleDefinitionId);
    return {
      id: `${policyId}_${roleDefinitionId}`,
      policyId,
      scopeId: '/',
      scopeType: 'DirectoryRole',
      roleDefinitionId,
      ...(expandPolicy
        ? {
            policy: {
              id: policyId,
              displayName: 'DirectoryRole',
              description: 'DirectoryRole',
              isOrganizationDefault: false,
              scopeId: '/',
              scopeType: 'DirectoryRole',
              lastModifiedDateTime: null,
              lastModifiedBy: { displayName: null, id: null },
              ...(expandRules ? { rules } : {}),
            },
          }
        : {}),
    };
  });
}

export function roleManagementPolicyId(state: TenantState, roleDefinitionId: string): string {
  return `DirectoryRole_${state.tenantId}_${roleDefinitionId}`;
}
