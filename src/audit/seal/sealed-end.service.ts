import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { openCheckpoint } from '../../crypto/merkle/checkpoint.js';
import { EMPTY_ROOT } from '../../crypto/merkle/tree-hash.js';
import { NoteRefused, verifierKey } from '../../crypto/signed-note.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AuditTreeRepository } from './audit-tree.repository.js';
import { TreeHeads } from './tree-heads.service.js';
import { TreeRefused } from './tree-refused.js';

/** Up to where the log is the service's own. */
export interface EndOfLog {
  size: number;
  root: Buffer;
}

/** Of the newest ones the first that is signed; more than a few that aren't were written by somebody else. */
const LOOKED_AT = 100;

/**
 * Where the log ends, by what the service sealed or signed. Rows of audit_leaves beyond that, and the size that stands beside the sealed
 * one, can be written by anybody who writes to the database: no reader goes by them.
 */
@Injectable()
export class SealedEnd {
  constructor(
    private readonly tree: AuditTreeRepository,
    private readonly heads: TreeHeads,
    private readonly keys: KeyRing,
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

  /** The newest checkpoint in the table that a key of this log has signed: what is left to go by while the log is refused. */
  async lastSigned(tx: Transaction): Promise<EndOfLog | null> {
    const row = await this.tree.findTree(tx);
    if (row === null) return null;
    const trusted = (await this.keys.checkpointVerifiers()).map(({ publicKey }) => verifierKey(row.origin, publicKey));
    for (const { note } of await this.tree.findNewestCheckpoints(tx, LOOKED_AT)) {
      try {
        const { size, root, origin, signedBy } = openCheckpoint(note, trusted);
        if (signedBy.length > 0 && origin === row.origin) return { size, root };
      } catch (error) {
        if (!(error instanceof NoteRefused)) throw error;
      }
    }
    return null;
  }
}
