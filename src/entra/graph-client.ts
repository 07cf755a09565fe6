import type { Json, JsonObject } from '../crypto/canonical-json.js';
import type { BatchAnswer } from './graph-batch.js';
import { GraphBatches } from './graph-batches.js';
import { GRAPH_CLIENT_DEFAULTS, type GraphClientOptions } from './graph-client-options.js';
import type { GraphWriteMethod } from './graph-exchange.js';
import type { GraphRoot } from './graph-links.js';
import { GraphLists, type RawPage } from './graph-lists.js';
import type { GraphProgress } from './graph-progress.js';
import { type GraphObserver, GraphSender, type TokenSource } from './graph-sender.js';
import { rolesOf } from './token-roles.js';

/**
 * Reads one tenant through Microsoft Graph: waits as long as Graph asks, tries again what may heal, and ends every other
 * fault as a GraphFault with words. Nothing that a tenant answers can hang it, fill the memory or send the token elsewhere.
 */
export class GraphClient {
  private readonly sender: GraphSender;
  private readonly lists: GraphLists;
  private readonly batches: GraphBatches;

  constructor(
    private readonly root: GraphRoot,
    private readonly token: TokenSource,
    observer: GraphObserver,
    options: GraphClientOptions = GRAPH_CLIENT_DEFAULTS,
  ) {
    this.sender = new GraphSender(root, token, observer, options);
    this.lists = new GraphLists(this.sender, options.maxPages);
    this.batches = new GraphBatches(this.sender, this.lists, observer, options);
  }

  /** Whether the tenant keeps us waiting. */
  get progress(): GraphProgress {
    return this.sender.progress;
  }

  /** @throws GraphFault */
  get(path: string, signal: AbortSignal): Promise<JsonObject> {
    return this.sender.get(path, signal);
  }

  /** @throws GraphFault */
  post(path: string, body: Json, signal: AbortSignal): Promise<JsonObject> {
    return this.sender.post(path, body, signal);
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
    const answer = await this.sender.answer(
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
  pages(path: string, signal: AbortSignal): AsyncGenerator<JsonObject[], void, undefined> {
    return this.lists.pages(path, signal);
  }

  /**
   * The same pages as their bytes, with the bounds of each object: what a reader knows already it needn't parse.
   *
   * @throws GraphFault as `pages` does, except that an object within may turn out to be no JSON
   */
  rawPages(path: string, signal: AbortSignal): AsyncGenerator<RawPage, void, undefined> {
    return this.lists.rawPages(path, signal);
  }

  /**
   * Many small reads, twenty to a request. Graph answers each item by itself: one that was throttled or failed is asked
   * again alone, so that an outer 200 never hides it. Answers come in any order.
   *
   * @param keep what is kept of an object; the rest is forgotten as each page arrives
   */
  getMany(
    paths: Iterable<string>,
    signal: AbortSignal,
    keep?: (path: string, object: JsonObject) => JsonObject,
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    return this.batches.getMany(paths, signal, keep);
  }

  /** The same for single objects instead of lists. */
  getEach(paths: Iterable<string>, signal: AbortSignal): AsyncGenerator<BatchAnswer, void, undefined> {
    return this.batches.getEach(paths, signal);
  }

  /**
   * A delta query (Graph: delta query overview), all pages of it.
   *
   * @param from the link that the query before ended with, or a path
   * @param take what is told of objects: each as often as Graph likes, and those that were removed with `@removed`
   * @returns the link under which the next changes will be
   * @throws GraphFault gone, or whatever else keeps the answer from being whole
   */
  delta(from: string, take: (rows: JsonObject[]) => void, signal: AbortSignal): Promise<string> {
    return this.lists.delta(from, take, signal);
  }
}
