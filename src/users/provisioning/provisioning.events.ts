import { defineAuditActions } from '../../audit/audit.types.js';

export const PROVISIONING_ACTIONS = defineAuditActions({
  'users.provisioned-user.created':
    'A person was provisioned, or one who was deleted came back: nothing is assigned to them, their groups in Entra ID count',
  'users.provisioned-user.updated': 'What is known of a person was changed by provisioning, or their status was',
  'users.provisioned-user.deleted': 'A person was deleted and lost everything that they held; the record of them stays',
  'users.provisioned-group.created': 'A group was provisioned',
  'users.provisioned-group.updated': 'A provisioned group got another name',
  'users.provisioned-group.members-changed': 'People were put into a provisioned group or taken from it',
  'users.provisioned-group.deleted': 'A provisioned group was deleted, and with it what its members held through it',
});
