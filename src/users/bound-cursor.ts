import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { isUuid } from '../kernel/ids/ids.js';

/** 64 characters of a name, an id and the digest, in JSON and base64url. */
export const MAX_BOUND_CURSOR_LENGTH = 700;
const DIGEST_LENGTH = 16;

/** Where a page ended. */
export interface CursorPosition {
  /** What the list is sorted by, as text; empty for a list that is sorted by id. */
  key: string;
  id: string;
}

/**
 * A cursor that continues one question only.
 *
 * @param question who asks for what in which order
 */
export function encodeBoundCursor(question: JsonObject, { key, id }: CursorPosition): string {
  return Buffer.from(JSON.stringify([digestOf(question), key, id]), 'utf8').toString('base64url');
}

/**
 * Strictly what was given out for this question. It is no secret: who forges one for his own question chooses where a page starts
 * within what he may read anyway.
 *
 * @param isKey what this list can be sorted by
 * @throws DomainError request.invalid
 */
export function decodeBoundCursor(
  question: JsonObject,
  cursor: string,
  isKey: (key: string) => boolean,
): CursorPosition {
  const parts = parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!Array.isArray(parts) || parts.length !== 3) throw invalidCursor();
  const [digest, key, id]: unknown[] = parts;
  if (typeof key !== 'string' || typeof id !== 'string' || !isUuid(id) || !isKey(key)) throw invalidCursor();
  if (digest !== digestOf(question) || encodeBoundCursor(question, { key, id }) !== cursor) throw invalidCursor();
  return { key, id };
}

function digestOf(question: JsonObject): string {
  return createHash('sha256').update(canonicalJson(question)).digest('base64url').slice(0, DIGEST_LENGTH);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function invalidCursor() {
  return kernelError('request.invalid', {
    detail: 'The cursor is not one that this API gave out for this list, its filters and its order.',
    errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this list' }],
  });
}
