/** `deleted` ends like `disabled`, and whoever is deleted holds nothing. */
export type UserStatus = 'active' | 'disabled' | 'deleted';

/** A person as other modules see them. Names and addresses are for display and identify nobody. */
export interface UserAccount {
  /** users.id */
  id: string;
  /** tenants.id */
  tenantId: string;
  /** Entra's object id; null for somebody who was provisioned without one. */
  objectId: string | null;
  displayName: string;
  userPrincipalName: string | null;
  email: string | null;
  status: UserStatus;
  securityStamp: number;
  securityStampRaisedAt: Date | null;
  lastSignInAt: Date | null;
  version: number;
  createdAt: Date;
}

/** What a validated id token says of who signed in. */
export interface SignedInPerson {
  tenantId: string;
  objectId: string;
  displayName: string;
  userPrincipalName: string | null;
  email: string | null;
}

export interface UserFilter {
  tenantId?: string;
  status?: UserStatus;
}
