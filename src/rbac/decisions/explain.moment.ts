import { kernelError } from '../../kernel/errors/kernel.errors.js';

/**
 * The moment that a text names. ISO 8601 knows weeks and days of a year, which no date here is made from.
 *
 * @param text checked to be ISO 8601
 * @param pointer where it stood in the request
 * @throws DomainError request.invalid
 */
export function momentOf(text: string | undefined, pointer: string): Date | null {
  if (text === undefined) return null;
  const moment = new Date(text);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw kernelError('request.invalid', {
    errors: [{ pointer, code: 'isIso8601', detail: 'must be a date and a time, such as 2026-01-31T12:00:00Z' }],
  });
}
