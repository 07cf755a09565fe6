import { kernelError } from '../errors/kernel.errors.js';
import { isUuid } from '../ids/ids.js';

/** A page of a list; `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/**
 * Keyset cursors carry the id of the last row and nothing else, so that a forged one can at most choose where a page
 * starts within what its caller may read anyway. It is decoded strictly: exactly one UUID.
 */
export function encodeCursor(lastId: string): string {
  return Buffer.from(lastId, 'utf8').toString('base64url');
}

export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!isUuid(id)) {
    throw kernelError('request.invalid', {
      detail: 'The cursor is not one that this API gave out.',
      errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this API' }],
    });
  }
  return id;
}

/** Cuts a page out of rows that were read with `limit + 1`. */
export function pageOf<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}
