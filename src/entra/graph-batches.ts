import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type BatchAnswer, type BatchItem, batchBody, batchItems } from './graph-batch.js';
import type { GraphClientOptions } from './graph-client-options.js';
import { errorCode } from './graph-error.js';
import { GraphFault, refusalOf } from './graph-fault.js';
import type { GraphLists } from './graph-lists.js';
import { noAttempts, pauseAfterThrottling } from './graph-retry.js';
import type { GraphObserver, GraphSender } from './graph-sender.js';
import { HeldObjects, type HeldShare } from './held-objects.js';
import { NOTHING_TOLD } from './throttle-told.js';

export const BATCH_SIZE = 20;
/** Of one reader; the client's concurrency holds for all of them together. */
const BATCHES_AT_ONCE = 4;

/** Many small reads of one tenant, twenty to a request. */
export class GraphBatches {
  private readonly held: HeldObjects;

  constructor(
    private readonly sender: GraphSender,
    private readonly lists: GraphLists,
    private readonly observer: GraphObserver,
    private readonly options: GraphClientOptions,
  ) {
    this.held = new HeldObjects({ objects: options.maxHeldObjects, bytes: options.maxHeldBytes });
  }

  async *getMany(
    paths: Iterable<string>,
    signal: AbortSignal,
    keep: (path: string, object: JsonObject) => JsonObject = (_path, object) => object,
  ): AsyncGenerator<BatchAnswer, void, undefined> {
    yield* this.chunks(paths, (path, body, held) => this.listFrom(path, body, keep, held, signal), signal);
  }

  async *getEach(paths: Iterable<string>, signal: AbortSignal): AsyncGenerator<BatchAnswer, void, undefined> {
    const one: ObjectsOfBody = async (path, body, held) => {
      held().add(body, path);
      return [body];
    };
    yield* this.chunks(paths, one, signal);
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
      items = batchItems(await this.sender.post('/$batch', batchBody(paths), signal, paths.length), paths);
    } catch (error) {
      // Whatever a batch suffers from, each of its items still has its own chance.
      if (!(error instanceof GraphFault) || error.kind === 'token' || error.kind === 'unauthorized') throw error;
      items = paths.map((path) => ({ path, status: 0, body: null }));
    }
    for (const { told = NOTHING_TOLD, retryAfterMs = null } of items) this.sender.heard(told, retryAfterMs);
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
      await this.sender.progress.waiting(() => sleep(pause, undefined, { signal }));
    }
    return this.alone(path, objects, signal);
  }

  private alone(path: string, objects: Gather, signal: AbortSignal): Promise<BatchAnswer> {
    return answered(path, async () => objects(path, await this.sender.get(path, signal)));
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
      for await (const page of this.lists.follow(body, this.sender.root.address(path), signal)) {
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
