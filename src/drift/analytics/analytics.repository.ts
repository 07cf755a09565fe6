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

const IN_TENANT = '($1::uuid IS NULL OR tenant_id = $1)';

/** Counts over changes and verdicts. Every statement is bounded by a window and opens nothing that is sealed. */
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

  opened(tx: Transaction, tenantId: string | null, window: Window): Promise<DayCount[]> {
    return this.countsByDay(tx, 'created_at', tenantId, window);
  }

  closed(tx: Transaction, tenantId: string | null, window: Window): Promise<DayCount[]> {
    return this.countsByDay(tx, 'closed_at', tenantId, window);
  }

  /** Changes that weren't closed when the window began, by severity. */
  async liveAt(tx: Transaction, tenantId: string | null, at: Date): Promise<{ severity: Severity; count: number }[]> {
    return tx.query(
      `SELECT severity, count(*)::int AS count FROM drift_changes
        WHERE ${IN_TENANT} AND created_at < $2 AND (closed_at IS NULL OR closed_at >= $2) GROUP BY severity`,
      [tenantId, at],
    );
  }

  /** From the scan that found a change to the decision that stands. */
  timesToDecision(tx: Transaction, tenantId: string | null, window: Window): Promise<SeverityTimes[]> {
    return this.times(tx, 'decided_at', '', tenantId, window);
  }

  /** From the scan that found a change to the one that found the value of the baseline again. */
  timesToRevert(tx: Transaction, tenantId: string | null, window: Window): Promise<SeverityTimes[]> {
    return this.times(tx, 'closed_at', "AND close_reason = 'reverted'", tenantId, window);
  }

  /** The types that changed most. */
  async noisiestTypes(tx: Transaction, tenantId: string | null, window: Window, limit: number): Promise<TypeNoise[]> {
    return tx.query(
      `SELECT resource_type AS "resourceType", count(*)::int AS opened,
              count(*) FILTER (WHERE close_reason = 'reverted')::int AS reverted,
              count(*) FILTER (WHERE coalesce(state_before_close, state) = 'ignored')::int AS ignored,
              count(*) FILTER (WHERE coalesce(state_before_close, state) = 'accepted')::int AS accepted
         FROM drift_changes WHERE ${IN_TENANT} AND created_at >= $2 AND created_at < $3
        GROUP BY resource_type ORDER BY opened DESC, resource_type LIMIT $4`,
      [tenantId, window.from, window.until, limit],
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
    tenantId: string | null,
    window: Window,
  ): Promise<DayCount[]> {
    return tx.query(
      `SELECT to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, severity, count(*)::int AS count FROM drift_changes
        WHERE ${IN_TENANT} AND ${column} >= $2 AND ${column} < $3 GROUP BY 1, 2`,
      [tenantId, window.from, window.until],
    );
  }

  private times(
    tx: Transaction,
    column: 'decided_at' | 'closed_at',
    further: string,
    tenantId: string | null,
    window: Window,
  ): Promise<SeverityTimes[]> {
    return tx.query(
      `SELECT severity, count(*)::int AS count, avg(seconds)::float8 AS "meanSeconds",
              percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS "medianSeconds",
              percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS "p90Seconds"
         FROM (SELECT severity, extract(epoch FROM ${column} - created_at)::float8 AS seconds FROM drift_changes
                WHERE ${IN_TENANT} AND ${column} >= $2 AND ${column} < $3 ${further}) AS times
        GROUP BY severity`,
      [tenantId, window.from, window.until],
    );
  }
}
