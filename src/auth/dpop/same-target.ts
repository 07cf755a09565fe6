const MAX_LENGTH = 2048;
/** What a URL parser would repair in silence: white space, control characters, backslashes. */
const REPAIRED = /[\s\\\p{Cc}]/u;
const UNRESERVED = /[\w.~-]/;

/**
 * Whether `htu` names the address of this request: equal after the normalisation of RFC 3986 6.2.2 and 6.2.3 (case of scheme,
 * host and percent-encodings, default port, dot segments), query and fragment left aside (RFC 9449 4.3). Case and slashes of
 * the path count.
 */
export function isSameTarget(htu: string, url: string): boolean {
  const target = normalised(url);
  return target !== null && normalised(htu) === target;
}

function normalised(address: string): string | null {
  if (address.length > MAX_LENGTH || REPAIRED.test(address) || !/^https?:\/\/[^/?#]/i.test(address)) return null;
  if (!URL.canParse(address)) return null;
  const { origin, pathname, username, password } = new URL(address);
  return username === '' && password === '' ? origin + pathname.replace(/%[\da-f]{2}/gi, plainest) : null;
}

/** RFC 3986 6.2.2.1 and 6.2.2.2: upper case digits, and no encoding where none is needed. */
function plainest(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
  return UNRESERVED.test(character) ? character : encoded.toUpperCase();
}
