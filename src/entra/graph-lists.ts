import type { Json, JsonObject } from '../crypto/canonical-json.js';
import { GraphFault } from './graph-fault.js';
import type { GraphSender } from './graph-sender.js';
import { PageTrail } from './page-trail.js';
import type { SplitPage } from './split-page.js';

/** One page of a list, unparsed. */
export interface RawPage {
  bytes: Buffer;
  /** Start and end of each object, in turns. */
  bounds: readonly number[];
  /** For faults. */
  path: string;
}

/** Lists of one tenant, page by page; the next page is asked for while one is looked at. */
export class GraphLists {
  constructor(
    private readonly sender: GraphSender,
    /** Of one list. */
    private readonly maxPages: number,
  ) {}

  async *pages(path: string, signal: AbortSignal): AsyncGenerator<JsonObject[], void, undefined> {
    const first = this.sender.root.address(path);
    yield* this.follow(await this.sender.document(this.sender.getRequest(first), signal), first, signal);
  }

  async *rawPages(path: string, signal: AbortSignal): AsyncGenerator<RawPage, void, undefined> {
    const trail = new PageTrail(this.sender.root, this.sender.root.address(path), this.maxPages);
    for (let page: SplitPage | null = await this.sender.split(trail.first, signal); page !== null; ) {
      const next: () => Promise<SplitPage | null> = this.ahead(trail, page.nextLink, (url) =>
        this.sender.split(url, signal),
      );
      yield rawPageOf(page, trail.path);
      page = await next();
    }
  }

  async delta(from: string, take: (rows: JsonObject[]) => void, signal: AbortSignal): Promise<string> {
    const { root } = this.sender;
    const first = from.startsWith('/') ? root.address(from) : root.follow(from, root.address('/'));
    const trail = new PageTrail(root, first, this.maxPages);
    for (let url = first; ; ) {
      const body = await this.sender.document(this.sender.getRequest(url), signal);
      take(objectsOf(body, trail.path));
      const next: URL | null = trail.next(body['@odata.nextLink']);
      if (next === null) return trail.end(body['@odata.deltaLink']);
      url = next;
    }
  }

  /** A list whose first page is there already. */
  async *follow(first: JsonObject, firstUrl: URL, signal: AbortSignal): AsyncGenerator<JsonObject[], void, undefined> {
    const trail = new PageTrail(this.sender.root, firstUrl, this.maxPages);
    let body = first;
    for (;;) {
      const next = this.ahead(trail, body['@odata.nextLink'], (url) =>
        this.sender.document(this.sender.getRequest(url), signal),
      );
      yield objectsOf(body, trail.path);
      const following = await next();
      if (following === null) return;
      body = following;
    }
  }

  /** Asks for the next page while this one is being looked at; what keeps it from coming is thrown when it is wanted. */
  private ahead<Page>(
    trail: PageTrail,
    link: Json | undefined,
    read: (url: URL) => Promise<Page>,
  ): () => Promise<Page | null> {
    let url: URL | null;
    try {
      url = trail.next(link);
    } catch (fault) {
      return () => Promise.reject(fault);
    }
    if (url === null) return () => Promise.resolve(null);
    const page = read(url);
    page.catch(() => undefined);
    return () => page;
  }
}

/** @throws GraphFault malformed when the answer isn't a list of objects */
function rawPageOf({ bytes, elements }: SplitPage, path: string): RawPage {
  if (elements === null) throw new GraphFault('malformed', path, 'the answer is not a list');
  for (let i = 0; i < elements.length; i += 2) {
    if (bytes[elements[i] ?? 0] !== OPENING_BRACE)
      throw new GraphFault('malformed', path, 'the list holds something that is not an object');
  }
  return { bytes, bounds: elements, path };
}

const OPENING_BRACE = 0x7b;

/** @throws GraphFault malformed when the answer isn't a list of objects */
function objectsOf(body: JsonObject, path: string): JsonObject[] {
  const { value } = body;
  if (!Array.isArray(value)) throw new GraphFault('malformed', path, 'the answer is not a list');
  return value.map((item) => {
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) return item;
    throw new GraphFault('malformed', path, 'the list holds something that is not an object');
  });
}
