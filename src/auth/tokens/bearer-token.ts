const CREDENTIALS = /^(Bearer|DPoP) +([\w~+/.-]+=*)$/i;

export interface PresentedToken {
  scheme: 'Bearer' | 'DPoP';
  token: string;
}

/** The token of an Authorization header (RFC 6750 2.1, RFC 9449 7.1), or null when the header is absent or says something else. */
export function presentedToken(header: string | undefined): PresentedToken | null {
  const [, scheme, token] = CREDENTIALS.exec(header ?? '') ?? [];
  if (scheme === undefined || token === undefined) return null;
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}
