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
  /** Whether what settles high and critical drift needs a second person. */
  secondPerson: boolean;
  /** Whether the service may carry out approved plans that restore the baseline. */
  remediationEnabled: boolean;

  static from(tenant: WatchedTenant): TenantDto {
    const { id, entraTenantId, displayName, signInAllowed, scanEnabled, scanIntervalSeconds, ...rest } = tenant;
    const { breakGlassObjectIds, secondPerson, remediationEnabled } = rest;
    const schedule = { scanEnabled, scanIntervalSeconds };
    return {
      id,
      entraTenantId,
      displayName,
      signInAllowed,
      ...schedule,
      breakGlassObjectIds,
      secondPerson,
      remediationEnabled,
    };
  }
}

export class TenantPageDto {
  items: TenantDto[];
  nextCursor: string | null;
}
