import { RoleRefDto } from '../../catalogue/dto/permission.dto.js';
import type { RoleDetails, RoleSummary } from '../../rbac.types.js';

/** A named set of permissions, in a list. */
export class RoleSummaryDto {
  /** roles.id */
  id: string;
  name: string;
  description: string;
  /** Comes with the service; it can't be changed. */
  isSystem: boolean;
  /** How long an activation of it may last. */
  activationMaxSeconds: number;
  /** Whether an activation waits for somebody else's approval. */
  activationNeedsApproval: boolean;

  static from(role: RoleSummary): RoleSummaryDto {
    const { id, name, description, isSystem, activationMaxSeconds, activationNeedsApproval } = role;
    return { id, name, description, isSystem, activationMaxSeconds, activationNeedsApproval };
  }
}

/** A named set of permissions, with what it holds itself and which roles it inherits from directly. */
export class RoleDto extends RoleSummaryDto {
  /** Its own, sorted; all of them: GET /rbac/roles/{id}/permissions. */
  permissions: string[];
  parents: RoleRefDto[];

  static override from(role: RoleDetails): RoleDto {
    return { ...RoleSummaryDto.from(role), permissions: role.permissions, parents: role.parents };
  }
}

export class RolePageDto {
  items: RoleSummaryDto[];
  nextCursor: string | null;
}
