import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { ConcurrencyGate } from '../../kernel/concurrency/concurrency-gate.js';
import { NORMALISER_VERSION } from '../normalise/normalise-object.js';
import { FingerprintTable } from './fingerprint-table.js';
import { HeadsRepository } from './heads.repository.js';
import { type KnownHeads, NO_HEADS } from './known-heads.js';
import { SnapshotReader } from './snapshot-reader.js';
import type { StoredSnapshot } from './stored-snapshot.js';

/** Fingerprints that the keys are asked for at once. */
const UNMET_PER_STATEMENT = 100_000;

/** Tables that are opened at once by a process: each holds its fingerprints twice while it is filled, and a connection. */
const TABLES_AT_ONCE = 2;

/** Opens a tenant's newest snapshot for the scan that reads the next. */
@Injectable()
export class NewestHeads {
  private readonly places = new ConcurrencyGate(TABLES_AT_ONCE);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: HeadsRepository,
    private readonly reader: SnapshotReader,
  ) {}

  /** @param newest the tenant's newest snapshot; whoever writes the next makes sure that it still is */
  of(newest: StoredSnapshot | null): KnownHeads {
    if (newest === null) return NO_HEADS;
    const { tenantId } = newest;
    const { transactions, repository, reader } = this;
    // What an older release made of the same bytes isn't what this one makes of them.
    const believed = newest.normaliserVersion === NORMALISER_VERSION;
    return {
      table: (type) =>
        this.places.run(() =>
          transactions.read(async (tx) => {
            if (!believed) return new FingerprintTable(Buffer.alloc(0), await repository.count(tx, tenantId, type));
            const { bytes, total } = await repository.fingerprints(tx, tenantId, type);
            return new FingerprintTable(bytes, total);
          }),
        ),
      byKey: async (type, keys) => {
        const heads = await transactions.read((tx) => repository.byKey(tx, tenantId, type, keys));
        return believed ? heads : new Map(Array.from(heads, ([key, { hash }]) => [key, { hash, fingerprint: null }]));
      },
      objects: (type, keys, texts) => transactions.read((tx) => reader.objectsByKey(tx, newest, type, keys, texts)),
      all: async function* (type, texts) {
        const manager = await transactions.read(async (tx) => tx);
        yield* reader.pages(manager, newest, type, texts);
      },
      movedSince: (type, sequence) =>
        transactions.read((tx) => repository.keysMovedSince(tx, tenantId, type, sequence)),
      unmet: async function* (type, table) {
        const manager = await transactions.read(async (tx) => tx);
        if (!believed) {
          yield* repository.keys(manager, tenantId, type, 'all');
          return;
        }
        for (const block of table.unmet(UNMET_PER_STATEMENT))
          yield* await repository.keysOf(manager, tenantId, type, block);
        if (table.total > table.size) yield* repository.keys(manager, tenantId, type, 'without-fingerprint');
      },
    };
  }
}
