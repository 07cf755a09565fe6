import { IsString, Matches } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { NAMESPACE_PATTERN } from '../../permission-name.js';
import type { HeldPermission } from '../../rbac.types.js';
import type { KnownPermission } from '../namespace.types.js';

/** Which permissions to list. */
export class PermissionQueryDto extends PageQueryDto {
  /** Only those of this namespace. */
  @MayBeAbsent()
  @IsString()
  @Matches(NAMESPACE_PATTERN, { message: 'must be the name of a namespace' })
  namespace?: string;
}

/** One thing that can be allowed. */
export class PermissionDto {
  /** `resource:action`, or `namespace/resource:action` of an application. */
  name: string;
  description: string;
  /** Null: of this service itself. */
  namespace: string | null;

  static from({ name, description, namespace }: KnownPermission): PermissionDto {
    return { name, description, namespace };
  }
}

export class PermissionPageDto {
  items: PermissionDto[];
  nextCursor: string | null;
}

/** A role as another names it. */
export class RoleRefDto {
  /** roles.id */
  id: string;
  name: string;
}

/** One permission that a role holds. */
export class RolePermissionDto {
  name: string;
  description: string;
  /** Whether the role holds it itself. */
  own: boolean;
  /** The roles it is inherited from, directly or through others. */
  inheritedFrom: RoleRefDto[];

  static from({ name, description, own, inheritedFrom }: HeldPermission): RolePermissionDto {
    return { name, description, own, inheritedFrom };
  }
}

export class RolePermissionPageDto {
  items: RolePermissionDto[];
  nextCursor: string | null;
}
