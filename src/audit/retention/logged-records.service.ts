import { Injectable } from '@nestjs/common';
import { TreeDamaged } from '../../crypto/merkle/tiles.js';
import { leafHash as hashOfLeaf } from '../../crypto/merkle/tree-hash.js';
import { inclusionProof } from '../../crypto/merkle/tree-proofs.js';
import { verifyInclusion } from '../../crypto/merkle/verify-proof.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { type AuditRow, canonicalRecord } from '../log/canonical-record.js';
import { AuditTreeRepository } from '../seal/audit-tree.repository.js';
import { type EndOfLog, SealedEnd } from '../seal/sealed-end.service.js';
import { TreeRefused } from '../seal/tree-refused.js';
import { LoggedRecordsRepository } from './logged-records.repository.js';

/**
 * Whether a record is the one that was sealed at its place. A row of audit_leaves alone says nothing: whoever writes to the database puts one
 * wherever the log has none.
 */
@Injectable()
export class LoggedRecords {
  constructor(
    private readonly places: LoggedRecordsRepository,
    private readonly tree: AuditTreeRepository,
    private readonly end: SealedEnd,
  ) {}

  /** By the root that the service sealed; false while the log is refused. */
  async isLogged(tx: Transaction, record: AuditRow): Promise<boolean> {
    try {
      const end = await this.end.of(tx);
      const leafHash = hashOfLeaf(Buffer.from(canonicalRecord(record), 'utf8'));
      for (const place of await this.places.findPlaces(tx, record.id, end.size)) {
        if (await this.isAt(tx, place, leafHash, end)) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof TreeRefused || error instanceof TreeDamaged) return false;
      throw error;
    }
  }

  private async isAt(tx: Transaction, leafIndex: number, leafHash: Buffer, { size, root }: EndOfLog): Promise<boolean> {
    const path = await inclusionProof(leafIndex, size, (ids) => this.tree.readTiles(tx, ids));
    return verifyInclusion({ leafIndex, size, leafHash, path, root });
  }
}
