import { Injectable } from '@nestjs/common';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import type { Grant } from './grant.js';
import { RefreshTokenGrant } from './refresh-token.grant.js';
import { TokenExchangeGrant } from './token-exchange.grant.js';

/** Values of `grant_type`, and what metrics call them. */
export const GRANT_TYPES = {
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  'urn:ietf:params:oauth:grant-type:token-exchange': 'token_exchange',
} as const;

@Injectable()
export class Grants {
  private readonly byType: ReadonlyMap<string, Grant>;

  constructor(
    refreshToken: RefreshTokenGrant,
    clientCredentials: ClientCredentialsGrant,
    tokenExchange: TokenExchangeGrant,
  ) {
    const grants: Record<keyof typeof GRANT_TYPES, Grant> = {
      refresh_token: refreshToken,
      client_credentials: clientCredentials,
      'urn:ietf:params:oauth:grant-type:token-exchange': tokenExchange,
    };
    this.byType = new Map(Object.entries(grants));
  }

  of(grantType: string): Grant | undefined {
    return this.byType.get(grantType);
  }
}
