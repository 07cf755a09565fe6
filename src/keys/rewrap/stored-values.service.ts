import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { StoredColumn } from './stored-columns.js';
import { type Leaf, StoredValuesRepository } from './stored-values.repository.js';

/** Blocks that one statement reads: 16 MB, so that none takes long. */
const BLOCKS_AT_ONCE = 2048;

/** Questions about what lies under which key. They read whole tables, in short statements. */
@Injectable()
export class StoredValues {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly values: StoredValuesRepository,
  ) {}

  leaves(table: string): Promise<Leaf[]> {
    return this.transactions.read((tx) => this.values.leaves(tx, table));
  }

  /** Values of a column by the version of their key. */
  async countByVersion(column: StoredColumn): Promise<Map<number, number>> {
    const counts = new Map<number, number>();
    for await (const [leaf, range] of this.ranges(column)) {
      const rows = await this.transactions.read((tx) => this.values.countByVersion(tx, leaf, column, range));
      for (const { version, values } of rows) counts.set(version, (counts.get(version) ?? 0) + values);
    }
    return counts;
  }

  /** Whether anything in the column lies under this key; with `other` under any other than this. */
  async holdsVersion(column: StoredColumn, version: number, other = false): Promise<boolean> {
    for await (const [leaf, range] of this.ranges(column)) {
      if (await this.transactions.read((tx) => this.values.holdsVersion(tx, leaf, column, version, other, range))) {
        return true;
      }
    }
    return false;
  }

  private async *ranges({ sealed }: StoredColumn): AsyncGenerator<[leaf: string, range: [number, number]]> {
    for (const { name, blocks } of await this.leaves(sealed.table)) {
      for (let from = 0; from < blocks; from += BLOCKS_AT_ONCE) yield [name, [from, from + BLOCKS_AT_ONCE]];
    }
  }
}
