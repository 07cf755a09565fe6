import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, stringsAt, text } from '../normalise/json-members.js';
import { CROSS_TENANT_TARGETS } from './cross-tenant-access.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: crossTenantAccessPolicyConfigurationDefault, what holds for every tenant that has no settings of its own. */
export const crossTenantAccessDefault: ResourceTypeDefinition = {
  type: 'crossTenantAccessDefault',
  title: 'Cross-tenant access by default',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'singleton',
    path: '/policies/crossTenantAccessPolicy/default',
    requires: ['inboundTrust', 'b2bCollaborationInbound'],
  },
  key: () => 'crossTenantAccessDefault',
  displayName: () => 'Cross-tenant access by default',
  ignore: ['/id'],
  sets: [],
  keyedLists: CROSS_TENANT_TARGETS,
  defaults: [],
  delimitedSets: [],
  reshape: withOrderKept,
  remediation: {
    kind: 'graph',
    place: 'Entra ID > External Identities > Cross-tenant access settings > Default settings',
    permission: 'Policy.ReadWrite.CrossTenantAccess',
    address: () => '/policies/crossTenantAccessPolicy/default',
    update: { method: 'PATCH', whole: ['/*'] },
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
    readOnly: ['/isServiceDefault'],
    toGraph: withOrderAsList,
  },
  auditActivities: {
    added: ['update the company default cross-tenant access setting'],
    modified: [
      'update the company default cross-tenant access setting',
      'reset the cross-tenant access default setting',
      'reset the cross-tenant access setting to the system default',
    ],
    removed: ['reset the cross-tenant access default setting'],
  },
};

/** Which identity provider is asked first means something, and lists lose their order in the normal form: so it becomes one text. */
function withOrderKept(raw: JsonObject): JsonObject {
  const redemption = member(raw, 'invitationRedemptionIdentityProviderConfiguration');
  const order = stringsAt(redemption, '/primaryIdentityProviderPrecedenceOrder');
  if (!isObject(redemption) || order.length === 0) return raw;
  return {
    ...raw,
    invitationRedemptionIdentityProviderConfiguration: {
      ...redemption,
      primaryIdentityProviderPrecedenceOrder: order.join(', '),
    },
  };
}

/** The one text as the list that it was. */
function withOrderAsList(graph: JsonObject): JsonObject {
  const redemption = member(graph, 'invitationRedemptionIdentityProviderConfiguration');
  const order = text(redemption, 'primaryIdentityProviderPrecedenceOrder');
  if (!isObject(redemption) || order === null) return graph;
  return {
    ...graph,
    invitationRedemptionIdentityProviderConfiguration: {
      ...redemption,
      primaryIdentityProviderPrecedenceOrder: order.split(', '),
    },
  };
}
