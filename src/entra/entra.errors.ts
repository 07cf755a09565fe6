import { defineErrors } from '../kernel/errors/domain-error.js';

export const entraError = defineErrors({
  'entra.not_configured': { kind: 'unavailable', title: 'This service is not connected to Entra ID yet' },
  'entra.credentials_unusable': { kind: 'unavailable', title: 'The credentials for Entra ID cannot be used' },
  'entra.authority_unavailable': { kind: 'unavailable', title: 'Entra ID does not answer right now' },
  'entra.code_refused': { kind: 'unauthenticated', title: 'Entra ID refused the sign-in' },
  'entra.token_invalid': {
    kind: 'unauthenticated',
    title: 'The token is not one that Entra ID issued for this service',
  },
});
