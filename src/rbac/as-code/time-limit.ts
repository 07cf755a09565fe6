import { performance } from 'node:perf_hooks';
import { documentError } from './access-document.errors.js';

/** While a document is tried or applied, nobody else changes access: so it ends after a time, and when nobody waits for the answer. */
export class TimeLimit {
  private readonly endsAt: number;

  /** @param client aborted once whoever asked has gone */
  constructor(
    readonly ms: number,
    private readonly client: AbortSignal,
  ) {
    this.endsAt = performance.now() + ms;
  }

  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** Between two steps. @throws DomainError rbac.document_took_too_long */
  assertLeft(): void {
    if (this.client.aborted) {
      throw documentError('rbac.document_took_too_long', { detail: 'Whoever asked did not wait for the answer.' });
    }
    if (this.isOver) throw this.error();
  }

  error(cause?: unknown) {
    return documentError('rbac.document_took_too_long', {
      detail: `It took more than ${this.ms / 1000} s. Try again when the service has less to do, or apply its changes in several steps.`,
      cause,
    });
  }
}
