import { authError } from './auth.errors.js';

/**
 * Proof that a call by cookie comes from a page of this very origin and from no other site, nor a sibling domain (ASVS 3.5.1).
 * The browser says so in `Sec-Fetch-Site`, which no page can set, or in `Origin`; programs send `Origin` themselves.
 *
 * @throws DomainError auth.cross_site
 */
export function assertSameOrigin(headers: Record<string, string | string[] | undefined>, origin: string): void {
  const site = headers['sec-fetch-site'];
  const from = headers['origin'];
  const siteAgrees = site === undefined || site === 'same-origin';
  const originAgrees = from === undefined || from === origin;
  if ((site === undefined && from === undefined) || !siteAgrees || !originAgrees) {
    throw authError('auth.cross_site', {
      detail: `Send the header Origin: ${origin}, or send the refresh token in the body.`,
    });
  }
}
