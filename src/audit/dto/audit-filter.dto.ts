import { IsIn, IsString, IsUUID, Length, Matches, MaxLength } from 'class-validator';
import { IsInstant } from '../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import type { AuditOutcome } from '../audit.types.js';
import type { AuditFilter } from '../read/audit-filter.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const TIME = { message: '$property must be a time as RFC 3339 writes it, such as 2026-01-31T09:30:00Z' };
const ACTION = /^[a-z_-]+(?:(?:\.[a-z_-]+){2}|(?:\.[a-z_-]+)?\.\*)$/;

/** Filters of the trail; all that are given must hold. */
export class AuditFilterDto {
  /** Records at or after this time (RFC 3339). */
  @MayBeAbsent()
  @Matches(RFC3339, TIME)
  @IsInstant()
  from?: string;

  /** Records before this time (RFC 3339). */
  @MayBeAbsent()
  @Matches(RFC3339, TIME)
  @IsInstant()
  to?: string;

  /** Id of who acted. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 512)
  actor?: string;

  /** Such as `users.user.updated`, or all that begin alike: `users.*`, `users.user.*`. One that no record can have is refused. */
  @MayBeAbsent()
  @Matches(ACTION, { message: 'action must be an action such as users.user.updated, or end in .* such as users.*' })
  @MaxLength(100)
  action?: string;

  /** Id of what it was done to. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 512)
  target?: string;

  /** Kind of what it was done to, such as `user`. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  targetType?: string;

  @MayBeAbsent()
  @IsIn(['success', 'denied', 'failure'])
  outcome?: AuditOutcome;

  /** `X-Request-Id` of the request. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 128)
  requestId?: string;

  /** W3C trace id, 32 hexadecimal digits. */
  @MayBeAbsent()
  @Matches(/^[\da-f]{32}$/, { message: 'traceId must have 32 hexadecimal digits' })
  traceId?: string;

  /** Id of the session that acted. */
  @MayBeAbsent()
  @IsUUID('loose')
  session?: string;

  /** Id of a watched tenant. */
  @MayBeAbsent()
  @IsUUID('loose')
  tenant?: string;

  /** Address that the request came from, as records have it. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  sourceAddress?: string;

  /**
   * A text of 2 to 100 characters somewhere in the reason, the names of actor and target, the target's id or the action. Without
   * `from` the last 30 days are searched, and at most 366 days.
   */
  @MayBeAbsent()
  @IsString()
  @Length(2, 100)
  q?: string;

  static toFilter(query: AuditFilterDto): AuditFilter {
    const prefix = query.action?.endsWith('.*') === true ? query.action.slice(0, -1) : undefined;
    return {
      from: query.from === undefined ? undefined : instant(query.from),
      to: query.to === undefined ? undefined : instant(query.to),
      actorId: query.actor,
      action: prefix === undefined ? query.action : undefined,
      actionPrefix: prefix,
      targetType: query.targetType,
      targetId: query.target,
      outcome: query.outcome,
      requestId: query.requestId,
      traceId: query.traceId,
      sessionId: query.session,
      tenantId: query.tenant,
      sourceAddress: query.sourceAddress,
      text: query.q,
    };
  }
}

/** There is nothing from before 1970, and not every time before it is one for the database. */
function instant(text: string): Date {
  return new Date(Math.max(0, Date.parse(text)));
}
