import type { Provider } from '@nestjs/common';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import { ExchangedSessions } from './exchanged-sessions.service.js';
import { Grants } from './grants.js';
import { Introspection } from './introspection.service.js';
import { OAuthErrorFilter } from './oauth-error.filter.js';
import { OAuthRoutes } from './oauth-routes.js';
import { RefreshTokenGrant } from './refresh-token.grant.js';
import { Revocation } from './revocation.service.js';
import { TokenExchangeGrant } from './token-exchange.grant.js';
import { TokenFacts } from './token-facts.service.js';
import { TokenRequests } from './token-requests.service.js';

/** What stands behind the OAuth endpoints. Part of the auth room's one module: they issue and end the same sessions and tokens. */
export const OAUTH_PROVIDERS: Provider[] = [
  RefreshTokenGrant,
  ClientCredentialsGrant,
  ExchangedSessions,
  TokenExchangeGrant,
  Grants,
  TokenRequests,
  TokenFacts,
  Introspection,
  Revocation,
  OAuthErrorFilter,
  OAuthRoutes,
];
