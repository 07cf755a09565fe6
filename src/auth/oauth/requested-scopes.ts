import type { Permission } from '../../access/permissions.js';
import { parseScope } from '../tokens/token-scope.js';
import { oauthError } from './oauth.errors.js';
import type { OAuthForm } from './oauth-form.js';

/**
 * The scope of a token request (RFC 6749 3.3); null when there is none.
 *
 * @throws DomainError oauth.invalid_scope when it names what the catalogue doesn't have
 */
export function requestedScopes(form: OAuthForm): readonly Permission[] | null {
  const scope = form.get('scope');
  if (scope === undefined) return null;
  const scopes = parseScope(scope);
  if (scopes === undefined) {
    throw oauthError('oauth.invalid_scope', { detail: 'The scope names something that is no permission.' });
  }
  return scopes;
}
