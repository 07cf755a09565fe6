import type { ChangeWindow } from './change-window.types.js';

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Whether a window was approved at that instant and open. Pure. */
export function isInWindow(window: ChangeWindow, at: Date): boolean {
  if (at < window.setAt || (window.removedAt !== null && at >= window.removedAt)) return false;
  const { startsAt, endsAt, startMinute, durationMinutes } = window;
  if (startsAt !== null && endsAt !== null) return at >= startsAt && at < endsAt;
  if (startMinute === null || durationMinutes === null) return false;
  const now = minuteOfWeek(at, window.zone);
  return window.days.some((day) => {
    const began = (day - 1) * DAY_MINUTES + startMinute;
    return (now - began + WEEK_MINUTES) % WEEK_MINUTES < durationMinutes;
  });
}

/** Whether anybody counts on changes being made in windows only. */
export function isExclusive(windows: readonly ChangeWindow[], at: Date): boolean {
  return windows.some(
    ({ exclusive, setAt, removedAt, endsAt }) =>
      exclusive && at >= setAt && (removedAt === null || at < removedAt) && (endsAt === null || at < endsAt),
  );
}

/** Minutes since Monday 00:00 as the clocks of the zone show them. */
function minuteOfWeek(at: Date, zone: string): number {
  const parts = new Map(
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const day = DAYS.indexOf(parts.get('weekday') ?? '');
  return day * DAY_MINUTES + Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
}

/** Whether the runtime knows a time zone of this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
