/** Key of what LimitedBy leaves on a handler. */
export const LIMITED_BY = Symbol('limited-by');

/** Limits that a route can name. */
export type RouteLimit =
  | 'sign-ins'
  | 'tokens'
  /** Only refused credentials count; the route itself counts the rest, when it knows what is asked. */
  | 'credentials'
  /** What a page of another site can make a browser load: it must not use up anything else. */
  | 'frames';
