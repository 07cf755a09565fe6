import { Injectable } from '@nestjs/common';
import { type CheckpointVerifier, KeyRing } from '../../crypto/key-ring.js';
import { formatVerifierKey, type VerifierKey, verifierKey } from '../../crypto/signed-note.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AuditTreeRepository } from '../seal/audit-tree.repository.js';
import { auditReadError } from './audit-read.errors.js';

export interface LogKey extends Omit<CheckpointVerifier, 'publicKey'> {
  /** `name+id+key`, as verifiers take it. */
  line: string;
  verifier: VerifierKey;
}

/** The log's name and the public half of the keys that sign it, as somebody outside needs them. */
@Injectable()
export class LogKeys {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tree: AuditTreeRepository,
    private readonly ring: KeyRing,
  ) {}

  /** @throws DomainError audit.sealing_behind before the log has a name */
  async origin(): Promise<string> {
    const tree = await this.transactions.read((tx) => this.tree.findTree(tx));
    if (tree === null) throw auditReadError('audit.sealing_behind', { retryAfterSeconds: 1 });
    return tree.origin;
  }

  /** Newest first, those included that sign no more. */
  async all(): Promise<LogKey[]> {
    const origin = await this.origin();
    return (await this.ring.checkpointVerifiers()).map(({ publicKey, ...key }) => {
      const verifier = verifierKey(origin, publicKey);
      return { ...key, verifier, line: formatVerifierKey(verifier) };
    });
  }
}
