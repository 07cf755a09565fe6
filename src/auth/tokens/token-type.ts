/** `typ` of our access tokens (RFC 9068 2.1): no other JWT can be taken for one. */
export const OWN_TOKEN_TYPE = 'at+jwt';
const MAX_HEADER_LENGTH = 1024;
const MAX_REMEMBERED = 64;

/** The header of a token is the same text for all tokens of one key: each is read once. */
const remembered = new Map<string, boolean>();

/** Whether the token claims to be one of our access tokens (RFC 9068 2.1). Nothing is checked yet. */
export function isOwnToken(token: string): boolean {
  const end = token.indexOf('.');
  if (end < 1 || end > MAX_HEADER_LENGTH) return false;
  const header = token.slice(0, end);
  const known = remembered.get(header);
  if (known !== undefined) return known;
  const isOwn = typeOf(header) === OWN_TOKEN_TYPE;
  // Anybody can invent headers.
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(header, isOwn);
  return isOwn;
}

function typeOf(header: string): unknown {
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { typ?: unknown } | null)?.typ;
  } catch {
    return undefined;
  }
}
