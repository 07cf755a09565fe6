import { IsIn, IsString, IsUUID, Matches, MaxLength, MinLength } from 'class-validator';
import { IsInstant } from '../../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { NewAssignment } from '../../rbac.types.js';
import { MAX_SCOPE_LENGTH, ROOT_SCOPE, SCOPE_PATTERN } from '../../scope.js';

/** A role to give to a user, a service account or a group, or to deny. */
export class CreateAssignmentDto {
  /** users.id, service_accounts.id or groups.id */
  @IsUUID('loose')
  subject: string;

  /** roles.id */
  @IsUUID('loose')
  role: string;

  /** Where it holds, and everywhere below: `/`, or up to ten segments such as `/tenants/T/apps/A`. `/` when absent. */
  @MayBeAbsent()
  @IsString()
  @Matches(SCOPE_PATTERN, { message: 'must be "/" or a path of one to ten segments of letters, digits and ._~-' })
  @MaxLength(MAX_SCOPE_LENGTH)
  scope?: string;

  /** `deny` takes away what the role holds, whatever else allows it. `allow` when absent. */
  @MayBeAbsent()
  @IsIn(['allow', 'deny'])
  effect?: 'allow' | 'deny';

  /** From when; from now when absent. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  validFrom?: string;

  /** Until when; until it is removed when absent. */
  @MayBeAbsent()
  @IsInstant()
  @MaxLength(40)
  validUntil?: string;

  /** Why, for the audit trail. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason: string;

  static toNewAssignment(dto: CreateAssignmentDto): NewAssignment {
    return {
      subjectId: dto.subject,
      roleId: dto.role,
      scope: dto.scope ?? ROOT_SCOPE,
      effect: dto.effect ?? 'allow',
      validFrom: dto.validFrom === undefined ? null : new Date(dto.validFrom),
      validUntil: dto.validUntil === undefined ? null : new Date(dto.validUntil),
      reason: dto.reason,
    };
  }
}
