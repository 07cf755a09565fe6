/** Key of what LimitedBy leaves on a handler. */
export const LIMITED_BY = Symbol('limited-by');

/** Limits that a route can name. */
export type RouteLimit = 'sign-ins' | 'tokens';
