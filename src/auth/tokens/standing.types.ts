import type { Permission } from '../../access/permissions.js';

/** A session that stands: neither it, nor its user, nor its tenant was ended, disabled or closed. */
export interface SessionStanding {
  sessionId: string;
  userId: string;
  /** tenants.id of the user. */
  tenantId: string;
  displayName: string;
  clientId: string;
  /** What its tokens are narrowed to; null: everything. */
  scopes: readonly Permission[] | null;
  /** The sender's key that its tokens are bound to; null: bearer tokens. */
  dpopJkt: string | null;
}

/** A service account that stands, and whose owner does. */
export interface ServiceAccountStanding {
  serviceAccountId: string;
  tenantId: string;
  displayName: string;
  securityStamp: number;
}

/** A person's account that stands, for tokens of Entra ID. */
export interface AccountStanding {
  userId: string;
  tenantId: string;
  displayName: string;
  /** Tokens of Entra ID that were issued at or before this are refused; Unix milliseconds. */
  notBeforeMs: number;
}
