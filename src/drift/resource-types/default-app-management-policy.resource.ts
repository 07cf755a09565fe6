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
  auditActivities: {
    added: ['update policy', 'update app management policy'],
    modified: ['update policy', 'update app management policy'],
    removed: ['update policy', 'update app management policy'],
  },
};
