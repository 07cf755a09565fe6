import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { StoredColumn } from './stored-columns.js';
import { type HeldRows, type Leaf, StoredValuesRepository } from './stored-values.repository.js';

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
    return this.holds(column, version, true);
  }

  /** Whether anything in any of the columns lies under this key. */
  async holdsVersion(columns: readonly StoredColumn[], version: number): Promise<boolean> {
    for (const column of columns) if (await this.holds(column, version, false)) return true;
    return false;
  }

  /**
   * Row by row in the order of their keys, a page in a statement of its own, so that nothing is held back meanwhile. A row that is written
   * moves to another place of the disk, or to another partition, and keeps its key: whatever lies under the version from the beginning
   * to the end is there, once, when its key comes up. What is put under it meanwhile is nobody's: keys are asked for when no process writes
   * with them any more (UNUSED_BEFORE_RETIRED_SECONDS), and what a rewrap leaves behind the next one finds.
   */
  private async holds(column: StoredColumn, version: number, other: boolean): Promise<boolean> {
    const key = await this.transactions.read((tx) => this.values.keyOf(tx, column.sealed));
    for (let after: string[] | null = null; ; ) {
      const page: HeldRows = await this.transactions.read((tx) =>
        this.values.holdsVersion(tx, column, version, other, key, after),
      );
      if (page.holds) return true;
      if (page.last === null) return false;
      after = page.last;
    }
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
