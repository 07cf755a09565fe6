import type { Permission } from '../../access/permissions.js';
import type { OAuthClient } from '../clients/client-authentication.service.js';
import type { TokenResponseDto } from '../dto/oauth.dto.js';
import { formatScope } from '../tokens/token-scope.js';
import type { OAuthForm } from './oauth-form.js';

/** A token request whose client is known. */
export interface GrantRequest {
  form: OAuthForm;
  client: OAuthClient;
  /** Thumbprint of the key that the sender proved to have; what is issued is bound to it. Null without a proof. */
  dpopJkt: string | null;
}

/** One value of `grant_type`. */
export interface Grant {
  /** @throws DomainError oauth.* */
  issue(request: GrantRequest): Promise<TokenResponseDto>;
}

/** The members that every successful answer has (RFC 6749 5.1, RFC 9449 5). */
export function tokenResponse(issued: {
  accessToken: string;
  expiresInSeconds: number;
  scopes: readonly Permission[] | null;
  dpopJkt: string | null;
}): TokenResponseDto {
  return {
    access_token: issued.accessToken,
    token_type: issued.dpopJkt === null ? 'Bearer' : 'DPoP',
    expires_in: issued.expiresInSeconds,
    ...(issued.scopes === null ? {} : { scope: formatScope(issued.scopes) }),
  };
}
