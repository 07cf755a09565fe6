import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { MAX_PERMISSION_LENGTH, PERMISSION_PATTERN } from '../permission-name.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../scope.js';
import type { EntryKey } from './effective-access.types.js';

/** What the longest permission, a space and the longest scope come to in base64url. */
export const MAX_ENTRY_CURSOR_LENGTH = Math.ceil(((MAX_PERMISSION_LENGTH + 1 + MAX_SCOPE_LENGTH) * 4) / 3);

/** Permission, a space, scope: neither contains one. A forged cursor can only choose where a page starts. */
export function encodeEntryCursor([permission, scope]: EntryKey): string {
  return Buffer.from(`${permission} ${scope}`, 'utf8').toString('base64url');
}

/** @throws DomainError request.invalid */
export function decodeEntryCursor(cursor: string): EntryKey {
  const [permission = '', scope = '', ...more] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (more.length > 0 || !PERMISSION_PATTERN.test(permission) || !SCOPE_PATTERN.test(scope)) {
    throw kernelError('request.invalid', {
      detail: 'The cursor is not one that this API gave out.',
      errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this API' }],
    });
  }
  return [permission, scope];
}
