import { Injectable } from '@nestjs/common';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
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

  /** Whether anything in the column lies under another key than this. */
  holdsOthers(column: StoredColumn, version: number): Promise<boolean> {
    return this.transactions.readAtOnce((tx) => this.holds(tx, column, version, true));
  }

  /** Whether anything in any of the columns lies under this key. */
  holdsVersion(columns: readonly StoredColumn[], version: number): Promise<boolean> {
    return this.transactions.readAtOnce(async (tx) => {
      for (const column of columns) if (await this.holds(tx, column, version, false)) return true;
      return false;
    });
  }

  /** In one snapshot: a row that is written moves to another place, where one that reads block by block may have been already. */
  private async holds(tx: Transaction, column: StoredColumn, version: number, other: boolean): Promise<boolean> {
    for (const { name, blocks } of await this.values.leaves(tx, column.sealed.table)) {
      for (const range of rangesOf(blocks)) {
        if (await this.values.holdsVersion(tx, name, column, version, other, range)) return true;
      }
    }
    return false;
  }

  private async *ranges({ sealed }: StoredColumn): AsyncGenerator<[leaf: string, range: [number, number]]> {
    for (const { name, blocks } of await this.leaves(sealed.table)) {
      for (const range of rangesOf(blocks)) yield [name, range];
    }
  }
}

function* rangesOf(blocks: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < blocks; from += BLOCKS_AT_ONCE) yield [from, from + BLOCKS_AT_ONCE];
}
