import { defineAuditActions } from '../audit/audit.types.js';

export const AUTH_ACTIONS = defineAuditActions({
  'auth.session.started': 'Somebody signed in through Entra ID',
  'auth.session.refreshed': 'The refresh token of a session was taken for an access token and the next refresh token',
  'auth.session.refused': 'Somebody known to Entra ID was not let in',
  'auth.session.ended': 'A session was ended, by signing out or from outside',
  'auth.account.signed-out':
    'Entra ID disabled, deleted or signed out somebody, or an administrator did: what they had here ended',
  'auth.refresh.reused': 'A refresh token came back after it was used; its session was ended',
  'auth.token.issued': 'An access token was issued to a program, or for a token of Entra ID',
  'auth.token.revoked': 'An access token was revoked by the client that it was issued to',
});
