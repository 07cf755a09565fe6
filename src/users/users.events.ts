import { defineAuditActions } from '../audit/audit.types.js';

export const USER_ACTIONS = defineAuditActions({
  'users.user.created': 'Somebody signed in for the first time and got an account without any permission',
  'users.user.updated': 'A user was disabled or enabled; all their sessions ended',
});
