import { SEVERITIES, type Severity } from '../report/drift-report.types.js';
import type { DayCount, Window } from './analytics.repository.js';

/** One day in UTC. */
export interface DriftDay {
  day: string;
  opened: Record<Severity, number>;
  closed: Record<Severity, number>;
  /** Not closed when the day ended, whatever was decided about them. */
  live: Record<Severity, number>;
}

const DAY_MS = 86_400_000;

/** Every day of a window, those without any change included. Pure. */
export function driftOverTime(
  window: Window,
  liveBefore: { severity: Severity; count: number }[],
  opened: DayCount[],
  closed: DayCount[],
): DriftDay[] {
  const came = byDay(opened);
  const went = byDay(closed);
  const days: DriftDay[] = [];
  const live = none();
  for (const { severity, count } of liveBefore) live[severity] += count;
  for (let time = window.from.getTime(); time < window.until.getTime(); time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    const [openedThen, closedThen] = [came.get(day) ?? none(), went.get(day) ?? none()];
    for (const severity of SEVERITIES) live[severity] += openedThen[severity] - closedThen[severity];
    days.push({ day, opened: openedThen, closed: closedThen, live: { ...live } });
  }
  return days;
}

function byDay(counts: DayCount[]): Map<string, Record<Severity, number>> {
  const days = new Map<string, Record<Severity, number>>();
  for (const { day, severity, count } of counts) {
    const here = days.get(day) ?? none();
    here[severity] += count;
    days.set(day, here);
  }
  return days;
}

function none(): Record<Severity, number> {
  return { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
}
