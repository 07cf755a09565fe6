import { IsString, Matches, MaxLength } from 'class-validator';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const UNTIL = 'until must be a time as RFC 3339 writes it, such as 2026-01-31T09:30:00Z';

/** Why something is denied, or a decision taken back. */
export class ReopenChangeDto {
  /** Why, for the audit trail. */
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;
}

/** @throws DomainError request.invalid for a date that isn't in the calendar */
export function untilOf({ until }: { until?: string }): Date | null {
  if (until === undefined) return null;
  const date = new Date(until);
  if (Number.isNaN(date.getTime())) {
    throw kernelError('request.invalid', { errors: [{ pointer: '/until', code: 'time', detail: 'is not a time' }] });
  }
  return date;
}

/** A decision on a change. */
export class DecideChangeDto extends ReopenChangeDto {
  /** RFC 3339: when the decision ends and the change is open again; left out: for as long as the value stays. */
  @MayBeAbsent()
  @MaxLength(40)
  @Matches(RFC3339, { message: UNTIL })
  until?: string;
}

/** Sets a change aside. */
export class IgnoreChangeDto extends ReopenChangeDto {
  /** RFC 3339: when the change is open again, at most 366 days from now; left out: after 90 days. */
  @MayBeAbsent()
  @MaxLength(40)
  @Matches(RFC3339, { message: UNTIL })
  until?: string;
}
