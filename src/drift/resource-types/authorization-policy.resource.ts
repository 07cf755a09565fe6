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
