import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction-runner.js';
import { BURST_MS } from './gcra.js';
import type { Use } from './local-cells.js';

type Changed<Row> = [rows: Row[], count: number];

/** What several instances admitted at once is paid back, but nobody waits for longer than another minute. */
const FURTHEST_AHEAD_MS = 2 * BURST_MS;

const NEARLY_USED_UP_MS = BURST_MS * 0.9;
const LEARNT_AT_ONCE = 1000;
const DELETED_AT_ONCE = 200;

/** The table rate_limits: of each key when all that it used will have been refilled, for all instances. */
@Injectable()
export class RateLimitsRepository {
  /** Uses one, if it fits, in one statement. EXCLUDED.free_at is the time of the statement and one interval. */
  async take(tx: Transaction, key: string, intervalMs: number): Promise<boolean> {
    const rows = await tx.query<unknown[]>(
      `INSERT INTO rate_limits AS known (key, free_at) VALUES ($1, statement_timestamp() + $2 * interval '1 ms')
       ON CONFLICT (key) DO UPDATE
          SET free_at = greatest(known.free_at + $2 * interval '1 ms', EXCLUDED.free_at)
        WHERE known.free_at + $2 * interval '1 ms' <= statement_timestamp() + ${BURST_MS} * interval '1 ms'
       RETURNING key`,
      [key, intervalMs],
    );
    return rows.length > 0;
  }

  /** How far the key is ahead of now; 0 when it isn't. */
  async aheadMs(tx: Transaction, key: string): Promise<number> {
    const rows = await tx.query<{ ahead: number }[]>(
      `SELECT extract(epoch FROM free_at - clock_timestamp())::float8 * 1000 AS ahead FROM rate_limits WHERE key = $1`,
      [key],
    );
    return Math.max(0, rows[0]?.ahead ?? 0);
  }

  /**
   * Adds what was used here to what others used, in one statement and in one order, so that two instances never wait for each
   * other in a circle.
   *
   * @returns when each is free, Unix milliseconds
   */
  async add(tx: Transaction, uses: readonly Use[]): Promise<{ key: string; freeAtMs: number }[]> {
    return tx.query<{ key: string; freeAtMs: number }[]>(
      `INSERT INTO rate_limits AS known (key, free_at)
       SELECT key, statement_timestamp() + cost * interval '1 ms' FROM unnest($1::text[], $2::float8[]) AS used (key, cost)
        ORDER BY key
       ON CONFLICT (key) DO UPDATE
          SET free_at = least(greatest(known.free_at, statement_timestamp()) + (EXCLUDED.free_at - statement_timestamp()),
                              statement_timestamp() + ${FURTHEST_AHEAD_MS} * interval '1 ms')
       RETURNING key, extract(epoch FROM free_at)::float8 * 1000 AS "freeAtMs"`,
      [uses.map(({ key }) => key), uses.map(({ costMs }) => costMs)],
    );
  }

  /** The keys of memory that are used up, or nearly. */
  async findUsedUp(tx: Transaction): Promise<{ key: string; freeAtMs: number }[]> {
    return tx.query<{ key: string; freeAtMs: number }[]>(
      `SELECT key, extract(epoch FROM free_at)::float8 * 1000 AS "freeAtMs" FROM rate_limits
        WHERE free_at > statement_timestamp() + ${NEARLY_USED_UP_MS} * interval '1 ms' AND key NOT LIKE 'sign-ins %'
        ORDER BY free_at DESC LIMIT ${LEARNT_AT_ONCE}`,
    );
  }

  /** A few of those who have nothing to refill: a missing row says the same. */
  async deleteRefilled(tx: Transaction): Promise<number> {
    const [, count] = await tx.query<Changed<unknown>>(
      `DELETE FROM rate_limits WHERE key IN
         (SELECT key FROM rate_limits WHERE free_at <= statement_timestamp()
           ORDER BY free_at LIMIT ${DELETED_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
    );
    return count;
  }
}
