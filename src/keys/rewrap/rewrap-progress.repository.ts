import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** What is written again: values under a data key, or entries under an index key. */
export interface RewrapTarget {
  kind: 'data' | 'index';
  /** The key that all of it shall lie under. */
  version: number;
  table: string;
  column: string;
}

export interface RewrapProgress extends RewrapTarget {
  /** The part of the table that is being walked; null before the first. */
  leaf: string | null;
  /** Blocks of it that are done. */
  block: number;
  /** Values that were written again so far. */
  written: number;
  /** Times that the whole table was walked. */
  passes: number;
  startedAt: Date;
  movedAt: Date;
  completedAt: Date | null;
  /** Complete, and looked through within the last day. */
  isVerified: boolean;
}

const COLUMNS = `kind, version, table_name AS "table", column_name AS "column", leaf, block::float8 AS block, written::float8 AS written,
  passes, started_at AS "startedAt", moved_at AS "movedAt", completed_at AS "completedAt",
  completed_at IS NOT NULL AND moved_at > clock_timestamp() - interval '1 day' AS "isVerified"`;
const GONE = 'the progress of a rewrap was deleted';
const SAME = 'kind = $1 AND version = $2 AND table_name = $3 AND column_name = $4';

/** How far each rewrap has come; it goes on from there, whoever goes on. */
@Injectable()
export class RewrapProgressRepository {
  /** As it stands, begun when it wasn't. */
  async begin(tx: Transaction, target: RewrapTarget): Promise<RewrapProgress> {
    await tx.query(
      `INSERT INTO key_rewraps (kind, version, table_name, column_name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      keyOf(target),
    );
    const [row] = await tx.query<RewrapProgress[]>(`SELECT ${COLUMNS} FROM key_rewraps WHERE ${SAME}`, keyOf(target));
    if (row === undefined) throw new Error(GONE);
    return row;
  }

  async move(tx: Transaction, target: RewrapTarget, leaf: string, block: number, written: number): Promise<void> {
    await tx.query(
      `UPDATE key_rewraps SET leaf = $5, block = $6, written = written + $7, moved_at = clock_timestamp() WHERE ${SAME}`,
      [...keyOf(target), leaf, block, written],
    );
  }

  /** The table was walked to its end, and is walked again. */
  startOver(tx: Transaction, target: RewrapTarget): Promise<RewrapProgress> {
    return this.change(
      tx,
      target,
      'leaf = NULL, block = 0, passes = passes + 1, moved_at = clock_timestamp(), completed_at = NULL',
    );
  }

  /** Complete, and still so. */
  async verified(tx: Transaction, target: RewrapTarget): Promise<void> {
    await tx.query(`UPDATE key_rewraps SET moved_at = clock_timestamp() WHERE ${SAME}`, keyOf(target));
  }

  complete(tx: Transaction, target: RewrapTarget): Promise<RewrapProgress> {
    return this.change(
      tx,
      target,
      'passes = passes + 1, moved_at = clock_timestamp(), completed_at = clock_timestamp()',
    );
  }

  /** Of the newest key of each kind. */
  findNewest(tx: Transaction): Promise<RewrapProgress[]> {
    return tx.query<RewrapProgress[]>(
      `SELECT ${COLUMNS} FROM key_rewraps progress
        WHERE version = (SELECT max(version) FROM key_rewraps newest WHERE newest.kind = progress.kind)
        ORDER BY kind, table_name, column_name`,
    );
  }

  private async change(tx: Transaction, target: RewrapTarget, set: string): Promise<RewrapProgress> {
    const [[row]] = await tx.query<[rows: RewrapProgress[], count: number]>(
      `UPDATE key_rewraps SET ${set} WHERE ${SAME} RETURNING ${COLUMNS}`,
      keyOf(target),
    );
    if (row === undefined) throw new Error(GONE);
    return row;
  }
}

function keyOf({ kind, version, table, column }: RewrapTarget): unknown[] {
  return [kind, version, table, column];
}
