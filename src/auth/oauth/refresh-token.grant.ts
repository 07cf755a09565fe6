import { Injectable } from '@nestjs/common';
import { DomainError } from '../../kernel/errors/domain-error.js';
import type { TokenResponseDto } from '../dto/oauth.dto.js';
import { RefreshService } from '../refresh/refresh.service.js';
import { type Grant, type GrantRequest, tokenResponse } from './grant.js';
import { oauthError } from './oauth.errors.js';
import { requestedScopes } from './requested-scopes.js';

/** `refresh_token` (RFC 6749 6): rotated at every use (RFC 9700 4.14.2). */
@Injectable()
export class RefreshTokenGrant implements Grant {
  constructor(private readonly refreshes: RefreshService) {}

  async issue({ form, client, dpopJkt }: GrantRequest): Promise<TokenResponseDto> {
    const presenter = { clientId: client.clientId, dpopJkt, scopes: requestedScopes(form) };
    try {
      const tokens = await this.refreshes.refresh(form.require('refresh_token'), presenter);
      return {
        ...tokenResponse({ ...tokens, dpopJkt: tokens.tokenType === 'DPoP' ? dpopJkt : null }),
        refresh_token: tokens.refreshToken,
      };
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') throw error;
      throw oauthError('oauth.invalid_grant', { detail: `${error.title}.`, cause: error });
    }
  }
}
