import { defineErrors } from '../kernel/errors/domain-error.js';

export const authError = defineErrors({
  'auth.not_configured': { kind: 'unavailable', title: 'Sign-in is not set up yet' },
  'auth.entra_unavailable': { kind: 'unavailable', title: 'Entra ID does not answer right now' },
  'auth.invalid_return_to': { kind: 'invalid', title: 'returnTo must be a path of this service' },
  'auth.sign_in_refused': { kind: 'unauthenticated', title: 'Entra ID did not sign you in' },
  'auth.sign_in_expired': { kind: 'unauthenticated', title: 'This sign-in is over or was begun in another browser' },
  'auth.id_token_invalid': { kind: 'unauthenticated', title: 'The answer of Entra ID is not valid' },
  'auth.tenant_not_allowed': { kind: 'denied', title: 'People of this tenant may not sign in here' },
  'auth.user_disabled': { kind: 'denied', title: 'This account is disabled here' },
  'auth.token_missing': { kind: 'unauthenticated', title: 'This needs an access token' },
  'auth.token_invalid': { kind: 'unauthenticated', title: 'The access token is not valid' },
  'auth.token_expired': { kind: 'unauthenticated', title: 'The access token has expired' },
  'auth.session_ended': { kind: 'unauthenticated', title: 'The session has ended' },
  'auth.account_unknown': { kind: 'unauthenticated', title: 'This account has never signed in here' },
  'auth.refresh_missing': { kind: 'unauthenticated', title: 'This needs a refresh token' },
  'auth.refresh_invalid': { kind: 'unauthenticated', title: 'The refresh token is not valid' },
  'auth.refresh_superseded': {
    kind: 'unauthenticated',
    title: 'A newer refresh token of this session is already in use',
  },
  'auth.refresh_reused': { kind: 'unauthenticated', title: 'The refresh token was used before; its session has ended' },
  'auth.cross_site': { kind: 'denied', title: 'A call by cookie must come from this site' },
  'auth.session_not_found': { kind: 'not_found', title: 'There is no such session' },
});
