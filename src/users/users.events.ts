import { defineAuditActions } from '../audit/audit.types.js';

export const USER_ACTIONS = defineAuditActions({
  'users.user.created':
    'Somebody signed in for the first time and got an account: nothing is assigned to it, the groups in Entra ID count',
  'users.user.updated': 'A user was disabled or enabled; all their sessions ended',
  'users.user.deleted': 'A user was deleted: roles, memberships, sessions and programs ended, the record of them stays',
  'users.service-account.created': 'A service account was made; it may do nothing yet',
  'users.service-account.updated':
    'A service account was edited, handed over, disabled or enabled; disabled by itself when its owner ended',
  'users.credential.created': 'A service account got a secret or a public key',
  'users.credential.revoked': 'A credential of a service account was ended, and all tokens of the account with it',
});
