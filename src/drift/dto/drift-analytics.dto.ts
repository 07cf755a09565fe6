import type { VerdictInterval } from '../analytics/analytics.repository.js';
import type { DriftFigures } from '../analytics/drift-analytics.service.js';
import { SeverityCountsDto } from './severity-counts.dto.js';

/** One day in UTC. */
export class DriftDayDto {
  /** As in `2026-11-30`. */
  day: string;
  opened: SeverityCountsDto;
  closed: SeverityCountsDto;
  /** Not closed when the day ended, whatever was decided about them; of today: now. */
  live: SeverityCountsDto;
}

/** How long something took, for changes of one severity. */
export class SeverityTimesDto {
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  count: number;
  meanSeconds: number;
  medianSeconds: number;
  /** Nine in ten took no longer. */
  p90Seconds: number;
}

/** How much a type of object changes, and what came of that. */
export class TypeNoiseDto {
  resourceType: string;
  /** Changes found in the window. */
  opened: number;
  /** Of these: the value was the baseline's again. */
  reverted: number;
  /** Of these: set aside. */
  ignored: number;
  accepted: number;
}

/** Figures over the history of drift. */
export class DriftAnalyticsDto {
  /** RFC 3339: the beginning of the first day. */
  from: string;
  /** RFC 3339: the end of today. */
  until: string;
  days: DriftDayDto[];
  /** From the scan that found a change to the decision on it, for decisions of the window that stand. */
  timeToDecision: SeverityTimesDto[];
  /** From the scan that found a change to the one that found the value of the baseline again, in the window. */
  timeToRevert: SeverityTimesDto[];
  /** At most 20, the one with the most changes first. */
  noisiestTypes: TypeNoiseDto[];

  static from({ window, ...figures }: DriftFigures): DriftAnalyticsDto {
    return { from: window.from.toISOString(), until: window.until.toISOString(), ...figures };
  }
}

/** What a control came to, for a time. */
export class ControlIntervalDto {
  /** As CISA or EIDSCA number it, without a version. */
  id: string;
  verdict: 'met' | 'not-met' | 'not-assessed';
  /** RFC 3339: when the tenant was read that had this verdict first. */
  since: string;
  /** RFC 3339; null while it stands. */
  until: string | null;

  static from({ controlId, verdict, since, until }: VerdictInterval): ControlIntervalDto {
    return { id: controlId, verdict, since: since.toISOString(), until: until?.toISOString() ?? null };
  }
}

export class ControlHistoryDto {
  /** In the order of the catalogue, of one control the newest first; at most 2000. */
  items: ControlIntervalDto[];
  nextCursor: string | null;
}
