import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { ControlVerdict, Severity } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';

/** Whole days in UTC, the first and the one after the last. */
export interface Window {
  from: Date;
  until: Date;
}

export interface DayCount {
  /** `2026-11-30` */
  day: string;
  severity: Severity;
  count: number;
}

export interface SeverityTimes {
  severity: Severity;
  count: number;
  meanSeconds: number;
  medianSeconds: number;
  p90Seconds: number;
}

export interface TypeNoise {
  resourceType: ResourceType;
  opened: number;
  reverted: number;
  ignored: number;
  accepted: number;
}

export interface VerdictInterval {
  controlId: string;
  verdict: ControlVerdict;
  since: Date;
  /** When the report was made that says otherwise; null while it stands. */
  until: Date | null;
}

/** Every index begins with the tenant: of all of them together each is looked up in its window, and nothing else is. */
const OF_TENANTS = 'tenant_id = ANY ($1::uuid[])';

/**
 * Counts over changes and verdicts, of the tenants that are named. Every statement is bounded by a window, whatever lies before it,
 * and opens nothing that is sealed.
 */
@Injectable()
export class AnalyticsRepository {
  /** The days up to today by the database's clock. */
  async window(tx: Transaction, days: number): Promise<Window> {
    const [row] = await tx.query<Window[]>(
      `SELECT (today - make_interval(days => $1 - 1)) AT TIME ZONE 'UTC' AS from, (today + interval '1 day') AT TIME ZONE 'UTC' AS until
         FROM (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AS today) AS clock`,
      [days],
    );
    if (row === undefined) throw new Error('the database did not tell its time');
    return row;
  }

  opened(tx: Transaction, tenantIds: string[], window: Window): Promise<DayCount[]> {
    return this.countsByDay(tx, 'created_at', tenantIds, window);
  }

  closed(tx: Transaction, tenantIds: string[], window: Window): Promise<DayCount[]> {
    return this.countsByDay(tx, 'closed_at', tenantIds, window);
  }

  /** Changes that weren't closed when the window began, by severity: those that still aren't, and those that were since. */
  async liveAt(tx: Transaction, tenantIds: string[], at: Date): Promise<{ severity: Severity; count: number }[]> {
    return tx.query(
      `SELECT severity, count(*)::int AS count FROM (
         SELECT severity FROM drift_changes WHERE ${OF_TENANTS} AND state <> 'closed' AND created_at < $2
         UNION ALL
         SELECT severity FROM drift_changes WHERE ${OF_TENANTS} AND closed_at >= $2 AND created_at < $2) AS live
        GROUP BY severity`,
      [tenantIds, at],
    );
  }

  /**
   * From the scan that found a change to the decision of a person that stands. One that was there before the change, by a rule or
   * because its value had been decided about already, took nobody any time.
   */
  timesToDecision(tx: Transaction, tenantIds: string[], window: Window): Promise<SeverityTimes[]> {
    return this.times(tx, 'decided_at', 'AND ignore_rule_id IS NULL AND decided_at >= created_at', tenantIds, window);
  }

  /** From the scan that found a change to the one that found the value of the baseline again. */
  timesToRevert(tx: Transaction, tenantIds: string[], window: Window): Promise<SeverityTimes[]> {
    return this.times(tx, 'closed_at', "AND close_reason = 'reverted'", tenantIds, window);
  }

  /** The types that changed most. */
  async noisiestTypes(tx: Transaction, tenantIds: string[], window: Window, limit: number): Promise<TypeNoise[]> {
    return tx.query(
      `SELECT resource_type AS "resourceType", count(*)::int AS opened,
              count(*) FILTER (WHERE close_reason = 'reverted')::int AS reverted,
              count(*) FILTER (WHERE coalesce(state_before_close, state) = 'ignored')::int AS ignored,
              count(*) FILTER (WHERE coalesce(state_before_close, state) = 'accepted')::int AS accepted
         FROM drift_changes WHERE ${OF_TENANTS} AND created_at >= $2 AND created_at < $3
        GROUP BY resource_type ORDER BY opened DESC, resource_type LIMIT $4`,
      [tenantIds, window.from, window.until, limit],
    );
  }

  /** What each control came to in the window, the newest first; at most `limit` intervals. */
  async verdicts(tx: Transaction, tenantId: string, window: Window, limit: number): Promise<VerdictInterval[]> {
    return tx.query(
      `SELECT c.control_id AS "controlId", c.verdict, c.since, r.created_at AS until
         FROM drift_controls c LEFT JOIN drift_reports r ON r.tenant_id = c.tenant_id AND r.sequence = c.closed_report
        WHERE c.tenant_id = $1 AND c.since < $3 AND (c.closed_report IS NULL OR r.created_at >= $2)
        ORDER BY c.position, c.first_report DESC LIMIT $4`,
      [tenantId, window.from, window.until, limit],
    );
  }

  private countsByDay(
    tx: Transaction,
    column: 'created_at' | 'closed_at',
    tenantIds: string[],
    window: Window,
  ): Promise<DayCount[]> {
    return tx.query(
      `SELECT to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, severity, count(*)::int AS count FROM drift_changes
        WHERE ${OF_TENANTS} AND ${column} >= $2 AND ${column} < $3 GROUP BY 1, 2`,
      [tenantIds, window.from, window.until],
    );
  }

  private times(
    tx: Transaction,
    column: 'decided_at' | 'closed_at',
    further: string,
    tenantIds: string[],
    window: Window,
  ): Promise<SeverityTimes[]> {
    return tx.query(
      `SELECT severity, count(*)::int AS count, avg(seconds)::float8 AS "meanSeconds",
              percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS "medianSeconds",
              percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS "p90Seconds"
         FROM (SELECT severity, extract(epoch FROM ${column} - created_at)::float8 AS seconds FROM drift_changes
                WHERE ${OF_TENANTS} AND ${column} >= $2 AND ${column} < $3 ${further}) AS times
        GROUP BY severity`,
      [tenantIds, window.from, window.until],
    );
  }
}
