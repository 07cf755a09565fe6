import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { LOGGER, type Logger } from '../../observability/logger.js';
import { PendingRecordsRepository, type PendingRow } from './pending-records.repository.js';

/** Small enough that while one part is hashed, PostgreSQL has the next one ready, and that two of them are little memory. */
const PART_RECORDS = 1000;
/** What they may weigh together: a part lies in memory several times over. */
const PART_BYTES = 4 * 1024 * 1024;
/** What the longest record weighs is a fraction of this (migration 0029): only a row from before there was a limit can weigh more. */
const RECORD_BYTES = 1024 * 1024;

/** What of the line is to be sealed next. */
export interface PendingPart {
  rows: PendingRow[];
  /** Whether more may wait behind it. */
  isFull: boolean;
}

/** The line of records that wait to be sealed: whoever can write to it can hold up no record, nor have one sealed twice. */
@Injectable()
export class PendingLine {
  constructor(
    private readonly pending: PendingRecordsRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Takes the next part.
   *
   * @param size of the log as it is stored
   * @param seen ids of the parts before that aren't stored yet; those of this one are added
   */
  async take(tx: Transaction, size: number, seen: Set<string>): Promise<PendingPart> {
    const taken = await this.pending.take(tx, {
      records: PART_RECORDS,
      bytes: PART_BYTES,
      recordBytes: RECORD_BYTES,
    });
    const waiting = taken[0]?.waiting ?? 0;
    const isFull = waiting === PART_RECORDS || waiting > taken.length;
    const found = taken.filter(({ id }) => id !== null);
    if (found.length < taken.length) {
      this.logger.error(
        { records: taken.length - found.length },
        'records of the audit trail were taken away before they were sealed, or are longer than any that this service writes',
      );
    }
    return { rows: await this.withoutDoubles(tx, found, size, seen), isFull };
  }

  /** Whoever can write to the line can put a record there twice: it is in the log once, and holds up no other. */
  private async withoutDoubles(
    tx: Transaction,
    rows: readonly PendingRow[],
    size: number,
    seen: Set<string>,
  ): Promise<PendingRow[]> {
    if (rows.length === 0) return [];
    const logged = await this.pending.findLogged(
      tx,
      rows.map(({ id }) => id),
      size,
    );
    const fresh: PendingRow[] = [];
    for (const row of rows) {
      if (logged.has(row.id) || seen.has(row.id)) continue;
      seen.add(row.id);
      fresh.push(row);
    }
    if (fresh.length < rows.length) {
      this.logger.error(
        { records: rows.length - fresh.length },
        'records waited to be sealed that are in the audit log already, or have the id of another; they were left out',
      );
    }
    return fresh;
  }
}
