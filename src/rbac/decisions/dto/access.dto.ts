import type { EffectiveAccess } from '../../rbac.types.js';

/** One assignment through which a permission is given or denied. */
export class AccessPathDto {
  assignmentId: string;
  roleName: string;
  effect: 'allow' | 'deny';
  scope: string;
  validUntil: string | null;
}

/** One permission and whether it is held in the end. */
export class AccessEntryDto {
  permission: string;
  /** True when an assignment allows it and none denies it. */
  allowed: boolean;
  via: AccessPathDto[];

  static from({ permission, allowed, via }: EffectiveAccess): AccessEntryDto {
    return {
      permission,
      allowed,
      via: via.map(({ assignmentId, roleName, effect, scope, validUntil }) => ({
        assignmentId,
        roleName,
        effect,
        scope,
        validUntil: validUntil?.toISOString() ?? null,
      })),
    };
  }
}

export class AccessListDto {
  items: AccessEntryDto[];
  nextCursor: string | null;
}
