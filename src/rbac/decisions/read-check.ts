import { SCOPE_PATTERN } from '../scope.js';

/** Questions of one bulk check. */
export const MAX_CHECKS = 10_000;
/** What as many questions of the ordinary length take. */
export const MAX_BULK_BYTES = 2_097_152;
export const MAX_PERMISSION_LENGTH = 100;
export const MAX_SCOPE_LENGTH = 700;
export const MAX_REVISION = Number.MAX_SAFE_INTEGER;

/** In lower case, as ids are given out: others are turned into it by the long way. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether this certainly is a valid body of /rbac/check, just as CheckDto would leave it. */
export function isCheck(body: unknown): boolean {
  if (!isPlainObject(body)) return false;
  for (const name in body) {
    if (name !== 'subject' && name !== 'permission' && name !== 'scope' && name !== 'atLeast') return false;
  }
  return isQuestion(body) && isRevision(body['atLeast']);
}

/** The same of /rbac/check-bulk and CheckBulkDto. */
export function isCheckBulk(body: unknown): boolean {
  if (!isPlainObject(body)) return false;
  for (const name in body) if (name !== 'checks' && name !== 'atLeast') return false;
  const { checks } = body;
  if (!Array.isArray(checks) || checks.length === 0 || checks.length > MAX_CHECKS) return false;
  for (let nth = 0; nth < checks.length; nth++) {
    const check: unknown = checks[nth];
    if (!isPlainObject(check)) return false;
    for (const name in check) if (name !== 'subject' && name !== 'permission' && name !== 'scope') return false;
    if (!isQuestion(check)) return false;
  }
  return isRevision(body['atLeast']);
}

function isQuestion({ subject, permission, scope }: Record<string, unknown>): boolean {
  return (
    typeof subject === 'string' &&
    subject.length === 36 &&
    ID.test(subject) &&
    typeof permission === 'string' &&
    permission.length > 0 &&
    permission.length <= MAX_PERMISSION_LENGTH &&
    (scope === undefined ||
      scope === '/' ||
      (typeof scope === 'string' && scope.length <= MAX_SCOPE_LENGTH && SCOPE_PATTERN.test(scope)))
  );
}

function isRevision(revision: unknown): boolean {
  return revision === undefined || (typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
