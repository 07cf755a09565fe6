import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, JsonObject } from '../crypto/canonical-json.js';
import { ConcurrencyGate } from '../kernel/concurrency/concurrency-gate.js';
import type { GraphClientOptions } from './graph-client-options.js';
import { errorCode, errorMessage } from './graph-error.js';
import { exchange, type GraphAnswer, type GraphRequest } from './graph-exchange.js';
import { GraphFault, refusalOf } from './graph-fault.js';
import { SerialGate } from './graph-gate.js';
import type { GraphRoot } from './graph-links.js';
import { GraphProgress } from './graph-progress.js';
import { type Attempts, mayHeal, noAttempts, pauseAfterFault, pauseAfterThrottling } from './graph-retry.js';
import type { SplitPage } from './split-page.js';
import { ThrottlePace } from './throttle-pace.js';
import type { ThrottleTold } from './throttle-told.js';

/** Gives a token for Graph; `fresh` when the one given before was refused. */
export type TokenSource = (fresh: boolean, signal: AbortSignal) => Promise<string>;

export interface GraphObserver {
  /** One request and its outcome: the HTTP status, or the kind of fault. */
  requested(outcome: string): void;
  paused(seconds: number): void;
}

const CONDITIONAL_ACCESS = '/identity/conditionalAccess/';

/**
 * Sends requests to one tenant: as many at once as it may, as fast as the limits allow, and again where that may help. Every other
 * fault ends as a GraphFault with words.
 */
export class GraphSender {
  /** Whether the tenant keeps us waiting. */
  readonly progress = new GraphProgress();
  private readonly pace = new ThrottlePace();
  private readonly conditionalAccess: SerialGate;
  private readonly places: ConcurrencyGate;

  constructor(
    readonly root: GraphRoot,
    private readonly token: TokenSource,
    private readonly observer: GraphObserver,
    private readonly options: GraphClientOptions,
  ) {
    this.conditionalAccess = new SerialGate(options.conditionalAccessSpacingMs);
    this.places = new ConcurrencyGate(options.concurrency);
  }

  get(path: string, signal: AbortSignal): Promise<JsonObject> {
    return this.document(this.getRequest(this.root.address(path)), signal);
  }

  /** @param requests how many are in it; Graph counts each */
  post(path: string, body: Json, signal: AbortSignal, requests = 1): Promise<JsonObject> {
    const url = this.root.address(path);
    return this.document({ method: 'POST', url, path: this.root.pathOf(url), body, requests }, signal);
  }

  getRequest(url: URL): GraphRequest {
    return { method: 'GET', url, path: this.root.pathOf(url) };
  }

  async document(request: GraphRequest, signal: AbortSignal): Promise<JsonObject> {
    const { status, body } = await this.answer(request, signal);
    if (body !== null) return body;
    throw new GraphFault('malformed', request.path, 'the answer is empty', { status });
  }

  async split(url: URL, signal: AbortSignal): Promise<SplitPage> {
    const request: GraphRequest = { ...this.getRequest(url), asPage: true };
    const { status, page } = await this.answer(request, signal);
    if (page !== undefined) return page;
    throw new GraphFault('malformed', request.path, 'the answer is empty', { status });
  }

  answer(request: GraphRequest, signal: AbortSignal): Promise<GraphAnswer> {
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
      this.heard(answer.told, answer.status === 429 ? answer.retryAfterMs : null);
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

  /** What an answer or one item of a batch says of the limits. */
  heard(told: ThrottleTold, retryAfterMs: number | null): void {
    this.pace.answered(told);
    // What isn't worth waiting for each request finds out by itself.
    if (told.scope !== null && retryAfterMs !== null && retryAfterMs <= this.options.maxPauseMs)
      this.pace.refused(told.scope, retryAfterMs);
  }

  private paced<T>(request: GraphRequest, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { requests = 1, once = false } = request;
    const inPlace = () =>
      this.places.run(async () => {
        signal.throwIfAborted();
        const waited = await this.pace.leave(once, requests, signal);
        if (waited > 0) this.observer.paused(waited / 1000);
        try {
          return await work();
        } finally {
          this.pace.back(requests);
        }
      });
    return request.path.startsWith(CONDITIONAL_ACCESS) ? this.conditionalAccess.run(signal, inPlace) : inPlace();
  }
}

/** A write that Graph didn't take, or of which nobody knows whether it did. */
function unanswered({ path }: GraphRequest, { status, retryAfterMs }: GraphAnswer): GraphFault {
  return status === 429
    ? new GraphFault('throttled', path, 'Graph throttles us (HTTP 429)', { status, retryAfterMs })
    : new GraphFault('unavailable', path, `Graph failed (HTTP ${status})`, { status, retryAfterMs });
}
