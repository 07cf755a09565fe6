import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EntraLogin } from '../../entra/entra-login.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { UsersService } from '../../users/users.service.js';
import { authError } from '../auth.errors.js';
import { publicAddress } from '../public-address.js';
import { BearerAuthentication } from '../tokens/bearer-authentication.service.js';
import { SessionsService } from './sessions.service.js';

/** What somebody who signs out shows: one of the two, or nothing. */
export interface SignOut {
  accessToken: string | null;
  refreshToken: string | null;
}

/** Signing out here, and the way to sign out of Entra ID as well (OpenID Connect RP-Initiated Logout 1.0). */
@Injectable()
export class SignOutService {
  private readonly publicUrl: string;

  constructor(
    private readonly settings: Settings,
    private readonly sessions: SessionsService,
    private readonly bearers: BearerAuthentication,
    private readonly users: UsersService,
    private readonly tenants: TenantsService,
    private readonly entra: EntraLogin,
  ) {
    this.publicUrl = publicAddress(settings).url;
  }

  /**
   * Ends the session of what is presented.
   *
   * @returns the user whose session it was; null when it was nobody's
   * @throws DomainError auth.token_invalid and the like for an access token that isn't good any more
   */
  async end({ accessToken, refreshToken }: SignOut): Promise<string | null> {
    if (accessToken !== null) {
      const { actor, dpopJkt } = await this.bearers.authenticate(accessToken);
      // A bound token is nobody's bearer token (RFC 9449 7.2).
      if (dpopJkt !== null) throw authError('auth.token_binding');
      if (actor.type !== 'user') return null;
      await this.sessions.endOwn(actor, actor.sessionId, 'signed_out');
      return actor.id;
    }
    return refreshToken === null ? null : this.sessions.endByRefreshToken(refreshToken);
  }

  /**
   * Entra's page that ends the browser's session there. Nobody's session leads to the tenant that signs in by default: the
   * answer says nothing about whether a token was known.
   *
   * @param returnTo checked by safeReturnTo
   * @returns null when there is no such page, or Entra ID doesn't say now: the session here has ended all the same
   */
  async entraLocation(userId: string | null, returnTo: string): Promise<string | null> {
    const entraTenantId = (await this.homeTenantOf(userId)) ?? this.settings.ENTRA_TENANT_ID;
    if (entraTenantId === undefined) return null;
    try {
      return await this.entra.endSessionUrl(entraTenantId, this.publicUrl + returnTo);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unavailable') return null;
      throw error;
    }
  }

  private async homeTenantOf(userId: string | null): Promise<string | null> {
    if (userId === null) return null;
    const { tenantId } = await this.users.get(userId);
    return (await this.tenants.get(tenantId)).entraTenantId;
  }
}
