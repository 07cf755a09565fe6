import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { SCOPE_PATTERN } from '../scope.js';
import type { EntryKey } from './effective-access.types.js';

/** What a permission of 100 and a scope of 650 characters come to in base64url, and some. */
export const MAX_ENTRY_CURSOR_LENGTH = 1100;

/** Permission, a space, scope: neither contains one. A forged cursor can only choose where a page starts. */
export function encodeEntryCursor([permission, scope]: EntryKey): string {
  return Buffer.from(`${permission} ${scope}`, 'utf8').toString('base64url');
}

/** @throws DomainError request.invalid */
export function decodeEntryCursor(cursor: string): EntryKey {
  const [, permission, scope] =
    /^([a-z0-9:/._-]{1,100}) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (permission === undefined || scope === undefined || !SCOPE_PATTERN.test(scope)) {
    throw kernelError('request.invalid', {
      detail: 'The cursor is not one that this API gave out.',
      errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this API' }],
    });
  }
  return [permission, scope];
}
