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
  /** Whether what settles high and critical drift needs a second person. */
  secondPerson: boolean;
  /** Whether the service may carry out approved plans that restore the baseline. */
  remediationEnabled: boolean;
  version: number;
}

export interface NewTenant {
  entraTenantId: string;
  displayName: string;
  signInAllowed: boolean;
  scanEnabled: boolean;
  scanIntervalSeconds: number;
  breakGlassObjectIds: string[];
  /** False when absent. */
  secondPerson?: boolean;
}

/** `alone`: on one person's word; `approved`: another one has said yes. */
export type Consent = 'alone' | 'approved';

export type TenantPatch = Partial<Omit<NewTenant, 'entraTenantId'> & Pick<WatchedTenant, 'remediationEnabled'>>;
