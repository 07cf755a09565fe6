import { constraintMeans } from '../../database/database-errors.js';
import { defineErrors } from '../../kernel/errors/domain-error.js';

export const groupsError = defineErrors({
  'users.no_such_group': { kind: 'not_found', title: 'There is no such group' },
  'users.group_already_chosen': { kind: 'conflict', title: 'The group of Entra ID is here already' },
  'users.group_unknown_to_entra': { kind: 'invalid', title: 'Entra ID knows no such group' },
  'users.group_unreadable': { kind: 'upstream', title: 'The group could not be read from Entra ID' },
  'users.group_provisioned': { kind: 'conflict', title: 'The group is kept by SCIM and changed there alone' },
  'users.group_in_use': { kind: 'conflict', title: 'Roles are assigned to the group' },
});

constraintMeans('uq_groups_tenant_id_object_id', () => groupsError('users.group_already_chosen'));
