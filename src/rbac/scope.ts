/** Everything. */
export const ROOT_SCOPE = '/';

/** `/` or up to ten segments of plain characters; `.` and `..` are no segments, so a scope has one spelling. */
export const SCOPE_PATTERN = /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){1,10})$/;
