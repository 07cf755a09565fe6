import { IsIn, IsISO8601, IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import type { NewAssignment } from '../../rbac.types.js';
import { ROOT_SCOPE } from '../../scope.js';

/** A role to give to a user or service account, or to deny. */
export class CreateAssignmentDto {
  /** users.id or service_accounts.id */
  @IsUUID('loose')
  subject: string;

  /** roles.id */
  @IsUUID('loose')
  role: string;

  /** Where it holds. Routes are decided on `/`, so that is the only scope that can be assigned. */
  @MayBeAbsent()
  @IsIn([ROOT_SCOPE], { message: 'must be "/": roles are given and denied for everything, not for a part of it' })
  scope?: string;

  /** `deny` takes away what the role holds, whatever else allows it. `allow` when absent. */
  @MayBeAbsent()
  @IsIn(['allow', 'deny'])
  effect?: 'allow' | 'deny';

  /** From when; from now when absent. */
  @MayBeAbsent()
  @IsISO8601({ strict: true, strictSeparator: true })
  @MaxLength(40)
  validFrom?: string;

  /** Until when; until it is removed when absent. */
  @MayBeAbsent()
  @IsISO8601({ strict: true, strictSeparator: true })
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
