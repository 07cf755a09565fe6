import { kernelError } from '../../kernel/errors/kernel.errors.js';

export const MAX_NAMESPACES = 200;
/** Of one namespace. */
export const MAX_REGISTERED_PERMISSIONS = 2000;
export const NAMESPACE_PATTERN = /^[a-z][a-z0-9-]{1,30}$/;
/** `resource:action` as an application writes it; its namespace is put before it here. */
export const PERMISSION_PATTERN = /^[a-z][a-z0-9-]{0,62}:[a-z][a-z0-9-]{0,62}$/;
const ANY_PERMISSION = /^(?:[a-z][a-z0-9-]{1,30}\/)?[a-z][a-z0-9-]{0,62}:[a-z][a-z0-9-]{0,62}$/;

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
  if (!ANY_PERMISSION.test(name)) {
    throw kernelError('request.invalid', {
      detail: 'The cursor is not one that this API gave out.',
      errors: [{ pointer: 'cursor', code: 'cursor', detail: 'not a cursor of this API' }],
    });
  }
  return name;
}
