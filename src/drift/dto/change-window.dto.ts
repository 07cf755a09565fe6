import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsInstant } from '../../kernel/validation/is-instant.decorator.js';
import { MayBeAbsent } from '../../kernel/validation/may-be-absent.decorator.js';
import { driftError } from '../drift.errors.js';
import type { ChangeWindow, NewChangeWindow } from '../windows/change-window.types.js';

const MAX_NAME = 100;
const WEEK_MINUTES = 7 * 24 * 60;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Approves a window for changes: weekly (`days`, `start`, `durationMinutes`), or once (`startsAt`, `endsAt`). */
export class AddChangeWindowDto {
  /** The watched tenant (its id in /tenants). */
  @IsUUID('loose')
  tenant: string;

  @IsString()
  @MaxLength(MAX_NAME)
  @Matches(/\S/, { message: 'name must say something' })
  name: string;

  /** IANA time zone, such as Europe/Amsterdam. */
  @IsString()
  @MaxLength(64)
  zone: string;

  /** Days on which it begins: 1 is Monday, 7 Sunday. */
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(7)
  @IsIn([1, 2, 3, 4, 5, 6, 7], { each: true })
  days?: number[];

  /** When it begins, by the clocks of the zone: 22:00. */
  @MayBeAbsent()
  @Matches(TIME, { message: 'start must be a time of day such as 22:00' })
  start?: string;

  /** At most a week. */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(WEEK_MINUTES)
  durationMinutes?: number;

  @MayBeAbsent()
  @IsInstant()
  startsAt?: string;

  @MayBeAbsent()
  @IsInstant()
  endsAt?: string;

  /** Whether a change outside of every window is one level graver. */
  @MayBeAbsent()
  @IsBoolean()
  exclusive?: boolean;

  /** Why, for the audit trail. */
  @IsString()
  @MaxLength(1000)
  @Matches(/\S/, { message: 'reason must say something' })
  reason: string;

  /** @throws DomainError drift.window_when unless it is either weekly or once */
  static toWindow(body: AddChangeWindowDto): NewChangeWindow {
    const { tenant, name, zone, days = [], start, durationMinutes, startsAt, endsAt, exclusive = false, reason } = body;
    const said = { tenantId: tenant, name: name.trim(), zone, exclusive, reason };
    const never = { startMinute: null, durationMinutes: null, startsAt: null, endsAt: null };
    const isWeekly = days.length > 0 && start !== undefined && durationMinutes !== undefined;
    if (isWeekly && startsAt === undefined && endsAt === undefined) {
      const [hours = 0, minutes = 0] = start.split(':').map(Number);
      return { ...said, ...never, days: [...new Set(days)].sort(), startMinute: hours * 60 + minutes, durationMinutes };
    }
    const isOnce = days.length === 0 && start === undefined && durationMinutes === undefined;
    if (isOnce && startsAt !== undefined && endsAt !== undefined && new Date(startsAt) < new Date(endsAt))
      return { ...said, ...never, days: [], startsAt: new Date(startsAt), endsAt: new Date(endsAt) };
    throw driftError('drift.window_when');
  }
}

/** A window in which changes are expected. */
export class ChangeWindowDto {
  id: string;
  tenant: string;
  name: string;
  zone: string;
  /** Empty for a window that is once. */
  days: number[];
  start: string | null;
  durationMinutes: number | null;
  /** RFC 3339. */
  startsAt: string | null;
  endsAt: string | null;
  exclusive: boolean;
  reason: string;
  setBy: string;
  /** RFC 3339. */
  setAt: string;

  static from(window: ChangeWindow): ChangeWindowDto {
    const { startMinute } = window;
    const two = (value: number) => String(value).padStart(2, '0');
    return {
      id: window.id,
      tenant: window.tenantId,
      name: window.name,
      zone: window.zone,
      days: window.days,
      start: startMinute === null ? null : `${two(Math.floor(startMinute / 60))}:${two(startMinute % 60)}`,
      durationMinutes: window.durationMinutes,
      startsAt: window.startsAt?.toISOString() ?? null,
      endsAt: window.endsAt?.toISOString() ?? null,
      exclusive: window.exclusive,
      reason: window.reason,
      setBy: window.setByName,
      setAt: window.setAt.toISOString(),
    };
  }
}

export class ChangeWindowsDto {
  items: ChangeWindowDto[];
  nextCursor: string | null;
}
