import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { text } from '../normalise/json-members.js';
import type { GraphWriter } from './perform-requests.js';
import type { PlannedRequest } from './remediation-plan.types.js';

/** Times that a request is sent which Graph throttles: it did nothing then. */
const THROTTLED_TRIES = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Sends the requests of one execution to one tenant. */
export class TenantWriter implements GraphWriter {
  private readonly tags = new Map<string, string>();
  /** Whether the request that is performed now has left the house. */
  private left = false;

  /** @param still looks once more, after a pause, whether what is about to be written is as it has to be; it throws where not */
  constructor(
    private readonly client: GraphClient,
    private readonly signal: AbortSignal,
    private readonly still: () => Promise<void>,
  ) {}

  begin(): void {
    this.left = false;
  }

  get hasSent(): boolean {
    return this.left;
  }

  /** Notes the entity tags of what these requests write, where Graph has one: to be read before the objects are. */
  async noteTags(requests: readonly PlannedRequest[]): Promise<void> {
    for (const { method, version, path } of requests) {
      if (method === 'POST' || /[{$]/.test(path)) continue;
      const address = version === 'beta' ? `/beta${path}` : path;
      try {
        const tag = text(await this.client.get(address, this.signal), '@odata.etag');
        if (tag !== null) this.tags.set(address, tag);
      } catch (error) {
        this.signal.throwIfAborted();
        // What can't be read by itself has no tag to hold it to; the comparison that follows decides.
        if (!(error instanceof GraphFault)) throw error;
      }
    }
  }

  async find(path: string, fits: (object: JsonObject) => boolean): Promise<JsonObject[]> {
    const found: JsonObject[] = [];
    for await (const page of this.client.pages(path, this.signal)) {
      for (const object of page) if (found.length < 2 && fits(object)) found.push(object);
      if (found.length === 2) break;
    }
    return found;
  }

  async send(method: PlannedRequest['method'], path: string, body: JsonObject | null): Promise<JsonObject | null> {
    const tag = this.tags.get(path) ?? null;
    // The first write gives it another one.
    this.tags.delete(path);
    for (let attempt = 1; ; attempt++) {
      try {
        this.signal.throwIfAborted();
        return await this.client.write(method, path, body, tag, this.signal, (isOut) => {
          this.left = isOut;
        });
      } catch (error) {
        if (!(error instanceof GraphFault) || error.kind !== 'throttled' || attempt === THROTTLED_TRIES) throw error;
        const pause = error.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
        if (pause > LONGEST_PAUSE_MS) throw error;
        this.left = false;
        await sleep(pause, undefined, { signal: this.signal });
        await this.still();
      }
    }
  }
}

/** Whether Graph said that it did not do it; after anything else nobody knows. */
export function isRefusal({ status }: GraphFault): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408;
}
