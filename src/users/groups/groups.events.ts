import { defineAuditActions } from '../../audit/audit.types.js';

export const GROUP_ACTIONS = defineAuditActions({
  'users.group.created': 'A group of Entra ID was chosen, so that roles can be assigned to it',
  'users.group.deleted': 'A chosen group of Entra ID was let go; nothing was assigned to it',
  'users.group.synced': 'The members of a group changed in Entra ID, and here with them',
});
