import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { AccessDecisions } from '../../rbac/decisions/access-decisions.service.js';
import { ClientAuthentication, type OAuthClient } from '../clients/client-authentication.service.js';
import type { IntrospectionDto } from '../dto/oauth.dto.js';
import { publicAddress } from '../public-address.js';
import { formatScope } from '../tokens/token-scope.js';
import { oauthError } from './oauth.errors.js';
import { clientRequestOf, formOf, type OAuthRequest } from './oauth-request.js';
import { TokenFacts } from './token-facts.service.js';

/** Introspection (RFC 7662): for service accounts, of their own tokens; of others' with the permission tokens:introspect. */
@Injectable()
export class Introspection {
  private readonly issuer: string;

  constructor(
    private readonly clients: ClientAuthentication,
    private readonly facts: TokenFacts,
    private readonly decisions: AccessDecisions,
    settings: Settings,
  ) {
    this.issuer = publicAddress(settings).url;
  }

  /** @throws DomainError oauth.invalid_request, oauth.invalid_client; service.unavailable */
  async answer(request: OAuthRequest): Promise<IntrospectionDto> {
    const form = formOf(request);
    const client = await this.clients.authenticate(clientRequestOf(request, form));
    // Whoever may ask without proving anything can try out tokens that he guessed (RFC 7662 2.1, 4).
    if (client.kind === 'public') throw oauthError('oauth.invalid_client');
    const token = form.require('token');
    const about = (await this.aboutAccessToken(token)) ?? (await this.aboutRefreshToken(token));
    return about !== null && (await this.mayKnow(client, about.client_id)) ? about : { active: false };
  }

  private async mayKnow(client: OAuthClient, clientId: string | undefined): Promise<boolean> {
    if (clientId === client.clientId) return true;
    return (await this.decisions.permissionsOf(client.clientId)).has('tokens:introspect');
  }

  private async aboutAccessToken(token: string): Promise<IntrospectionDto | null> {
    const facts = await this.facts.ofAccessToken(token);
    if (facts === null) return null;
    const { claims, actor } = facts;
    return {
      active: true,
      ...(actor.scopes === null ? {} : { scope: formatScope(actor.scopes) }),
      client_id: claims.clientId,
      token_type: claims.dpopJkt === null ? 'Bearer' : 'DPoP',
      exp: claims.expiresAt,
      iat: claims.issuedAt,
      sub: actor.id,
      aud: this.issuer,
      iss: this.issuer,
      jti: claims.jti,
      ...(claims.subject.type === 'user' ? { sid: claims.subject.sessionId } : {}),
      ...(claims.dpopJkt === null ? {} : { cnf: { jkt: claims.dpopJkt } }),
    };
  }

  private async aboutRefreshToken(token: string): Promise<IntrospectionDto | null> {
    const known = await this.facts.ofRefreshToken(token);
    if (known === null || known.used || known.expired) return null;
    if (!known.sessionAlive || !known.userStands || !known.signInAllowed) return null;
    return {
      active: true,
      ...(known.scope === null ? {} : { scope: known.scope }),
      client_id: known.clientId,
      exp: known.expiresAt,
      iat: known.issuedAt,
      sub: known.userId,
      aud: this.issuer,
      iss: this.issuer,
      sid: known.sessionId,
      ...(known.dpopJkt === null ? {} : { cnf: { jkt: known.dpopJkt } }),
    };
  }
}
