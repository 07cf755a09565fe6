import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const WORKERS = 6;
const PAUSE_AFTER_FAILURE_MS = 20;
const GIVE_UP_MS = 20_000;

export interface LoadTokens {
  /** Of a program that may change tenants. */
  able: string;
  /** Of one that may do nothing. */
  unable: string;
}

/** What was answered; what wasn't may have happened or not. */
export interface Answered {
  /** Entra ids of tenants whose creation was answered with 201. */
  created: Set<string>;
  /** Of tenants whose change was answered with 200. */
  changed: Set<string>;
  /** Request ids that were answered with 403. */
  denied: Set<string>;
  /** Every other answer by its status, and how many calls were never answered. */
  others: Map<string, number>;
}

/** Creates tenants, changes some and is refused at times, over all instances, as fast as they answer. */
export class TenantLoad {
  readonly answered: Answered = { created: new Set(), changed: new Set(), denied: new Set(), others: new Map() };
  private isStopping = false;
  private workers: Promise<void>[] = [];

  /** @param instances where they answer now; called for each call anew */
  start(instances: () => readonly string[], tokens: LoadTokens): void {
    this.isStopping = false;
    this.workers = Array.from({ length: WORKERS }, (_, nth) => this.work(nth, instances, tokens));
  }

  /** Resolves when each kind of call was answered at least once. */
  async untilEachWasAnswered(): Promise<void> {
    const { created, changed, denied } = this.answered;
    while (Math.min(created.size, changed.size, denied.size) === 0) await sleep(PAUSE_AFTER_FAILURE_MS);
  }

  /** Resolves when the last call was answered or given up. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.workers);
  }

  private async work(nth: number, instances: () => readonly string[], tokens: LoadTokens): Promise<void> {
    for (let turn = nth; !this.isStopping; turn++) {
      const urls = instances();
      const url = `${urls[turn % urls.length]}/api/v1/tenants`;
      const done =
        turn % 6 === 0 ? await this.beDenied(url, tokens.unable) : await this.create(url, tokens.able, turn % 3 === 0);
      if (!done) await sleep(PAUSE_AFTER_FAILURE_MS);
    }
  }

  private async create(url: string, token: string, andChange: boolean): Promise<boolean> {
    const entraTenantId = randomUUID();
    const tenant = { entraTenantId, displayName: 'a fault', signInAllowed: false, scanEnabled: false };
    const answer = await this.call('POST', url, token, tenant);
    if (answer?.status !== 201) return false;
    this.answered.created.add(entraTenantId);
    if (!andChange) return true;
    const { id } = JSON.parse(answer.text) as { id: string };
    const changed = await this.call('PATCH', `${url}/${id}`, token, { displayName: 'a change' }, { 'if-match': '"1"' });
    if (changed?.status === 200) this.answered.changed.add(entraTenantId);
    return changed?.status === 200;
  }

  private async beDenied(url: string, token: string): Promise<boolean> {
    const requestId = randomUUID();
    const answer = await this.call('GET', url, token, undefined, { 'x-request-id': requestId });
    if (answer?.status === 403) this.answered.denied.add(requestId);
    return answer?.status === 403;
  }

  /** Null when the call was never answered. */
  private async call(method: string, url: string, token: string, body?: object, more: Record<string, string> = {}) {
    try {
      const answer = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(GIVE_UP_MS),
      });
      const text = await answer.text();
      if (answer.status >= 400 && answer.status !== 403) this.count(String(answer.status));
      return { status: answer.status, text };
    } catch {
      this.count('never answered');
      return null;
    }
  }

  private count(what: string): void {
    this.answered.others.set(what, (this.answered.others.get(what) ?? 0) + 1);
  }
}
