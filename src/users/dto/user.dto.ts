import { DEAD_WITHIN_MS } from '../../database/change-feed.service.js';
import type { ListedUser, UserAccount, UserDetails } from '../users.types.js';

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

/** A person in a list. */
export class ListedUserDto extends UserDto {
  /** `entra`: the account began with a sign-in. `scim`: a directory provisioned it. */
  source: 'entra' | 'scim';

  static fromListed(user: ListedUser): ListedUserDto {
    return { ...UserDto.from(user), source: user.source };
  }
}

/** All that is known of a person. */
export class UserDetailsDto extends ListedUserDto {
  /** The provisioning directory's id of the person. */
  externalId: string | null;
  /** What a directory gave beyond the names, as attributes of SCIM (RFC 7643 4.1, 4.3): name, title, phone numbers, and under
   * `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` the department and the manager. Empty for who only signed in,
   * or is deleted. */
  profile: Record<string, unknown>;
  /** The last change of anything but `lastSignInAt`. */
  updatedAt: string;
  deletedAt: string | null;

  static fromDetails(user: UserDetails): UserDetailsDto {
    return {
      ...ListedUserDto.fromListed(user),
      externalId: user.externalId,
      profile: user.profile,
      updatedAt: user.updatedAt.toISOString(),
      deletedAt: user.deletedAt?.toISOString() ?? null,
    };
  }
}

/** A user after a change. */
export class ChangedUserDto extends UserDto {
  /** When the change ended what was issued to the user: in how many milliseconds it is dead on every instance. Null when it ended
   * nothing. */
  deadWithinMs: number | null;

  static fromChange(change: { user: UserAccount; ended: boolean }): ChangedUserDto {
    return { ...UserDto.from(change.user), deadWithinMs: change.ended ? DEAD_WITHIN_MS : null };
  }
}

/** What a deleted user had isn't dead yet everywhere, but soon. */
export class DeletedUserDto {
  /** In how many milliseconds every session and token of the user, and of their programs, is dead on every instance. */
  deadWithinMs: number;

  static now(): DeletedUserDto {
    return { deadWithinMs: DEAD_WITHIN_MS };
  }
}

export class UserPageDto {
  items: ListedUserDto[];
  nextCursor: string | null;
}
