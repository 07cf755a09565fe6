import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { StoredPosition } from './stream-positions.service.js';

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed<Row> = [Row[], number];

export interface StreamPosition extends StoredPosition {
  /** Records that are sealed and not delivered. */
  lag: number;
  /** Deliveries that failed since the last that succeeded. */
  failures: number;
  /** Deliveries that failed, and records that were delivered in their short form, ever. */
  refusals: number;
  shortened: number;
  failingSince: Date | null;
  lastError: string | null;
}

/** Whoever may write to the table can write any number there: the last of them is followed by the first. */
const NEXT_FENCE = 'fence % 9223372036854775807 + 1';
const nextCount = (column: string, most: string) => `least(${column}, ${most} - 1) + 1`;

/** bigint comes as text. */
type Counts = 'nextLeaf' | 'lag' | 'ahead' | 'refusals' | 'shortened';

/** The right to deliver a stream, until the lease ends or somebody with a higher fence has it. */
export interface StreamLease {
  name: string;
  /** bigint as text. */
  fence: string;
  nextLeaf: number;
  sealedPosition: Buffer | null;
  /** Deliveries that failed since the last that succeeded. */
  failures: number;
}

/** How long a lease is, and how long nobody tries again at most. */
export interface StreamTimes {
  leaseSeconds: number;
  delaySeconds: number;
}

/** The table audit_streams. All times in it are the database's. */
@Injectable()
export class AuditStreamsRepository {
  /** A new stream begins with the oldest record that is kept. */
  async makeStream(tx: Transaction, name: string): Promise<void> {
    await tx.query('INSERT INTO audit_streams (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', [name]);
  }

  async findPositions(tx: Transaction, names: readonly string[]): Promise<StreamPosition[]> {
    const rows = await tx.query<(Omit<StreamPosition, Counts> & Record<Counts, string>)[]>(
      `SELECT name, next_leaf AS "nextLeaf", greatest(size - next_leaf, 0) AS lag, greatest(next_leaf - size, 0) AS ahead,
              sealed_position AS "sealedPosition", failures, refusals, shortened, failing_since AS "failingSince", last_error AS "lastError"
         FROM audit_streams, audit_trees WHERE name = ANY ($1::text[]) ORDER BY name`,
      [names],
    );
    return rows.map((row) => ({
      ...row,
      nextLeaf: Number(row.nextLeaf),
      lag: Number(row.lag),
      ahead: Number(row.ahead),
      refusals: Number(row.refusals),
      shortened: Number(row.shortened),
    }));
  }

  /**
   * Takes or renews the lease, in one statement; null while another one has it, or after a failure. A lease or a delay that reaches further
   * than any does was written by somebody who wants nothing delivered: it is over.
   */
  async claim(
    tx: Transaction,
    name: string,
    owner: string,
    { leaseSeconds, delaySeconds }: StreamTimes,
  ): Promise<StreamLease | null> {
    const [rows] = await tx.query<Changed<Omit<StreamLease, 'name' | 'nextLeaf'> & { nextLeaf: string }>>(
      `UPDATE audit_streams
          SET fence = ${NEXT_FENCE}, owner = $2, lease_until = statement_timestamp() + make_interval(secs => $3::double precision)
        WHERE name = $1
          AND (lease_until < statement_timestamp() OR owner = $2
               OR lease_until > statement_timestamp() + make_interval(secs => $3::double precision))
          AND (not_before <= statement_timestamp()
               OR not_before > statement_timestamp() + make_interval(secs => $4::double precision))
       RETURNING fence, next_leaf AS "nextLeaf", sealed_position AS "sealedPosition", failures`,
      [name, owner, leaseSeconds, delaySeconds],
    );
    const row = rows[0];
    return row === undefined ? null : { ...row, name, nextLeaf: Number(row.nextLeaf) };
  }

  /** Moves the position and renews the lease. @returns false when somebody else delivers by now */
  async advance(
    tx: Transaction,
    { name, fence }: StreamLease,
    to: { nextLeaf: number; sealedPosition: Buffer; shortened: number },
    leaseSeconds: number,
  ): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE audit_streams
          SET next_leaf = $3, sealed_position = $5, shortened = least(shortened, 9223372036854775807 - $6::bigint) + $6, failures = 0, failing_since = NULL, last_error = NULL, updated_at = statement_timestamp(),
              lease_until = statement_timestamp() + make_interval(secs => $4::double precision)
        WHERE name = $1 AND fence = $2`,
      [name, fence, to.nextLeaf, leaseSeconds, to.sealedPosition, to.shortened],
    );
    return count === 1;
  }

  /**
   * Seals the position that the migration found; it marked it, and nobody marks another.
   *
   * @returns false when it isn't that one
   */
  async adopt(tx: Transaction, { name, fence, nextLeaf }: StreamLease, sealedPosition: Buffer): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE audit_streams SET sealed_position = $4, position_before = NULL, updated_at = statement_timestamp()
        WHERE name = $1 AND fence = $2 AND next_leaf = $3 AND position_before = $3 AND sealed_position IS NULL`,
      [name, fence, nextLeaf, sealedPosition],
    );
    return count === 1;
  }

  /** Waits for whoever moves it. */
  async lock(tx: Transaction, name: string): Promise<number | null> {
    const [row] = await tx.query<{ nextLeaf: string }[]>(
      'SELECT next_leaf AS "nextLeaf" FROM audit_streams WHERE name = $1 FOR UPDATE',
      [name],
    );
    return row === undefined ? null : Number(row.nextLeaf);
  }

  /** For whoever holds the row: whoever delivers from another position delivers no more. */
  async setPosition(tx: Transaction, name: string, nextLeaf: number, sealedPosition: Buffer): Promise<void> {
    await tx.query(
      `UPDATE audit_streams
          SET next_leaf = $2, sealed_position = $3, fence = ${NEXT_FENCE}, owner = NULL, lease_until = '-infinity',
              not_before = '-infinity', updated_at = statement_timestamp()
        WHERE name = $1`,
      [name, nextLeaf, sealedPosition],
    );
  }

  /** Nobody tries again before the delay is over. @returns false when somebody else delivers by now */
  async fail(tx: Transaction, { name, fence }: StreamLease, error: string, delaySeconds: number): Promise<boolean> {
    const [, count] = await tx.query<Changed<unknown>>(
      `UPDATE audit_streams
          SET failures = ${nextCount('failures', '2147483647')}, refusals = ${nextCount('refusals', '9223372036854775807')}, failing_since = coalesce(failing_since, statement_timestamp()), last_error = $3,
              updated_at = statement_timestamp(), lease_until = '-infinity',
              not_before = statement_timestamp() + make_interval(secs => $4::double precision)
        WHERE name = $1 AND fence = $2`,
      [name, fence, error, delaySeconds],
    );
    return count === 1;
  }

  /** For a process that stops: another one need not wait for the end of the lease. */
  async release(tx: Transaction, owner: string): Promise<void> {
    await tx.query(`UPDATE audit_streams SET lease_until = '-infinity' WHERE owner = $1`, [owner]);
  }
}
