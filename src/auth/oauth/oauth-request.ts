import type { IncomingHttpHeaders } from 'node:http';
import type { ClientRequest } from '../clients/presented-client.js';
import { OAuthForm } from './oauth-form.js';

/** What the OAuth endpoints read of a request. */
export interface OAuthRequest {
  headers: IncomingHttpHeaders;
  body?: unknown;
}

/** @throws DomainError oauth.invalid_request */
export function formOf({ headers, body }: OAuthRequest): OAuthForm {
  return OAuthForm.read(headers['content-type'], body);
}

/** Everything with which a client may say who it is (RFC 6749 2.3, RFC 7521 4.2). */
export function clientRequestOf({ headers }: OAuthRequest, form: OAuthForm): ClientRequest {
  return {
    authorization: headers.authorization,
    clientId: form.get('client_id'),
    clientSecret: form.get('client_secret'),
    clientAssertionType: form.get('client_assertion_type'),
    clientAssertion: form.get('client_assertion'),
  };
}
