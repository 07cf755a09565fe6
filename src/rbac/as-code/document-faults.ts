import type { FieldError } from '../../kernel/errors/domain-error.js';
import { documentError } from './access-document.errors.js';

/** Whoever sends ten thousand faults is told the first ones. */
const MAX_FAULTS = 50;

/** What is wrong with a document, each with its line. */
export class DocumentFaults {
  private readonly faults: FieldError[] = [];

  /** @param pointer JSON Pointer into the document */
  add(pointer: string, line: number, detail: string): void {
    if (this.faults.length < MAX_FAULTS) {
      this.faults.push({ pointer: `/document${pointer}`, code: 'document', detail: `line ${line}: ${detail}` });
    }
  }

  /** @throws DomainError rbac.document_invalid when there is any */
  throwIfAny(): void {
    const [first] = this.faults;
    if (first === undefined) return;
    const more = this.faults.length > 1 ? ` (and ${this.faults.length - 1} more)` : '';
    throw documentError('rbac.document_invalid', { detail: first.detail + more, errors: this.faults });
  }
}
