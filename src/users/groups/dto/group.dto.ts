import { IsUUID } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { Group, GroupMember } from '../groups.types.js';

/** A group that roles can be assigned to. */
export class GroupDto {
  id: string;
  /** tenants.id */
  tenantId: string;
  /** Who says who is in it. */
  source: 'entra' | 'scim';
  /** Entra's object id; null for a group that is provisioned. */
  objectId: string | null;
  displayName: string;
  memberCount: number;
  /** When Entra ID was last asked and answered in full. */
  syncedAt: string | null;
  /** Why it could not be read since; the members are those of the last full answer. */
  syncFailure: string | null;
  createdAt: string;

  static from({ syncedAt, createdAt, ...group }: Group): GroupDto {
    return { ...group, syncedAt: syncedAt?.toISOString() ?? null, createdAt: createdAt.toISOString() };
  }
}

export class GroupPageDto {
  items: GroupDto[];
  nextCursor: string | null;
}

/** Somebody who is in a group, also by a group in it. */
export class GroupMemberDto {
  /** users.id; null for somebody who has no account here yet. */
  userId: string | null;
  objectId: string | null;
  displayName: string | null;
  addedAt: string;

  static from({ userId, objectId, displayName, addedAt }: GroupMember): GroupMemberDto {
    return { userId, objectId, displayName, addedAt: addedAt.toISOString() };
  }
}

export class GroupMemberPageDto {
  items: GroupMemberDto[];
  nextCursor: string | null;
}

/** Which groups to list. */
export class GroupQueryDto extends PageQueryDto {
  /** Only those of this tenant (tenants.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;
}

/** A group of Entra ID to choose. */
export class ChooseGroupDto {
  /** tenants.id */
  @IsUUID('loose')
  tenant: string;

  /** Entra's object id of the group. */
  @IsUUID('loose')
  objectId: string;
}
