import type { UserAccount } from '../users.types.js';

/** A person who has signed in or was provisioned. */
export class UserDto {
  id: string;
  /** tenants.id of the home tenant. */
  tenantId: string;
  /** Entra's object id; null for somebody who was provisioned without one. */
  objectId: string | null;
  displayName: string;
  /** For display only. */
  userPrincipalName: string | null;
  /** For display only. */
  email: string | null;
  /** Whoever is `deleted` holds nothing; the account stays so that the audit trail stays readable. */
  status: 'active' | 'disabled' | 'deleted';
  lastSignInAt: string | null;
  createdAt: string;

  static from(user: UserAccount): UserDto {
    const { id, tenantId, objectId, displayName, userPrincipalName, email, status } = user;
    return {
      id,
      tenantId,
      objectId,
      displayName,
      userPrincipalName,
      email,
      status,
      lastSignInAt: user.lastSignInAt?.toISOString() ?? null,
      createdAt: user.createdAt.toISOString(),
    };
  }
}

export class UserPageDto {
  items: UserDto[];
  nextCursor: string | null;
}
