import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { isRandomToken } from '../../crypto/digest.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { type KnownRefreshToken, RefreshTokensRepository } from '../refresh/refresh-tokens.repository.js';
import { type AccessTokenClaims, AccessTokens } from '../tokens/access-tokens.service.js';
import { BearerAuthentication } from '../tokens/bearer-authentication.service.js';
import { isOwnToken } from '../tokens/token-type.js';

/** What a token of ours is, whichever kind: `token_type_hint` is only ever a hint (RFC 7009 2.1), and its form says more. */
@Injectable()
export class TokenFacts {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly bearers: BearerAuthentication,
    private readonly refreshTokens: RefreshTokensRepository,
    private readonly transactions: TransactionRunner,
  ) {}

  /** An access token that would be let in, and whom it speaks for; null for anything else. */
  async ofAccessToken(token: string): Promise<{ claims: AccessTokenClaims; actor: CallerActor } | null> {
    if (!isOwnToken(token)) return null;
    try {
      const claims = await this.accessTokens.verify(token);
      const { actor } = await this.bearers.authenticate(token);
      return { claims, actor };
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') return null;
      // It couldn't be found out now: that isn't an answer about the token.
      throw error;
    }
  }

  /** A refresh token whatever became of it; null for what was never given out. */
  async ofRefreshToken(token: string): Promise<KnownRefreshToken | null> {
    if (!isRandomToken(token)) return null;
    return this.transactions.read((tx) => this.refreshTokens.find(tx, token));
  }
}
