import { Injectable } from '@nestjs/common';
import { authError } from '../auth.errors.js';
import { AccessTokens } from '../tokens/access-tokens.service.js';
import { BearerAuthentication } from '../tokens/bearer-authentication.service.js';
import { SessionsService } from './sessions.service.js';
import { TokenRevocations } from './token-revocations.service.js';

/** What somebody who signs out shows: one of the two, or nothing. */
export interface SignOut {
  accessToken: string | null;
  refreshToken: string | null;
}

/** Signing out here. */
@Injectable()
export class SignOutService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly bearers: BearerAuthentication,
    private readonly accessTokens: AccessTokens,
    private readonly revocations: TokenRevocations,
  ) {}

  /**
   * Ends the session of what is presented. A program has none: its token ends, and its credential goes on.
   *
   * @returns the user whose session it was; null when it was nobody's
   * @throws DomainError auth.token_invalid and the like for an access token that isn't good any more
   */
  async end({ accessToken, refreshToken }: SignOut): Promise<string | null> {
    if (accessToken !== null) {
      const { actor, dpopJkt } = await this.bearers.authenticate(accessToken);
      // A bound token is nobody's bearer token (RFC 9449 7.2).
      if (dpopJkt !== null) throw authError('auth.token_binding');
      if (actor.type === 'user') {
        await this.sessions.endOwn(actor, actor.sessionId, 'signed_out');
        return actor.id;
      }
      await this.revocations.revoke(actor, await this.accessTokens.verify(accessToken), actor);
      return null;
    }
    return refreshToken === null ? null : this.sessions.endByRefreshToken(refreshToken);
  }
}
