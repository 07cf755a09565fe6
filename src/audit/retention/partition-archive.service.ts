import { mkdir } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { formatVerifierKey, type VerifierKey, verifierKey } from '../../crypto/signed-note.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { EvidenceRecord } from '../evidence/write-bundle.js';
import { canonicalRecord } from '../log/canonical-record.js';
import { openStates } from '../log/open-states.js';
import { SealedRecordsRepository } from '../read/sealed-records.repository.js';
import { AuditTreeRepository } from '../seal/audit-tree.repository.js';
import { SignedCheckpoints } from '../seal/signed-checkpoints.service.js';
import type { AuditPartition, PartitionLeaves } from './retention.types.js';
import { writeArchive } from './write-archive.js';

const READ_RECORDS = 500;
const PUBLIC_KEY_BYTES = 32;

/** Where a partition was exported to. */
export interface PartitionArchive {
  file: string;
  /** Of the file, in hex. */
  sha256: string;
  /** Records of the log when it was written. */
  size: number;
}

/** Exports partitions as evidence bundles: whoever has the log's public key can verify them without this service. */
@Injectable()
export class PartitionArchives {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    private readonly signed: SignedCheckpoints,
    private readonly records: SealedRecordsRepository,
    private readonly keys: KeyRing,
  ) {}

  /**
   * Holds no transaction: what lies under a checkpoint doesn't change.
   *
   * @throws Error when it can't be written, or doesn't hold
   */
  async write(
    folder: string,
    partition: AuditPartition,
    found: PartitionLeaves,
    signal: AbortSignal,
  ): Promise<PartitionArchive> {
    const tree = await this.transactions.read((tx) => this.tree.findTree(tx));
    const checkpoint = await this.transactions.read((tx) => this.signed.newest(tx));
    if (tree === null || checkpoint === null) throw new Error('the log has no checkpoint yet');
    const trusted = await this.trusted(tree.origin);
    // The same archive folder may serve several installations.
    const log = (tree.origin.split('/').at(-1) ?? '').replaceAll(/[^\w-]/g, '');
    const file = `audit-${log}-${partition.class}-${partition.month}.ndjson.gz`;
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const { sha256 } = await writeArchive({
      folder,
      name: file,
      source: {
        origin: tree.origin,
        size: checkpoint.size,
        keys: trusted.map(formatVerifierKey),
        asked: {
          filter: { class: partition.class, from: partition.from.toISOString(), to: partition.to.toISOString() },
          from: found.first ?? 0,
          to: (found.last ?? -1) + 1,
          everything: true,
        },
        records: this.read(partition, found, signal),
        checkpoints: [checkpoint],
        readTiles: (ids) => this.transactions.read((tx) => this.tree.readTiles(tx, ids)),
      },
      records: found.leaves,
      trusted,
      signal,
    });
    return { file, sha256, size: checkpoint.size };
  }

  private async *read(
    partition: AuditPartition,
    { first, last }: PartitionLeaves,
    signal: AbortSignal,
  ): AsyncGenerator<EvidenceRecord> {
    if (first === null || last === null) return;
    for (let from = first; from <= last; ) {
      signal.throwIfAborted();
      const rows = await this.transactions.read((tx) =>
        this.records.findOfClass(tx, partition, { from, to: last + 1 }, READ_RECORDS),
      );
      for (const { leafIndex, ...row } of rows) {
        yield { leafIndex, bytes: Buffer.from(canonicalRecord(await openStates(this.keys, row)), 'utf8') };
      }
      const end = rows.at(-1);
      if (end === undefined) return;
      from = end.leafIndex + 1;
    }
  }

  private async trusted(origin: string): Promise<VerifierKey[]> {
    return (await this.keys.checkpointKeys()).map(({ publicKey }) =>
      verifierKey(origin, publicKey.export({ type: 'spki', format: 'der' }).subarray(-PUBLIC_KEY_BYTES)),
    );
  }
}
