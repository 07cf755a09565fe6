import type { Json } from '../crypto/canonical-json.js';
import { GraphFault } from './graph-fault.js';
import type { GraphRoot } from './graph-links.js';

/** Follows the links from page to page of one list, and sees to it that they lead on and not elsewhere or in a circle. */
export class PageTrail {
  readonly path: string;
  private readonly seen: Set<string>;
  private url: URL;

  constructor(
    private readonly root: GraphRoot,
    readonly first: URL,
    private readonly maxPages: number,
  ) {
    this.path = root.pathOf(first);
    this.seen = new Set([first.href]);
    this.url = first;
  }

  /**
   * The page after the one with this link; null at the end of the list.
   *
   * @throws GraphFault malformed, link_loop, too_many_pages and what GraphRoot.follow throws
   */
  next(link: Json | undefined): URL | null {
    if (link === undefined || link === null) return null;
    // Taken for the end of the list, it would make the rest look removed.
    if (typeof link !== 'string' || link === '')
      throw new GraphFault('malformed', this.path, 'the link to the next page is not an address');
    this.url = this.root.follow(link, this.url);
    if (this.seen.has(this.url.href))
      throw new GraphFault('link_loop', this.path, 'a next link leads back to a page that was read');
    if (this.seen.size >= this.maxPages)
      throw new GraphFault('too_many_pages', this.path, `the list has more than ${this.maxPages} pages`);
    this.seen.add(this.url.href);
    return this.url;
  }

  /**
   * The link with which a delta query ends. Without it, nobody can say that the answer is whole.
   *
   * @throws GraphFault malformed, foreign_link
   */
  end(link: Json | undefined): string {
    if (typeof link !== 'string' || link === '')
      throw new GraphFault('malformed', this.path, 'the answer of a delta query ends without a link to go on from');
    return this.root.follow(link, this.url).href;
  }
}
