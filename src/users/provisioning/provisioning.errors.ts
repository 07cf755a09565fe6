import { defineErrors } from '../../kernel/errors/domain-error.js';

export const provisioningError = defineErrors({
  'users.already_provisioned': {
    kind: 'conflict',
    title: 'Another user of the tenant has this user principal name or external id',
  },
  'users.linked_to_another': { kind: 'invalid', title: 'The account belongs to another person of Entra ID' },
  'users.group_not_found': { kind: 'not_found', title: 'There is no such provisioned group' },
});
