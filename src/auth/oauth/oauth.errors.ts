import { defineErrors } from '../../kernel/errors/domain-error.js';

/** The error codes of RFC 6749 5.2, RFC 8693 2.2.2 and RFC 9449 5, as this API's codes. */
export const oauthError = defineErrors({
  'oauth.invalid_request': {
    kind: 'invalid',
    title: 'The request is malformed, or a parameter is missing or given twice',
  },
  'oauth.invalid_client': { kind: 'unauthenticated', title: 'The client could not be authenticated' },
  'oauth.invalid_grant': {
    kind: 'invalid',
    title: 'The grant is invalid, expired, revoked or was issued to another client',
  },
  'oauth.unauthorized_client': { kind: 'invalid', title: 'This client may not use this grant' },
  'oauth.unsupported_grant_type': { kind: 'invalid', title: 'This grant type is not supported' },
  'oauth.unsupported_token_type': { kind: 'invalid', title: 'This kind of token is not supported here' },
  'oauth.invalid_scope': { kind: 'invalid', title: 'The scope is unknown, or wider than what may be had' },
  'oauth.invalid_target': { kind: 'invalid', title: 'Tokens for this resource are not issued here' },
  'oauth.invalid_dpop_proof': { kind: 'invalid', title: 'The DPoP proof is not valid' },
});
