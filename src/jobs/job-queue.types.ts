import type { JsonObject } from '../crypto/canonical-json.js';

/** One run of a queued task. */
export interface QueuedRun {
  /** 1 for the first. */
  attempt: number;
  maxAttempts: number;
  /** Aborts when the process is stopping and has waited long enough. */
  signal: AbortSignal;
}

/** A throw makes the queue run the task again later, up to its maximum of attempts. Must bear being run twice. */
export type TaskHandler = (payload: JsonObject, run: QueuedRun) => Promise<void>;

export interface AddOptions {
  /** A waiting job of the same key is replaced instead of a second one added. */
  jobKey?: string;
  /** A job of the same key is left as it is, waiting or running. */
  keepExisting?: boolean;
  /** Jobs of one queue run one after the other, so that they take one place at most among those that run at a time. */
  queueName?: string;
  runAt?: Date;
  /** Seconds from now by the database's clock; instead of runAt. */
  delaySeconds?: number;
  /** 25 when absent. */
  maxAttempts?: number;
}

/** What waits in the queue: for the health page. */
export interface QueueOverview {
  task: string;
  due: number;
  later: number;
  /** Failed as often as allowed. */
  dead: number;
  oldestDueAt: Date | null;
}
