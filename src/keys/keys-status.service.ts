import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../database/transaction-runner.js';
import { KeyWrapping } from './key-wrapping.service.js';
import { KeysStatusRepository, type StoredKeyStatus } from './keys-status.repository.js';
import { type RewrapProgress, RewrapProgressRepository } from './rewrap/rewrap-progress.repository.js';
import { storedColumns } from './rewrap/stored-columns.js';
import { StoredValues } from './rewrap/stored-values.service.js';

/** What lies under a key. */
export interface StoredCount {
  kind: 'data' | 'index';
  version: number;
  table: string;
  column: string;
  values: number;
  /** Whether it is written again after a rotation, or stays until it is over. */
  rewrap: boolean;
}

/** What was made with keys and lies where no query can count it. */
export interface UncountedUse {
  kind: 'index';
  /** For people. */
  use: string;
}

export interface KeysStatus {
  /** What wraps keys now; null when the key vault doesn't answer. */
  wrapsNow: string | null;
  keys: StoredKeyStatus[];
  stored: StoredCount[];
  uncounted: readonly UncountedUse[];
  rewraps: (Omit<RewrapProgress, 'isVerified'> & { blocks: number })[];
}

/** Nothing is looked up by these, so no index key is kept for them. */
const UNCOUNTED: readonly UncountedUse[] = [
  {
    kind: 'index',
    use: 'fingerprints of masked secrets inside audit_events.sealed_states, which SQL cannot count; they stay as they are',
  },
];

/** What operators see of all keys: how old, how much used, what lies under each, how far rewraps have come. Never a key. */
@Injectable()
export class KeysStatusService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: KeysStatusRepository,
    private readonly progress: RewrapProgressRepository,
    private readonly stored: StoredValues,
    private readonly wrapping: KeyWrapping,
  ) {}

  /** Reads the tables that hold what is sealed: it may take a while. */
  async status(): Promise<KeysStatus> {
    return {
      wrapsNow: await this.wrapping.currentId().catch(() => null),
      keys: await this.transactions.read((tx) => this.keys.findAll(tx)),
      stored: await this.counts(),
      uncounted: UNCOUNTED,
      rewraps: await this.rewraps(),
    };
  }

  private async counts(): Promise<StoredCount[]> {
    const counts: StoredCount[] = [];
    for (const column of storedColumns()) {
      const { kind, rewrap, sealed } = column;
      for (const [version, values] of await this.stored.countByVersion(column)) {
        counts.push({ kind, version, table: sealed.table, column: column.column, values, rewrap });
      }
    }
    return counts.sort((one, other) => one.kind.localeCompare(other.kind) || one.version - other.version);
  }

  private async rewraps(): Promise<KeysStatus['rewraps']> {
    const rewraps = await this.transactions.read((tx) => this.progress.findNewest(tx));
    return Promise.all(
      rewraps.map(async ({ isVerified: _, ...progress }) => {
        const leaves = await this.stored.leaves(progress.table);
        return { ...progress, blocks: leaves.reduce((sum, { blocks }) => sum + blocks, 0) };
      }),
    );
  }
}
