import { Injectable } from '@nestjs/common';
import { EMPTY_ROOT } from '../../crypto/merkle/tree-hash.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { SignedCheckpoints } from './signed-checkpoints.service.js';
import { TreeHeads } from './tree-heads.service.js';
import { TreeRefused } from './tree-refused.js';

/** Up to where the log is the service's own. */
export interface EndOfLog {
  size: number;
  root: Buffer;
}

/**
 * Where the log ends, by what the service sealed or signed. Rows of audit_leaves beyond that, and the size that stands beside the sealed
 * one, can be written by anybody who writes to the database: no reader goes by them.
 */
@Injectable()
export class SealedEnd {
  constructor(
    private readonly tree: AuditTreeRepository,
    private readonly heads: TreeHeads,
    private readonly signed: SignedCheckpoints,
  ) {}

  /** @throws TreeRefused */
  async of(tx: Transaction): Promise<EndOfLog> {
    const row = await this.tree.findTree(tx);
    return (row === null ? null : await this.heads.of(row)) ?? { size: 0, root: EMPTY_ROOT };
  }

  /** For those who go on without it: while the log is refused, nothing has a place in it. */
  async sizeOrNone(tx: Transaction): Promise<number> {
    try {
      return (await this.of(tx)).size;
    } catch (error) {
      if (error instanceof TreeRefused) return 0;
      throw error;
    }
  }

  /** The newest checkpoint that a key of this log has signed: what is left to go by while the log is refused. */
  lastSigned(tx: Transaction): Promise<EndOfLog | null> {
    return this.signed.newest(tx);
  }
}
