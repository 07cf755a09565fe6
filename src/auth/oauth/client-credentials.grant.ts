import { Injectable } from '@nestjs/common';
import type { ServiceAccountActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { AccessDecisions } from '../../rbac/decisions/access-decisions.service.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { TokenResponseDto } from '../dto/oauth.dto.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import { formatScope } from '../tokens/token-scope.js';
import { type Grant, type GrantRequest, tokenResponse } from './grant.js';
import { oauthError } from './oauth.errors.js';
import { requestedScopes } from './requested-scopes.js';

/** `client_credentials` (RFC 6749 4.4): an access token of a service account for itself, and no refresh token (4.4.3). */
@Injectable()
export class ClientCredentialsGrant implements Grant {
  constructor(
    private readonly decisions: AccessDecisions,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
  ) {}

  async issue({ form, client, dpopJkt }: GrantRequest): Promise<TokenResponseDto> {
    if (client.kind !== 'service_account') {
      throw oauthError('oauth.unauthorized_client', { detail: 'Only service accounts may use this grant.' });
    }
    const { account, credentialId } = client;
    const scopes = requestedScopes(form);
    await this.assertHeld(account.id, scopes);
    const actor: ServiceAccountActor = {
      type: 'service_account',
      id: account.id,
      displayName: account.name,
      tenantId: account.tenantId,
      scopes,
    };
    // On record before there is one: a token that nobody knows of must not exist.
    await this.audit.recordAlone(actor, {
      action: AUTH_ACTIONS['auth.token.issued'],
      tenantId: account.tenantId,
      target: { type: 'service-account', id: account.id, displayName: account.name },
      outcome: 'success',
      after: {
        grant: 'client_credentials',
        credentialId,
        scope: scopes === null ? null : formatScope(scopes),
        senderConstrained: dpopJkt !== null,
      },
    });
    const { token: accessToken, expiresInSeconds } = await this.accessTokens.issue({
      subject: { type: 'service_account', serviceAccountId: account.id, securityStamp: account.securityStamp },
      clientId: account.id,
      scopes,
      dpopJkt,
    });
    return tokenResponse({ accessToken, expiresInSeconds, scopes, dpopJkt });
  }

  /** A scope narrows what the account may do; it never asks for more. */
  private async assertHeld(accountId: string, scopes: readonly Permission[] | null): Promise<void> {
    if (scopes === null) return;
    const held = await this.decisions.permissionsOf(accountId);
    if (!scopes.every((scope) => held.has(scope))) {
      throw oauthError('oauth.invalid_scope', { detail: 'The scope is wider than what the service account may do.' });
    }
  }
}
