import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EntraLogin } from '../../entra/entra-login.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { UsersService } from '../../users/users.service.js';
import { publicAddress } from '../public-address.js';

/** The way to sign out of Entra ID as well (OpenID Connect RP-Initiated Logout 1.0). */
@Injectable()
export class EntraSignOutPage {
  private readonly publicUrl: string;

  constructor(
    private readonly settings: Settings,
    private readonly users: UsersService,
    private readonly tenants: TenantsService,
    private readonly entra: EntraLogin,
  ) {
    this.publicUrl = publicAddress(settings).url;
  }

  /**
   * Entra's page that ends the browser's session there. Nobody's session leads to the tenant that signs in by default: the
   * answer says nothing about whether a token was known.
   *
   * @param returnTo checked by safeReturnTo
   * @returns null when there is no such page, or Entra ID doesn't say now: the session here has ended all the same
   */
  async locationFor(userId: string | null, returnTo: string): Promise<string | null> {
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
