import type { JsonObject } from '../crypto/canonical-json.js';

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

/** How the account came to be: by signing in with Entra ID, or a directory provisioned it by SCIM. */
export type UserSource = 'entra' | 'scim';

export interface ListedUser extends UserAccount {
  source: UserSource;
}

/** All that is known of a person. */
export interface UserDetails extends ListedUser {
  /** The provisioning directory's id of the person. */
  externalId: string | null;
  /** Attributes of SCIM as a directory gave them; empty for who only signed in, or is deleted. */
  profile: JsonObject;
  updatedAt: Date;
  deletedAt: Date | null;
}

export type UserSort = 'displayName' | 'createdAt' | 'lastSignIn';

/** Which users, all that is given must hold, and in which order. */
export interface UserSearch {
  /** Words that the names or the address must all contain, whatever their case and accents. */
  words: readonly string[];
  tenantId: string | null;
  /** null: everybody but those who are deleted */
  status: UserStatus | null;
  source: UserSource | null;
  sort: UserSort;
  order: 'asc' | 'desc';
}

/** Where in its order a user stands: what it is sorted by, as text, and then the id. */
export interface UserPosition {
  key: string;
  id: string;
}
