import type { ChangeWindow } from './change-window.types.js';

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** There are about 600 zones. */
const MOST_CLOCKS = 1000;
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
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const day = DAYS.indexOf(parts.get('weekday') ?? '');
  return day * DAY_MINUTES + Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
}

/** Making one takes longer than everything else here, and every window is asked of every change. */
const CLOCKS = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = CLOCKS.get(zone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  // A zone has one spelling for the runtime and many for people: 50 windows a tenant could fill memory with them.
  if (CLOCKS.size < MOST_CLOCKS) CLOCKS.set(zone, clock);
  return clock;
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
