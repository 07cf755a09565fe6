import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EntraBearer } from '../../entra/entra-bearer.js';
import type { EntraClaims } from '../../entra/verify-entra-token.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { authError } from '../auth.errors.js';
import type { TokenResponseDto } from '../dto/oauth.dto.js';
import { publicAddress } from '../public-address.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import type { AccountStanding } from '../tokens/standing.types.js';
import { Standings } from '../tokens/standings.service.js';
import { ExchangedSessions } from './exchanged-sessions.service.js';
import { type Grant, type GrantRequest, tokenResponse } from './grant.js';
import { oauthError } from './oauth.errors.js';
import type { OAuthForm } from './oauth-form.js';
import { requestedScopes } from './requested-scopes.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SUBJECT_TOKEN_TYPES = new Set([ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt']);

/** Token exchange (RFC 8693): an access token of Entra ID for this service becomes one of ours. It may be narrower and bound. */
@Injectable()
export class TokenExchangeGrant implements Grant {
  private readonly issuer: string;

  constructor(
    private readonly entraBearer: EntraBearer,
    private readonly standings: Standings,
    private readonly sessions: ExchangedSessions,
    private readonly accessTokens: AccessTokens,
    settings: Settings,
  ) {
    this.issuer = publicAddress(settings).url;
  }

  async issue({ form, client, dpopJkt }: GrantRequest): Promise<TokenResponseDto> {
    const subjectToken = this.readSubjectToken(form);
    const scopes = requestedScopes(form);
    const { claims, account } = await this.subjectOf(subjectToken);
    const session = await this.sessions.start({ claims, account, client, scopes, dpopJkt });
    if (session === null) throw refused(authError('auth.session_ended'));
    const { token: accessToken, expiresInSeconds } = await this.accessTokens.issue({
      subject: { type: 'user', userId: account.userId, sessionId: session.id },
      clientId: client.clientId,
      scopes,
      dpopJkt,
      atMostSeconds: session.secondsLeft,
    });
    return { ...tokenResponse({ accessToken, expiresInSeconds, scopes, dpopJkt }), issued_token_type: ACCESS_TOKEN };
  }

  private readSubjectToken(form: OAuthForm): string {
    const subjectToken = form.require('subject_token');
    if (!SUBJECT_TOKEN_TYPES.has(form.require('subject_token_type'))) {
      throw oauthError('oauth.invalid_request', { detail: 'subject_token_type must be an access token or a JWT.' });
    }
    if (form.get('actor_token') !== undefined || form.get('actor_token_type') !== undefined) {
      throw oauthError('oauth.invalid_request', { detail: 'Nobody acts for somebody else here: no actor_token.' });
    }
    if ((form.get('requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
      throw oauthError('oauth.invalid_request', { detail: 'Only access tokens are issued.' });
    }
    for (const name of ['audience', 'resource']) {
      if ((form.get(name) ?? this.issuer) !== this.issuer) throw oauthError('oauth.invalid_target');
    }
    return subjectToken;
  }

  private async subjectOf(token: string): Promise<{ claims: EntraClaims; account: AccountStanding }> {
    try {
      const claims = await this.entraBearer.verify(token);
      const { value: account } = await this.standings.account(claims.entraTenantId, claims.objectId);
      if (claims.issuedAt.getTime() <= account.notBeforeMs) throw authError('auth.session_ended');
      return { claims, account };
    } catch (error) {
      throw error instanceof DomainError && error.kind === 'unauthenticated' ? refused(error) : error;
    }
  }
}

/** A subject token that isn't accepted, for whatever reason, makes the request invalid (RFC 8693 2.2.2). */
function refused(reason: DomainError): DomainError {
  return oauthError('oauth.invalid_request', { detail: reason.detail ?? `${reason.title}.`, cause: reason });
}
