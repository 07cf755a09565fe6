import { GraphFault } from './graph-fault.js';

const BETA = '/beta/';

function isBelow(address: URL, root: URL): boolean {
  return address.pathname.startsWith(`${root.pathname.replace(/\/$/, '')}/`);
}

/**
 * The API root that a tenant's token may be sent to. Every address is made from it or compared with it: a next link is
 * text from outside, and whoever writes it must not be able to choose where the token goes.
 */
export class GraphRoot {
  private readonly root: URL;
  /** Beside the root: what Graph has in its beta version only. */
  private readonly beta: URL;

  /** @param baseUrl with version, e.g. `https://graph.microsoft.com/v1.0` */
  constructor(baseUrl: string) {
    this.root = new URL(baseUrl.replace(/\/+$/, ''));
    this.beta = new URL(this.root.href.replace(/[^/]*$/, 'beta'));
  }

  /** Where a token for this API is asked for. */
  get scope(): string {
    return `${this.root.origin}/.default`;
  }

  /** @param path below the root, with leading slash and, if it has one, its query; `/beta/…` is below the beta version instead */
  address(path: string): URL {
    const isBeta = path.startsWith(BETA);
    const below = (isBeta ? path.slice(BETA.length - 1) : path).replaceAll(' ', '%20');
    const root = isBeta ? this.beta : this.root;
    return this.pinned(`${root.href}${below}`, path, root);
  }

  /** @throws GraphFault foreign_link when the link leaves the origin or the version that the first request went to */
  follow(link: string, from: URL): URL {
    return this.pinned(link, this.pathOf(from), isBelow(from, this.beta) ? this.beta : this.root);
  }

  /** For people: the path below the root, without a query. */
  pathOf(address: URL): string {
    return address.pathname.startsWith(this.root.pathname)
      ? address.pathname.slice(this.root.pathname.length)
      : address.pathname;
  }

  private pinned(link: string, from: string, root: URL): URL {
    const url = URL.canParse(link) ? new URL(link) : null;
    // The normalised path: `/v1.0/../beta` has become `/beta` by now.
    const isOurs =
      url !== null && url.origin === root.origin && url.username === '' && url.password === '' && isBelow(url, root);
    if (!isOurs) {
      const path = from.split('?')[0] ?? from;
      throw new GraphFault(
        'foreign_link',
        path,
        `the next page is said to be at another address (${url?.host ?? 'not an address'}), which is not followed`,
      );
    }
    return url;
  }
}
