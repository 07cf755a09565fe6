import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';

/** No more places than that are looked at for one record: it has one. */
const MAX_PLACES = 10;

/** Where the rows of audit_leaves say that records lie. */
@Injectable()
export class LoggedRecordsRepository {
  /** Places of a record in a log of this size, by its id alone: whether it is this record is what its bytes say. */
  async findPlaces(tx: Transaction, eventId: string, size: number): Promise<number[]> {
    const rows = await tx.query<{ place: string }[]>(
      `SELECT leaf_index AS place FROM audit_leaves WHERE event_id = $1 AND leaf_index >= 0 AND leaf_index < $2
        ORDER BY leaf_index LIMIT ${MAX_PLACES}`,
      [eventId, size],
    );
    return rows.map(({ place }) => Number(place));
  }
}
