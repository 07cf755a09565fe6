import { authError } from '../auth.errors.js';

/** Where the request comes from when nobody's other site began it. */
const OWN = new Set(['same-origin', 'none']);

/**
 * A sign-in begins by going to its page, and from another site only when somebody clicked (ASVS 7.6.2): else a frame, an image or a
 * script there could sign people in, or over again, while Entra ID still knows them. Browsers say so in `Sec-Fetch-*`, which no
 * page can set (Fetch Metadata). Programs send neither where they come from nor what for; the mode says nothing, Node's fetch
 * sends one too.
 *
 * @throws DomainError auth.cross_site
 */
export function assertNavigation(headers: Record<string, string | string[] | undefined>): void {
  const { 'sec-fetch-dest': dest, 'sec-fetch-site': site, 'sec-fetch-user': user } = headers;
  const isPage = dest === undefined || dest === 'document';
  const isWanted = site === undefined || (typeof site === 'string' && OWN.has(site)) || user === '?1';
  if (!isPage || !isWanted) {
    throw authError('auth.cross_site', { detail: 'A sign-in begins with a page of its own that somebody asked for.' });
  }
}
