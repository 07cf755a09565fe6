/** An Entra tenant as other modules see it. */
export interface WatchedTenant {
  /** tenants.id */
  id: string;
  entraTenantId: string;
  displayName: string;
  signInAllowed: boolean;
  scanEnabled: boolean;
  scanIntervalSeconds: number;
  breakGlassObjectIds: string[];
  version: number;
}

export interface NewTenant {
  entraTenantId: string;
  displayName: string;
  signInAllowed: boolean;
  scanEnabled: boolean;
  scanIntervalSeconds: number;
  breakGlassObjectIds: string[];
}

export type TenantPatch = Partial<Omit<NewTenant, 'entraTenantId'>>;
