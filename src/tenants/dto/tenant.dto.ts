import type { WatchedTenant } from '../tenants.types.js';

/** A watched Entra tenant. */
export class TenantDto {
  id: string;
  /** Entra's directory id. */
  entraTenantId: string;
  displayName: string;
  signInAllowed: boolean;
  scanEnabled: boolean;
  scanIntervalSeconds: number;
  breakGlassObjectIds: string[];

  static from(tenant: WatchedTenant): TenantDto {
    const { id, entraTenantId, displayName, signInAllowed, scanEnabled, scanIntervalSeconds, breakGlassObjectIds } =
      tenant;
    return { id, entraTenantId, displayName, signInAllowed, scanEnabled, scanIntervalSeconds, breakGlassObjectIds };
  }
}

export class TenantPageDto {
  items: TenantDto[];
  nextCursor: string | null;
}
