const BEARER = /^Bearer +([\w~+/.-]+=*)$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750 2.1), or null when the header is absent or says something else. */
export function bearerToken(header: string | undefined): string | null {
  return BEARER.exec(header ?? '')?.[1] ?? null;
}
