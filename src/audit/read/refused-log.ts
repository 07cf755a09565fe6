import { TreeDamaged } from '../../crypto/merkle/tiles.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { TreeRefused } from '../seal/tree-refused.js';
import { auditReadError } from './audit-read.errors.js';

/** For whoever asked for something of a log that isn't as the service left it; undefined for another error. */
export function refusedLog(error: unknown): DomainError | undefined {
  if (!(error instanceof TreeRefused || error instanceof TreeDamaged)) return undefined;
  return auditReadError('audit.log_refused', {
    cause: error,
    detail:
      'The audit log is not as this service left it, so nothing of it is exported or proved. Records can be searched. Operators find why in the log of the service, and what to do in docs/operations/audit-log-refused.md.',
  });
}

/**
 * What goes on in the log, for somebody who asked for something of it: why it is refused says the service's log, which its operator reads.
 *
 * @throws DomainError audit.log_refused when the log isn't the one that this service wrote
 */
export async function fromTheLog<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusedLog(error) ?? error;
  }
}
