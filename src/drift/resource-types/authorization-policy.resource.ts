import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: authorizationPolicy. */
export const authorizationPolicy: ResourceTypeDefinition = {
  type: 'authorizationPolicy',
  title: 'Authorization policy',
  permission: 'Policy.Read.All',
  collect: { kind: 'singleton', path: '/policies/authorizationPolicy', requires: ['id', 'defaultUserRolePermissions'] },
  key: () => 'authorizationPolicy',
  displayName: () => 'Authorization policy',
  ignore: ['/id', '/displayName', '/description'],
  sets: ['/defaultUserRolePermissions/permissionGrantPoliciesAssigned', '/enabledPreviewFeatures'],
  keyedLists: [],
  defaults: [{ path: '/allowUserConsentForRiskyApps', value: false }],
  delimitedSets: [],
  reshape: consentPoliciesInOnePlace,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Users > User settings, and External Identities > External collaboration settings',
    permission: 'Policy.ReadWrite.Authorization',
    address: () => '/policies/authorizationPolicy',
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
  },
  auditActivities: {
    added: ['update authorization policy'],
    modified: ['update authorization policy'],
    removed: ['update authorization policy'],
  },
};

/** v1.0 keeps the consent policies inside defaultUserRolePermissions, beta (what several exporters read) beside it. */
function consentPoliciesInOnePlace(raw: JsonObject): JsonObject {
  const { permissionGrantPolicyIdsAssignedToDefaultUserRole: beta, ...rest } = raw;
  if (beta === undefined || beta === null) return rest;
  const permissions = member(raw, 'defaultUserRolePermissions');
  return {
    ...rest,
    defaultUserRolePermissions: {
      permissionGrantPoliciesAssigned: beta,
      ...(isObject(permissions) ? permissions : {}),
    },
  };
}
