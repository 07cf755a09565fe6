import { oauthError } from '../oauth/oauth.errors.js';
import { basicCredentials } from './basic-credentials.js';

/** What of a request can say who the client is: one header and four parameters of the form, each at most once. */
export interface ClientRequest {
  authorization: string | undefined;
  clientId: string | undefined;
  clientSecret: string | undefined;
  clientAssertionType: string | undefined;
  clientAssertion: string | undefined;
}

/** Who the client says it is, and by what. Nothing is believed yet. */
export type PresentedClient =
  | { by: 'name'; clientId: string }
  | { by: 'secret'; clientId: string; secret: string }
  | { by: 'assertion'; clientId: string | undefined; assertion: string };

/** RFC 7523 2.2. */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Finds the one method by which the client authenticates (RFC 6749 2.3). A parameter without a value is one that wasn't sent
 * (RFC 6749 3.2).
 *
 * @throws DomainError oauth.invalid_request for two methods or half of one; oauth.invalid_client for none, an unknown one, or a
 *   header that can't be read
 */
export function presentedClient(request: ClientRequest): PresentedClient {
  const authorization = request.authorization?.trim() || undefined;
  const clientId = request.clientId || undefined;
  const secret = request.clientSecret || undefined;
  const assertion = request.clientAssertion || undefined;
  const assertionType = request.clientAssertionType || undefined;
  const methods = [authorization, secret, assertion ?? assertionType].filter((method) => method !== undefined);
  if (methods.length > 1) {
    throw oauthError('oauth.invalid_request', { detail: 'Use one method of client authentication, not several.' });
  }
  if (authorization !== undefined) return byHeader(authorization, clientId);
  if (assertion !== undefined || assertionType !== undefined) {
    if (assertion === undefined || assertionType === undefined) {
      throw oauthError('oauth.invalid_request', { detail: 'client_assertion and client_assertion_type go together.' });
    }
    if (assertionType !== ASSERTION_TYPE) {
      throw oauthError('oauth.invalid_client', { detail: `client_assertion_type must be ${ASSERTION_TYPE}.` });
    }
    return { by: 'assertion', clientId, assertion };
  }
  if (clientId === undefined) {
    throw oauthError('oauth.invalid_client', { detail: 'The request does not say which client it comes from.' });
  }
  return secret === undefined ? { by: 'name', clientId } : { by: 'secret', clientId, secret };
}

function byHeader(authorization: string, clientId: string | undefined): PresentedClient {
  const credentials = basicCredentials(authorization);
  if (credentials === null) {
    throw oauthError('oauth.invalid_client', {
      detail:
        'The Authorization header must be Basic: client id and secret, each form-encoded, joined by a colon, as base64.',
    });
  }
  if (clientId !== undefined && clientId !== credentials.clientId) {
    throw oauthError('oauth.invalid_request', { detail: 'client_id is not the client of the Authorization header.' });
  }
  return { by: 'secret', clientId: credentials.clientId, secret: credentials.clientSecret };
}
