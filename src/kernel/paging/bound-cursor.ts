import { hash } from 'node:crypto';
import { kernelError } from '../errors/kernel.errors.js';
import { isUuid } from '../ids/ids.js';
import type { Page } from './cursor.js';

const DIGEST_LENGTH = 16;

/** What the list is sorted by, of the last row of a page. */
export type CursorPosition = (string | number)[];

/**
 * A page out of rows that were read with `limit + 1`. Its cursor continues this question only. It is no secret: who makes one up for
 * his own question chooses where a page starts within what he may read anyway.
 *
 * @param question who asks for what in which order, ever the same text for the same question
 */
export function boundPageOf<T>(
  question: string,
  rows: readonly T[],
  limit: number,
  positionOf: (last: T) => CursorPosition,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { items, nextCursor: isMore ? encode(question, positionOf(last)) : null };
}

/**
 * Strictly what was given out for this question.
 *
 * @param isPosition what this list can go on after
 * @throws DomainError request.invalid
 */
export function decodeBoundCursor<P extends CursorPosition>(
  question: string,
  cursor: string,
  isPosition: (parts: unknown[]) => parts is P,
): P {
  const [, ...position] = parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (isPosition(position) && encode(question, position) === cursor) return position;
  throw kernelError('request.invalid', {
    detail: 'The cursor is not one that this API gave out for this list, its filters and its order.',
    errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this list' }],
  });
}

/** Of a list that is sorted by id. */
export function isIdPosition(parts: unknown[]): parts is [string] {
  return parts.length === 1 && isUuid(parts[0]);
}

/** The digest of the question stands first. */
function encode(question: string, position: CursorPosition): string {
  const digest = hash('sha256', question, 'base64url').slice(0, DIGEST_LENGTH);
  return Buffer.from(JSON.stringify([digest, ...position]), 'utf8').toString('base64url');
}

function parsed(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(text);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
