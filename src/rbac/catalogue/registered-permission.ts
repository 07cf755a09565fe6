import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { PERMISSION_PATTERN } from '../permission-name.js';

export const MAX_NAMESPACES = 200;
/** Of one namespace. */
export const MAX_REGISTERED_PERMISSIONS = 2000;

/** A permission of an application under its full name, e.g. `billing/invoice:read`. */
export function fullName(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Cursors of lists of permissions carry the last name of a page and nothing else. */
export function encodePermissionCursor(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url');
}

/** @throws DomainError request.invalid for what was not given out here */
export function decodePermissionCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!PERMISSION_PATTERN.test(name)) {
    throw kernelError('request.invalid', {
      detail: 'The cursor is not one that this API gave out.',
      errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this API' }],
    });
  }
  return name;
}
