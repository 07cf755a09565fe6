/** Everything. */
export const ROOT_SCOPE = '/';

const SLASH = 47;

/** `/` or up to ten segments of plain characters; `.` and `..` are no segments, so a scope has one spelling. */
export const SCOPE_PATTERN = /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){1,10})$/;
/** What SCOPE_PATTERN can match at most. */
export const MAX_SCOPE_LENGTH = 650;

/** Whether what holds on `upper` holds on `scope` too: the same or somewhere below. Both match SCOPE_PATTERN. */
export function isAtOrBelow(scope: string, upper: string): boolean {
  if (upper === ROOT_SCOPE) return true;
  const { length } = upper;
  // Asked in every decision: no text is made for it.
  if (scope.length === length) return scope === upper;
  return scope.length > length && scope.charCodeAt(length) === SLASH && scope.startsWith(upper);
}

/** Whether one of them lies at or below the other. */
export function overlap(one: string, other: string): boolean {
  return isAtOrBelow(one, other) || isAtOrBelow(other, one);
}
