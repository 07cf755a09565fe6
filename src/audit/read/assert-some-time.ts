import { kernelError } from '../../kernel/errors/kernel.errors.js';
import type { AuditFilter } from './audit-filter.js';

/**
 * Refuses a time that no record can lie in: an empty answer would read as "this never happened".
 *
 * @throws DomainError request.invalid
 */
export function assertSomeTime({ from, to }: Pick<AuditFilter, 'from' | 'to'>): void {
  if (from === undefined || to === undefined || from < to) return;
  throw kernelError('request.invalid', {
    detail: 'The time that was asked for does not end after it begins.',
    errors: [{ pointer: '/from', code: 'range', detail: 'must be before `to`' }],
  });
}
