import { IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import { MAX_SCOPE_LENGTH, ROOT_SCOPE, SCOPE_PATTERN } from '../../scope.js';
import type { EligibleAssignment, EligibleFilter, NewEligibleAssignment } from '../activations.types.js';

const SCOPE_MESSAGE = 'must be "/" or a path of one to ten segments of letters, digits and ._~-';

/** A role that a user, or the members of a group, may activate for a time. */
export class CreateEligibleAssignmentDto {
  /** users.id or groups.id */
  @IsUUID('loose')
  subject: string;

  /** roles.id */
  @IsUUID('loose')
  role: string;

  /** Where it holds once activated, and everywhere below. `/` when absent. */
  @MayBeAbsent()
  @IsString()
  @Matches(SCOPE_PATTERN, { message: SCOPE_MESSAGE })
  @MaxLength(MAX_SCOPE_LENGTH)
  scope?: string;

  /** From when it may be activated; from now when absent. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  validFrom?: string;

  /** Until when; every activation ends then at the latest. Until it is removed when absent. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  validUntil?: string;

  /** Why, for the audit trail. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason: string;

  static toNew(dto: CreateEligibleAssignmentDto): NewEligibleAssignment {
    return {
      subjectId: dto.subject,
      roleId: dto.role,
      scope: dto.scope ?? ROOT_SCOPE,
      validFrom: dto.validFrom === undefined ? null : new Date(dto.validFrom),
      validUntil: dto.validUntil === undefined ? null : new Date(dto.validUntil),
      reason: dto.reason,
    };
  }
}

/** Which eligible assignments to list. */
export class EligibleQueryDto extends PageQueryDto {
  /** Only those of this user or group. */
  @MayBeAbsent()
  @IsUUID('loose')
  subject?: string;

  /** Only those of this role (roles.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  role?: string;

  /** Only those on this scope and below it. */
  @MayBeAbsent()
  @IsString()
  @Matches(SCOPE_PATTERN, { message: SCOPE_MESSAGE })
  @MaxLength(MAX_SCOPE_LENGTH)
  scope?: string;

  static toFilter({ subject, role, scope }: EligibleQueryDto): EligibleFilter {
    return {
      ...(subject === undefined ? {} : { subjectId: subject }),
      ...(role === undefined ? {} : { roleId: role }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
}

/** A role that somebody may activate. */
export class EligibleAssignmentDto {
  id: string;
  subject: EligibleSubjectDto;
  /** roles.id */
  role: string;
  roleName: string;
  /** How long one activation may last. */
  activationMaxSeconds: number;
  /** Whether an activation waits for somebody else's approval. */
  activationNeedsApproval: boolean;
  scope: string;
  validFrom: string;
  /** Null: until it is removed. */
  validUntil: string | null;
  reason: string;
  assignedBy: EligibleMakerDto;
  createdAt: string;

  static from(eligible: EligibleAssignment): EligibleAssignmentDto {
    return {
      id: eligible.id,
      subject: { type: eligible.subject.type === 'group' ? 'group' : 'user', id: eligible.subject.id },
      role: eligible.roleId,
      roleName: eligible.roleName,
      activationMaxSeconds: eligible.activationMaxSeconds,
      activationNeedsApproval: eligible.activationNeedsApproval,
      scope: eligible.scope,
      validFrom: eligible.validFrom.toISOString(),
      validUntil: eligible.validUntil?.toISOString() ?? null,
      reason: eligible.reason,
      assignedBy: { type: eligible.assignedByType, id: eligible.assignedById },
      createdAt: eligible.createdAt.toISOString(),
    };
  }
}

/** Who may activate it. */
export class EligibleSubjectDto {
  type: 'user' | 'group';
  /** users.id or groups.id */
  id: string;
}

/** Who made an eligible assignment. */
export class EligibleMakerDto {
  type: 'user' | 'service_account' | 'system';
  /** users.id, service_accounts.id, or the name of the system's work. */
  id: string;
}

export class EligibleAssignmentPageDto {
  items: EligibleAssignmentDto[];
  nextCursor: string | null;
}
