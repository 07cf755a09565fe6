import type { RoleSummary } from '../../rbac.types.js';

/** A named set of permissions. */
export class RoleDto {
  id: string;
  name: string;
  description: string;
  /** Comes with the service; its content can't be changed. */
  isSystem: boolean;

  static from({ id, name, description, isSystem }: RoleSummary): RoleDto {
    return { id, name, description, isSystem };
  }
}

export class RolePageDto {
  items: RoleDto[];
  nextCursor: string | null;
}

/** One thing that can be allowed. */
export class PermissionDto {
  /** `resource:action` */
  name: string;
  description: string;
}

export class PermissionPageDto {
  items: PermissionDto[];
  nextCursor: string | null;
}
