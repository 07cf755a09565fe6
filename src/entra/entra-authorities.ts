import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { EntraAuthority } from './entra-authority.js';
import { entraRegistration } from './entra-credentials.js';

/** Far more tenants than one installation signs people of in; a bound, because the id comes out of tokens. */
const MAX_TENANTS = 1000;

const ISSUER = /^(.+)\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\/v2\.0$/;

/** The authority of each Entra tenant, kept for the life of the process. */
@Injectable()
export class EntraAuthorities {
  private readonly byTenant = new Map<string, EntraAuthority>();

  constructor(
    private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @param entraTenantId of a tenant that is known here; never straight from a token
   * @throws DomainError entra.not_configured
   */
  of(entraTenantId: string): EntraAuthority {
    const tenant = entraTenantId.toLowerCase();
    let authority = this.byTenant.get(tenant);
    if (authority === undefined) {
      if (this.byTenant.size >= MAX_TENANTS) this.byTenant.clear();
      authority = new EntraAuthority(`${entraRegistration(this.settings).authorityRoot}/${tenant}`, this.logger);
      this.byTenant.set(tenant, authority);
    }
    return authority;
  }

  /**
   * The tenant whose issuer this is, exactly: what readAuthorityDocument accepts for it. Null for anything else. Nothing is
   * fetched, and whether the tenant is known here is for the caller to ask.
   *
   * @throws DomainError entra.not_configured
   */
  tenantOfIssuer(issuer: string): string | null {
    const [, root, entraTenantId = null] = ISSUER.exec(issuer) ?? [];
    return root === entraRegistration(this.settings).authorityRoot ? entraTenantId : null;
  }
}
