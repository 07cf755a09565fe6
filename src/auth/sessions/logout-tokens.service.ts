import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { parseCompactJws } from '../../crypto/compact-jws.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { EntraAuthorities } from '../../entra/entra-authorities.js';
import { entraRegistration } from '../../entra/entra-credentials.js';
import { type LogoutClaims, verifyLogoutToken } from '../../entra/verify-logout-token.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { oauthError } from '../oauth/oauth.errors.js';

export interface VerifiedLogout extends LogoutClaims {
  tenant: WatchedTenant;
}

/** Logout tokens (OpenID Connect Back-Channel Logout 1.0) of the tenants that are known here. */
@Injectable()
export class LogoutTokens {
  constructor(
    private readonly settings: Settings,
    private readonly authorities: EntraAuthorities,
    private readonly tenants: TenantsService,
    private readonly clock: DatabaseClock,
  ) {}

  /** @throws DomainError oauth.invalid_request; entra.authority_unavailable, entra.not_configured when it can't be checked now */
  async verify(token: string): Promise<VerifiedLogout> {
    try {
      const issuer = parseCompactJws(token)?.payload['iss'];
      // Nothing is fetched for a tenant that isn't known here.
      const tenant = typeof issuer === 'string' ? await this.tenantOf(issuer) : null;
      if (tenant === null) {
        throw oauthError('oauth.invalid_request', { detail: 'The logout token is refused: iss is no tenant of ours.' });
      }
      const entraTenantId = tenant.entraTenantId.toLowerCase();
      const claims = await verifyLogoutToken(token, this.authorities.of(entraTenantId), {
        entraTenantId,
        clientId: entraRegistration(this.settings).clientId,
        nowSeconds: this.clock.nowMs() / 1000,
      });
      return { ...claims, tenant };
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') throw error;
      const { detail } = error;
      throw oauthError('oauth.invalid_request', { ...(detail === undefined ? {} : { detail }), cause: error });
    }
  }

  /** The tenant whose issuer this is exactly. Its sessions end although it is closed just now: they would stand again with it. */
  async tenantOf(issuer: string): Promise<WatchedTenant | null> {
    const entraTenantId = this.authorities.tenantOfIssuer(issuer);
    if (entraTenantId === null) return null;
    return this.tenants.findByEntraTenantId(entraTenantId);
  }
}
