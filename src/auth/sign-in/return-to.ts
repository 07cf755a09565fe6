const MAX_LENGTH = 1024;
/** What a browser may turn into a slash or strip before it looks at the address (WHATWG URL, basic parser). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not get through
const MISREAD = /[\\\u0000-\u0020\u007f-\u009f]/;

/**
 * Where to go after signing in: a path of this service, or null when it is anything that could lead elsewhere.
 *
 * @param returnTo as it came, already percent-decoded once by the query parser
 */
export function safeReturnTo(returnTo: string): string | null {
  if (returnTo.length > MAX_LENGTH || !returnTo.startsWith('/') || returnTo.startsWith('//') || MISREAD.test(returnTo))
    return null;
  const base = 'https://base.invalid';
  const resolved = URL.canParse(returnTo, base) ? new URL(returnTo, base) : null;
  if (resolved === null || resolved.origin !== base || resolved.pathname.startsWith('//')) return null;
  return resolved.pathname + resolved.search + resolved.hash;
}
