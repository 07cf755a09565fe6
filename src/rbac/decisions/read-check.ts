import { MAX_PERMISSION_LENGTH } from '../permission-name.js';
import { MAX_SCOPE_LENGTH, SCOPE_PATTERN } from '../scope.js';

/** Questions of one bulk check. */
export const MAX_CHECKS = 10_000;
/** Subjects, scopes or permissions of one matrix of questions. */
export const MAX_MATRIX_SIDE = 10_000;
/** Answers of one: subjects x scopes x permissions. */
export const MAX_MATRIX_ANSWERS = 100_000;
/** What as many questions of the ordinary length take. */
export const MAX_BULK_BYTES = 2_097_152;
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
  for (const name in body) if (name !== 'checks' && name !== 'matrix' && name !== 'atLeast') return false;
  const { checks, matrix } = body;
  const isGood = matrix === undefined ? isCheckList(checks) : checks === undefined && isCheckMatrix(matrix);
  return isGood && isRevision(body['atLeast']);
}

/** Of parsed JSON: whether there are no more answers to it than there may be. */
export function isSmallMatrix(matrix: unknown): boolean {
  if (typeof matrix !== 'object' || matrix === null) return false;
  const { subjects, permissions, scopes }: Partial<Record<string, unknown>> = { ...matrix };
  return sideOf(subjects) * sideOf(permissions) * sideOf(scopes) <= MAX_MATRIX_ANSWERS;
}

function sideOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 1;
}

function isCheckList(checks: unknown): boolean {
  if (!Array.isArray(checks) || checks.length === 0 || checks.length > MAX_CHECKS) return false;
  for (let nth = 0; nth < checks.length; nth++) {
    const check: unknown = checks[nth];
    if (!isPlainObject(check)) return false;
    for (const name in check) if (name !== 'subject' && name !== 'permission' && name !== 'scope') return false;
    if (!isQuestion(check)) return false;
  }
  return true;
}

function isCheckMatrix(matrix: unknown): boolean {
  if (!isPlainObject(matrix)) return false;
  for (const name in matrix) if (name !== 'subjects' && name !== 'permissions' && name !== 'scopes') return false;
  const { subjects, permissions, scopes } = matrix;
  return (
    isSide(subjects, isSubject) &&
    isSide(permissions, isPermission) &&
    (scopes === undefined || isSide(scopes, isScope)) &&
    isSmallMatrix(matrix)
  );
}

function isSide(list: unknown, isGood: (member: unknown) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 && list.length <= MAX_MATRIX_SIDE && list.every(isGood);
}

function isQuestion({ subject, permission, scope }: Record<string, unknown>): boolean {
  return isSubject(subject) && isPermission(permission) && (scope === undefined || isScope(scope));
}

function isSubject(subject: unknown): boolean {
  return typeof subject === 'string' && subject.length === 36 && ID.test(subject);
}

function isPermission(permission: unknown): boolean {
  return typeof permission === 'string' && permission.length > 0 && permission.length <= MAX_PERMISSION_LENGTH;
}

function isScope(scope: unknown): boolean {
  return scope === '/' || (typeof scope === 'string' && scope.length <= MAX_SCOPE_LENGTH && SCOPE_PATTERN.test(scope));
}

function isRevision(revision: unknown): boolean {
  return revision === undefined || (typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
