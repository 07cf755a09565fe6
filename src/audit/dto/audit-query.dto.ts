import { IsIn, IsISO8601, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQueryDto } from '../../kernel/paging/page-query.dto.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { AuditFilter } from '../audit.repository.js';
import type { AuditOutcome } from '../audit.types.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Filters of the trail; all that are given must hold. */
export class AuditQueryDto extends PageQueryDto {
  /** Records at or after this time (RFC 3339). */
  @MayBeAbsent()
  @Matches(RFC3339, { message: 'must be a time as RFC 3339 writes it, such as 2026-01-31T09:30:00Z' })
  @IsISO8601({ strict: true, strictSeparator: true })
  from?: string;

  /** Records before this time (RFC 3339). */
  @MayBeAbsent()
  @Matches(RFC3339, { message: 'must be a time as RFC 3339 writes it, such as 2026-01-31T09:30:00Z' })
  @IsISO8601({ strict: true, strictSeparator: true })
  to?: string;

  /** Id of who acted. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(512)
  actor?: string;

  /** Such as `users.user.disabled`. */
  @MayBeAbsent()
  @Matches(/^[a-z-]+(\.[a-z-]+){2}$/, { message: 'must be an action, such as users.user.disabled' })
  @MaxLength(100)
  action?: string;

  /** Id of what it was done to. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(512)
  target?: string;

  /** Kind of what it was done to, such as `user`. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(100)
  targetType?: string;

  @MayBeAbsent()
  @IsIn(['success', 'denied', 'failure'])
  outcome?: AuditOutcome;

  /** `X-Request-Id` of the request. */
  @MayBeAbsent()
  @IsString()
  @MaxLength(128)
  requestId?: string;

  /** Id of a watched tenant. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  static toFilter(query: AuditQueryDto): AuditFilter {
    return {
      from: query.from === undefined ? undefined : new Date(query.from),
      to: query.to === undefined ? undefined : new Date(query.to),
      actorId: query.actor,
      action: query.action,
      targetType: query.targetType,
      targetId: query.target,
      outcome: query.outcome,
      requestId: query.requestId,
      tenantId: query.tenant,
    };
  }
}
