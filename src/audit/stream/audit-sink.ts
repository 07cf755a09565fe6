import type { SealedRecord } from '../formats/audit-format.js';

/** Which streams there can be; each has a position of its own. */
export type StreamName = 'syslog' | 'https' | 'stdout';

/** What the receiver has. */
export interface Delivered {
  /** How many of the records, at least one. */
  count: number;
  /** Which of them only in their short form, because it takes no longer one. */
  shortened: readonly SealedRecord[];
}

/** Where a stream ends. One delivery at a time. */
export interface AuditSink {
  readonly name: StreamName;
  /**
   * Hands over as many of the records as go into one delivery, from the first on.
   *
   * @param records at least one, by place
   * @param signal aborts when it takes too long or the process stops
   * @throws SinkRefused
   */
  deliver(records: readonly SealedRecord[], signal: AbortSignal): Promise<Delivered>;
  close(): Promise<void>;
}

/** The receiver doesn't have the records, or didn't say that it has. */
export class SinkRefused extends Error {
  /** @param detail one sentence for people: no secrets, no more of an answer than its status */
  constructor(
    detail: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
    this.name = 'SinkRefused';
  }
}
