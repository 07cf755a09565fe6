import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, JsonObject } from '../crypto/canonical-json.js';
import { type BatchAnswer, type BatchItem, batchBody, batchItems } from './graph-batch.js';
import {
  type ExchangeLimits,
  exchange,
  type GraphAnswer,
  type GraphRequest,
  type GraphWriteMethod,
} from './graph-exchange.js';
import { GraphFault, refusalOf } from './graph-fault.js';
import { ConcurrencyGate, SerialGate } from './graph-gate.js';
import type { GraphRoot } from './graph-links.js';
import { GraphProgress } from './graph-progress.js';
import {
  type Attempts,
  mayHeal,
  noAttempts,
  pauseAfterFault,
  pauseAfterThrottling,
  type RetryPolicy,
} from './graph-retry.js';
import { HeldObjects, HeldShare } from './held-objects.js';
import { PageTrail } from './page-trail.js';
import type { SplitPage } from './split-page.js';
import { rolesOf } from './token-roles.js';

export interface GraphClientOptions extends ExchangeLimits, RetryPolicy {
  /** Requests in flight at once. */
  concurrency: number;
  /** Graph's limit on Conditional Access and named locations: one request a second per tenant, for all applications together. */
  conditionalAccessSpacingMs: number;
  /** Pages of one list. */
  maxPages: number;
  /** Objects, and bytes of them as JSON, that are held at a time of lists that are gathered whole. */
  maxHeldObjects: number;
  maxHeldBytes: number;
}

export const GRAPH_CLIENT_DEFAULTS: GraphClientOptions = {
  timeoutMs: 30_000,
  maxBytes: 32 * 1_048_576,
  maxRetries: 3,
  backoffMs: 500,
  throttleBackoffMs: 1000,
  maxPauseMs: 60_000,
  budgetMs: 180_000,
  concurrency: 8,
  conditionalAccessSpacingMs: 1050,
  maxPages: 20_000,
  maxHeldObjects: 2_000_000,
  maxHeldBytes: 128 * 1_048_576,
};

/** Gives a token for Graph; `fresh` when the one given before was refused. */
export type TokenSource = (fresh: boolean, signal: AbortSignal) => Promise<string>;

export interface GraphObserver {
  /** One request and its outcome: the HTTP status, or the kind of fault. */
  requested(outcome: string): void;
  paused(seconds: number): void;
}

/** One page of a list, unparsed. */
export interface RawPage {
  bytes: Buffer;
  /** Start and end of each object, in turns. */
  bounds: readonly number[];
  /** For faults. */
  path: string;
}

const CONDITIONAL_ACCESS = '/identity/conditionalAccess/';
export const BATCH_SIZE = 20;
/** Of one reader; the client's concurrency holds for all of them together. */
const BATCHES_AT_ONCE = 4;

/**
 * Reads one tenant through Microsoft Graph: waits as long as Graph asks, tries again what may heal, and ends every other
 * fault as a GraphFault with words. Nothing that a tenant answers can hang it, fill the memory or send the token elsewhere.
 */
export class GraphClient {
  private readonly conditionalAccess: SerialGate;
  private readonly places: ConcurrencyGate;
  private readonly held: HeldObjects;
  /** Whether the tenant keeps us waiting. */
  readonly progress = new GraphProgress();

  constructor(
    private readonly root: GraphRoot,
    private readonly token: TokenSource,
    private readonly observer: GraphObserver,
    private readonly options: GraphClientOptions = GRAPH_CLIENT_DEFAULTS,
  ) {
    this.conditionalAccess = new SerialGate(options.conditionalAccessSpacingMs);
    this.places = new ConcurrencyGate(options.concurrency);
    this.held = new HeldObjects({ objects: options.maxHeldObjects, bytes: options.maxHeldBytes });
  }

  /** @throws GraphFault */
  async get(path: string, signal: AbortSignal): Promise<JsonObject> {
    const url = this.root.address(path);
    return this.document({ method: 'GET', url, path: this.root.pathOf(url) }, signal);
  }

  /** @throws GraphFault */
  async post(path: string, body: Json, signal: AbortSignal): Promise<JsonObject> {
    const url = this.root.address(path);
    return this.document({ method: 'POST', url, path: this.root.pathOf(url), body }, signal);
  }

  /**
   * Changes something, and sends it once: after any fault it may have been done all the same, unless the answer is a refusal
   * (a 4xx). Only a token that was refused is replaced.
   *
   * @param ifMatch the entity tag that the object must have; null for none
   * @param sending told true as it leaves, and false where our token was refused and it is to be sent again
   * @returns the answer's body, if it has one
   * @throws GraphFault
   */
  async write(
    method: GraphWriteMethod,
    path: string,
    body: JsonObject | null,
    ifMatch: string | null,
    signal: AbortSignal,
    sending: (isOut: boolean) => void = () => undefined,
  ): Promise<JsonObject | null> {
    const url = this.root.address(path);
    const sent = { ...(body === null ? {} : { body }), ...(ifMatch === null ? {} : { ifMatch }) };
    const answer = await this.answer(
      { method, url, path: this.root.pathOf(url), once: true, sending, ...sent },
      signal,
    );
    return answer.body;
  }

  /**
   * Application permissions that the tenant has given us, as our token says; null when it doesn't say.
   *
   * @param fresh whether to ask for a new token first: one that is kept doesn't know what was given since
   * @throws GraphFault token
   */
  async permissions(fresh: boolean, signal: AbortSignal): Promise<string[] | null> {
    return rolesOf(await this.token(fresh, signal));
  }

  /**
   * The pages of a list, each as it arrives; none is kept.
   *
   * @throws GraphFault also for a next link that leads elsewhere or in a circle
   */
  async *pages(path: string, signal: AbortSignal): AsyncGenerator<JsonObject[], void, undefined> {
    const first = this.root.address(path);
    yield* this.follow(await this.document(this.getRequest(first), signal), first, signal);
  }

  /**
   * The same pages as their bytes, with the bounds of each object: what a reader knows already it needn't parse.
   *
   * @throws GraphFault as `pages` does, except that an object within may turn out to be no JSON
   */
  async *rawPages(path: string, signal: AbortSignal): AsyncGenerator<RawPage, void, undefined> {
    const trail = new PageTrail(this.root, this.root.address(path), this.options.maxPages);
    for (let page: SplitPage | null = await this.split(trail.first, signal); page !== null; ) {
      const next: () => Promise<SplitPage | null> = this.ahead(trail, page.nextLink, (url) => this.split(url, signal));
      yield rawPageOf(page, trail.path);
      page = await next();
    }
  }

  /**
   * Many small reads, twenty to a request. Graph answers each item by itself: one that was throttled or failed is asked
   * again alone, so that an outer 200 never hides it. Answers come in any order.
   *
   * @param keep what is kept of an object; the rest is forgotten as each page arrives
   */
  async *getMany(
    paths: Iterable<string>,
    signal: AbortSignal,
    keep: (path: string, object: JsonObject) => JsonObject = (_path, object) => object,
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    yield* this.chunks(paths, (path, body, held) => this.listFrom(path, body, keep, held, signal), signal);
  }

  /** The same for single objects instead of lists. */
  async *getEach(paths: Iterable<string>, signal: AbortSignal): AsyncGenerator<BatchAnswer, void, undefined> {
    const one: ObjectsOfBody = async (path, body, held) => {
      held().add(body, path);
      return [body];
    };
    yield* this.chunks(paths, one, signal);
  }

  /**
   * A delta query (Graph: delta query overview), all pages of it.
   *
   * @param from the link that the query before ended with, or a path
   * @param take what is told of objects: each as often as Graph likes, and those that were removed with `@removed`
   * @returns the link under which the next changes will be
   * @throws GraphFault gone, or whatever else keeps the answer from being whole
   */
  async delta(from: string, take: (rows: JsonObject[]) => void, signal: AbortSignal): Promise<string> {
    const first = from.startsWith('/') ? this.root.address(from) : this.root.follow(from, this.root.address('/'));
    const trail = new PageTrail(this.root, first, this.options.maxPages);
    for (let url = first; ; ) {
      const body = await this.document(this.getRequest(url), signal);
      take(objectsOf(body, trail.path));
      const next: URL | null = trail.next(body['@odata.nextLink']);
      if (next === null) return trail.end(body['@odata.deltaLink']);
      url = next;
    }
  }

  private async *chunks(
    paths: Iterable<string>,
    objects: ObjectsOfBody,
    signal: AbortSignal,
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    let waiting: Promise<BatchAnswer[]>[] = [];
    let chunk: string[] = [];
    const shares: HeldShare[] = [];
    let isOver = false;
    const held = () => {
      const share = this.held.share();
      if (isOver) share.release();
      shares.push(share);
      return share;
    };
    const gathered: Gather = (path, body) => objects(path, body, held);
    const send = () => {
      const sent = this.batch(chunk, gathered, signal);
      // Whoever stops listening after another's fault must not make this one unhandled.
      sent.catch(() => undefined);
      waiting.push(sent);
      chunk = [];
    };
    try {
      for (const path of paths) {
        chunk.push(path);
        if (chunk.length === BATCH_SIZE) send();
        if (waiting.length < BATCHES_AT_ONCE) continue;
        const [first] = waiting;
        waiting = waiting.slice(1);
        if (first !== undefined) yield* await first;
      }
      if (chunk.length > 0) send();
      for (const sent of waiting) yield* await sent;
    } finally {
      isOver = true;
      for (const share of shares) share.release();
    }
  }

  private async batch(paths: string[], objects: Gather, signal: AbortSignal): Promise<BatchAnswer[]> {
    if (paths.length === 1) return [await this.alone(paths[0] ?? '', objects, signal)];
    let items: BatchItem[];
    try {
      items = batchItems(await this.post('/$batch', batchBody(paths), signal), paths);
    } catch (error) {
      // Whatever a batch suffers from, each of its items still has its own chance.
      if (!(error instanceof GraphFault) || error.kind === 'token' || error.kind === 'unauthorized') throw error;
      items = paths.map((path) => ({ path, status: 0, body: null }));
    }
    return Promise.all(items.map((item) => this.settled(item, objects, signal)));
  }

  private async settled(item: BatchItem, objects: Gather, signal: AbortSignal): Promise<BatchAnswer> {
    const { path, status, body } = item;
    if (status === 200 && body !== null) return answered(path, () => objects(path, body));
    if (status === 404)
      return { path, objects: null, fault: refusalOf(path.split('?')[0] ?? path, status, errorCode(body), null) };
    // Twenty items that come back at once are refused together once more.
    const pause = status === 429 ? pauseAfterThrottling(item.retryAfterMs ?? null, noAttempts(), this.options) : null;
    if (pause !== null) {
      this.observer.paused(pause / 1000);
      await this.progress.waiting(() => sleep(pause, undefined, { signal }));
    }
    return this.alone(path, objects, signal);
  }

  private alone(path: string, objects: Gather, signal: AbortSignal): Promise<BatchAnswer> {
    return answered(path, async () => objects(path, await this.get(path, signal)));
  }

  private async listFrom(
    path: string,
    body: JsonObject,
    keep: (path: string, object: JsonObject) => JsonObject,
    held: () => HeldShare,
    signal: AbortSignal,
  ): Promise<JsonObject[]> {
    const objects: JsonObject[] = [];
    const share = held();
    try {
      for await (const page of this.follow(body, this.root.address(path), signal)) {
        for (const object of page) {
          const kept = keep(path, object);
          share.add(kept, path);
          objects.push(kept);
        }
      }
    } catch (error) {
      // What there is of it is dropped, so that it doesn't keep others from being gathered.
      share.release();
      throw error;
    }
    return objects;
  }

  private async *follow(
    first: JsonObject,
    firstUrl: URL,
    signal: AbortSignal,
  ): AsyncGenerator<JsonObject[], void, undefined> {
    const trail = new PageTrail(this.root, firstUrl, this.options.maxPages);
    let body = first;
    for (;;) {
      const next = this.ahead(trail, body['@odata.nextLink'], (url) => this.document(this.getRequest(url), signal));
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

  private getRequest(url: URL): GraphRequest {
    return { method: 'GET', url, path: this.root.pathOf(url) };
  }

  private async document(request: GraphRequest, signal: AbortSignal): Promise<JsonObject> {
    const { status, body } = await this.answer(request, signal);
    if (body !== null) return body;
    throw new GraphFault('malformed', request.path, 'the answer is empty', { status });
  }

  private async split(url: URL, signal: AbortSignal): Promise<SplitPage> {
    const request: GraphRequest = { ...this.getRequest(url), asPage: true };
    const { status, page } = await this.answer(request, signal);
    if (page !== undefined) return page;
    throw new GraphFault('malformed', request.path, 'the answer is empty', { status });
  }

  private answer(request: GraphRequest, signal: AbortSignal): Promise<GraphAnswer> {
    return this.progress.waiting(() => this.sendUntilAnswered(request, signal));
  }

  /** Sends until there is a usable answer or no reason left to try. */
  private async sendUntilAnswered(request: GraphRequest, signal: AbortSignal): Promise<GraphAnswer> {
    const attempts = noAttempts();
    let freshToken = false;
    for (;;) {
      const answer = await this.attempt(request, freshToken, attempts, signal);
      if (answer === null) continue;
      if (answer.status < 500 && answer.status !== 429) this.progress.came();
      if (answer.status < 300) return answer;
      if (answer.status === 401 && !freshToken) {
        freshToken = true;
        request.sending?.(false);
      } else if (answer.status === 429 || answer.status >= 500) {
        if (request.once === true) throw unanswered(request, answer);
        await this.pauseOrGiveUp(request, answer, attempts, signal);
      } else {
        throw refusalOf(request.path, answer.status, errorCode(answer.body), errorMessage(answer.body));
      }
    }
  }

  /** Null after a pause, when the fault may heal and the request is to be sent again. */
  private async attempt(
    request: GraphRequest,
    freshToken: boolean,
    attempts: Attempts,
    signal: AbortSignal,
  ): Promise<GraphAnswer | null> {
    try {
      const answer = await this.paced(request, signal, async () =>
        exchange(request, await this.token(freshToken, signal), this.options, signal),
      );
      this.noted(`HTTP ${answer.status}`, String(answer.status));
      return answer;
    } catch (error) {
      if (!(error instanceof GraphFault)) throw error;
      this.noted(error.kind, error.kind);
      const pause =
        request.once !== true && mayHeal(error, attempts) ? pauseAfterFault(null, attempts, this.options) : null;
      if (pause === null) throw error;
      attempts.retries += 1;
      await this.pause(pause, attempts, signal);
      return null;
    }
  }

  private noted(outcome: string, label: string): void {
    this.progress.lastOutcome = outcome;
    this.observer.requested(label);
  }

  private async pauseOrGiveUp(
    request: GraphRequest,
    answer: GraphAnswer,
    attempts: Attempts,
    signal: AbortSignal,
  ): Promise<void> {
    const { status, retryAfterMs } = answer;
    const throttled = status === 429;
    const pause = (throttled ? pauseAfterThrottling : pauseAfterFault)(retryAfterMs, attempts, this.options);
    if (pause === null) {
      const wish = retryAfterMs === null ? '' : ` and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
      const tries = attempts.retries + attempts.throttled + 1;
      const detail = throttled
        ? `Graph throttles us${wish} (HTTP 429 after ${tries} tries)`
        : `Graph failed${wish} (HTTP ${status} after ${tries} tries)`;
      throw new GraphFault(throttled ? 'throttled' : 'unavailable', request.path, detail, { status });
    }
    if (throttled) attempts.throttled += 1;
    else attempts.retries += 1;
    if (throttled) this.observer.paused(pause / 1000);
    await this.pause(pause, attempts, signal);
  }

  private async pause(ms: number, attempts: Attempts, signal: AbortSignal): Promise<void> {
    attempts.pausedMs += ms;
    await sleep(ms, undefined, { signal });
  }

  private paced<T>(request: GraphRequest, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const inPlace = () => this.places.run(signal, work);
    return request.path.startsWith(CONDITIONAL_ACCESS) ? this.conditionalAccess.run(signal, inPlace) : inPlace();
  }
}

/** What the body of an answer holds for whoever asked for its path. */
type ObjectsOfBody = (path: string, body: JsonObject, held: () => HeldShare) => Promise<JsonObject[]>;
type Gather = (path: string, body: JsonObject) => Promise<JsonObject[]>;

async function answered(path: string, objects: () => Promise<JsonObject[]>): Promise<BatchAnswer> {
  try {
    return { path, objects: await objects(), fault: null };
  } catch (error) {
    if (error instanceof GraphFault) return { path, objects: null, fault: error };
    throw error;
  }
}

/** A write that Graph didn't take, or of which nobody knows whether it did. */
function unanswered({ path }: GraphRequest, { status, retryAfterMs }: GraphAnswer): GraphFault {
  return status === 429
    ? new GraphFault('throttled', path, 'Graph throttles us (HTTP 429)', { status, retryAfterMs })
    : new GraphFault('unavailable', path, `Graph failed (HTTP ${status})`, { status, retryAfterMs });
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

function errorMember(body: JsonObject | null, name: 'code' | 'message'): string | null {
  const error = body?.['error'];
  const found = typeof error === 'object' && error !== null && !Array.isArray(error) ? error[name] : undefined;
  return typeof found === 'string' ? found : null;
}

function errorCode(body: JsonObject | null): string | null {
  return errorMember(body, 'code');
}

function errorMessage(body: JsonObject | null): string | null {
  return errorMember(body, 'message');
}
