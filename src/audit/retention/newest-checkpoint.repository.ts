import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { SizedNote } from '../evidence/write-bundle.js';

/** Reads the end of audit_checkpoints. */
@Injectable()
export class NewestCheckpointRepository {
  async find(tx: Transaction): Promise<SizedNote | null> {
    const [row] = await tx.query<{ size: string; note: string }[]>(
      'SELECT tree_size AS size, note FROM audit_checkpoints ORDER BY tree_size DESC LIMIT 1',
    );
    return row === undefined ? null : { size: Number(row.size), note: row.note };
  }
}
