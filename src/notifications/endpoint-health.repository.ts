import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';

type Changed<Row> = [Row[], number];

/** How a receiver fares, in columns of webhook_endpoints that are the deliveries': they change without the endpoint's version. */
@Injectable()
export class EndpointHealthRepository {
  async isFailing(tx: Transaction, endpointId: string): Promise<boolean> {
    const rows = await tx.query<{ failing: boolean }[]>(
      'SELECT failures > 0 AS failing FROM webhook_endpoints WHERE id = $1',
      [endpointId],
    );
    return rows[0]?.failing ?? false;
  }

  /** Locks the endpoint: before its deliveries, as everybody does who locks both. */
  async succeeded(tx: Transaction, endpointId: string): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, paused_until = '-infinity'
        WHERE id = $1 AND failures > 0`,
      [endpointId],
    );
  }

  /**
   * Counts a failed attempt. Locks the endpoint like `succeeded`.
   *
   * @param gapSeconds a failure so long after the one before says nothing of the time between: failing begins anew
   * @param failingSeconds so long without success is long enough
   * @returns the failures in a row with this one, and whether it has failed for long enough; null when there is no such endpoint
   */
  async failed(
    tx: Transaction,
    endpointId: string,
    gapSeconds: number,
    failingSeconds: number,
  ): Promise<{ failures: number; exhausted: boolean } | null> {
    const [rows] = await tx.query<Changed<{ failures: number; exhausted: boolean }>>(
      `UPDATE webhook_endpoints
          SET failures = failures + 1, last_failure_at = statement_timestamp(),
              failing_since = CASE WHEN last_failure_at > statement_timestamp() - make_interval(secs => $2::double precision)
                                   THEN coalesce(failing_since, statement_timestamp()) ELSE statement_timestamp() END
        WHERE id = $1
       RETURNING failures, failing_since < statement_timestamp() - make_interval(secs => $3::double precision) AS exhausted`,
      [endpointId, gapSeconds, failingSeconds],
    );
    return rows[0] ?? null;
  }

  async pause(tx: Transaction, endpointId: string, seconds: number): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints SET paused_until = statement_timestamp() + make_interval(secs => $2::double precision) WHERE id = $1`,
      [endpointId, seconds],
    );
  }

  /** Somebody says that the receiver works again, or changed where it is. */
  async forget(tx: Transaction, endpointId: string): Promise<void> {
    await tx.query(
      `UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, last_failure_at = NULL, paused_until = '-infinity'
        WHERE id = $1`,
      [endpointId],
    );
  }
}
