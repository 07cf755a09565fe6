import { encodeEntryCursor } from '../effective-access.cursor.js';
import type { EffectiveAccessPage } from '../effective-access.service.js';
import type { AccessVia } from '../effective-access.types.js';
import { PathStageDto } from './explain.dto.js';

/** One assignment through which a permission is given or denied. */
export class AccessPathDto {
  /** role_assignments.id, or eligible_assignments.id where `eligible`. */
  assignmentId: string;
  /** The assigned role. */
  roleName: string;
  effect: 'allow' | 'deny';
  /** Where it was assigned. */
  scope: string;
  validUntil: string | null;
  /** Whether it would have to be activated, and so gives nothing yet. */
  eligible: boolean;
  /** The group where there is one, the assigned role, and each role that it inherits from, to the one that holds the permission. */
  path: PathStageDto[];
}

/** One permission on one scope, and whether it is held there in the end. */
export class AccessEntryDto {
  permission: string;
  scope: string;
  /** True when an assignment allows it there and none denies it, and the subject is active. */
  allowed: boolean;
  /** Up to 50, denials first. */
  via: AccessPathDto[];
}

export class AccessListDto {
  items: AccessEntryDto[];
  nextCursor: string | null;

  static from({ items, next, roleNames, groupNames }: EffectiveAccessPage): AccessListDto {
    const role = (id: string) => ({ type: 'role' as const, id, name: roleNames.get(id) ?? id });
    const group = (id: string) => ({ type: 'group' as const, id, name: groupNames.get(id) ?? id });
    const pathOf = ({ assignmentId, effect, scope, validUntil, isEligible, groupId, roleIds }: AccessVia) => ({
      assignmentId,
      roleName: role(roleIds[0] ?? '').name,
      effect,
      scope,
      validUntil: validUntil === null ? null : new Date(validUntil).toISOString(),
      eligible: isEligible,
      path: [...(groupId === null ? [] : [group(groupId)]), ...roleIds.map(role)],
    });
    return {
      items: items.map(({ permission, scope, allowed, via }) => ({
        permission,
        scope,
        allowed,
        via: via.map(pathOf),
      })),
      nextCursor: next === null ? null : encodeEntryCursor(next),
    };
  }
}
