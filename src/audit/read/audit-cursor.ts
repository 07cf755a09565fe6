import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';

const DIGEST_LENGTH = 16;

/**
 * A cursor that continues one question only. It is no secret: who makes one up for his own question chooses where a page starts
 * within what he may read anyway.
 *
 * @param question everything that decides which records come in which order
 */
export function encodeAuditCursor(question: JsonObject, last: string): string {
  return Buffer.from(`${digestOf(question)}.${last}`, 'utf8').toString('base64url');
}

/**
 * @param isPosition what this list can go on after
 * @throws DomainError request.invalid unless it is exactly what encodeAuditCursor gives for this question
 */
export function decodeAuditCursor(question: JsonObject, cursor: string, isPosition: (text: string) => boolean): string {
  const [, last = ''] = /^[^.]*\.(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (isPosition(last) && encodeAuditCursor(question, last) === cursor) return last;
  throw kernelError('request.invalid', {
    detail: 'The cursor is not one that this API gave out for this list and its filters.',
    errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this list' }],
  });
}

function digestOf(question: JsonObject): string {
  return createHash('sha256').update(canonicalJson(question)).digest('base64url').slice(0, DIGEST_LENGTH);
}
