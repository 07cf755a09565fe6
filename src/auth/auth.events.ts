import { defineAuditActions } from '../audit/audit.types.js';

export const AUTH_ACTIONS = defineAuditActions({
  'auth.session.started': 'Somebody signed in through Entra ID',
  'auth.session.refused': 'Somebody known to Entra ID was not let in',
  'auth.session.ended': 'A session was ended, by signing out or from outside',
  'auth.refresh.reused': 'A refresh token came back after it was used; its session was ended',
});
