import { IsIn, IsInt, IsString, IsUUID, Max, MaxLength, Min, MinLength } from 'class-validator';
import { PageQueryDto } from '../../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../../kernel/validation/may-be-absent.decorator.js';
import {
  ACTIVATION_STATUSES,
  type ActivationFilter,
  type ActivationRequest,
  type ActivationStatus,
  MIN_ACTIVATION_SECONDS,
} from '../activations.types.js';

const MAX_SECONDS = 2_592_000;

/** An activation to begin or to ask for. */
export class RequestActivationDto {
  /** eligible_assignments.id */
  @IsUUID('loose')
  eligibleAssignment: string;

  /** 60 seconds to what the role and the eligible assignment allow; as long as they do when absent. */
  @MayBeAbsent()
  @IsInt()
  @Min(MIN_ACTIVATION_SECONDS)
  @Max(MAX_SECONDS)
  durationSeconds?: number;

  /** What for; approvers and the audit trail see it. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason: string;

  static toRequest({ eligibleAssignment, durationSeconds, reason }: RequestActivationDto): ActivationRequest {
    return {
      eligibleAssignmentId: eligibleAssignment,
      durationSeconds: durationSeconds ?? null,
      reason,
    };
  }
}

/** Why an activation is approved or denied. */
export class DecideActivationDto {
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  reason: string;
}

/** Which activations to list. */
export class ActivationQueryDto extends PageQueryDto {
  /** Only those in this state. */
  @MayBeAbsent()
  @IsIn(ACTIVATION_STATUSES)
  status?: ActivationStatus;

  /** Only those of this user (users.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  user?: string;

  /** Only those of this role (roles.id). */
  @MayBeAbsent()
  @IsUUID('loose')
  role?: string;

  static toFilter({ status, user, role }: ActivationQueryDto): ActivationFilter {
    return {
      ...(status === undefined ? {} : { status }),
      ...(user === undefined ? {} : { userId: user }),
      ...(role === undefined ? {} : { roleId: role }),
    };
  }
}
