import { restrictionsUnder } from './app-management.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: tenantAppManagementPolicy: which secrets and certificates programs may have. */
export const defaultAppManagementPolicy: ResourceTypeDefinition = {
  type: 'defaultAppManagementPolicy',
  title: 'Default app management policy',
  permission: 'Policy.Read.All',
  collect: { kind: 'singleton', path: '/policies/defaultAppManagementPolicy', requires: ['id', 'isEnabled'] },
  key: () => 'defaultAppManagementPolicy',
  displayName: () => 'Default app management policy',
  ignore: ['/id', '/displayName', '/description', '/deletedDateTime'],
  ...restrictionsUnder(['applicationRestrictions', 'servicePrincipalRestrictions']),
  defaults: [],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > Application policies',
    permission: 'Policy.ReadWrite.ApplicationConfiguration',
    address: () => '/policies/defaultAppManagementPolicy',
    // Graph replaces a list as a whole, and what stands beside it in its member with it.
    update: { method: 'PATCH', whole: ['/applicationRestrictions', '/servicePrincipalRestrictions'] },
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
  },
  auditActivities: {
    added: ['update policy', 'update app management policy'],
    modified: ['update policy', 'update app management policy'],
    removed: ['update policy', 'update app management policy'],
  },
};
