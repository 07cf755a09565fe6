import type { Counter, Gauge } from 'prom-client';
import { systemActor } from '../../access/actor.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import type { LeafRange } from '../../crypto/merkle/subtrees.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import type { Logger } from '../../observability/logger.js';
import type { AuditService } from '../audit.service.js';
import type { SealedRecord } from '../formats/audit-format.js';
import { lostRow } from '../formats/lost-row.js';
import { changedRecord } from '../formats/telling-changed.js';
import { comparedRecord } from '../read/compared-record.js';
import type { SealedRecordsRepository } from '../read/sealed-records.repository.js';
import type { DroppedMonths } from '../retention/dropped-months.service.js';
import type { SealedEnd } from '../seal/sealed-end.service.js';
import { type AuditSink, type Delivered, SinkRefused } from './audit-sink.js';
import type { AuditStreamsRepository, StreamLease, StreamPosition } from './audit-streams.repository.js';
import { backoffSeconds, LONGEST_DELAY_SECONDS } from './backoff.js';
import type { StreamPositions } from './stream-positions.service.js';
import { STREAM_ACTIONS } from './streams.events.js';

/** Records that are read at once; a delivery may take fewer. */
const READ_RECORDS = 500;
/** A delivery that takes longer has failed. Well under the lease, so that nobody else delivers meanwhile. */
const DELIVERY_TIMEOUT_MS = 20_000;
const LEASE_SECONDS = 60;
const TIMES = { leaseSeconds: LEASE_SECONDS, delaySeconds: LONGEST_DELAY_SECONDS };
/** Places that one line of the service's log names. */
const NAMED = 10;
/** Between two looks at a stream that has nothing to deliver, or that another instance delivers. */
const IDLE_MS = 500;
/** After a failure of ours, such as a database that is away. */
const TROUBLE_MS = 5000;
/** For a delivery that is under way when the process stops; what isn't confirmed by then is delivered again. */
const GRACE_MS = 3000;
const ACTOR = systemActor('audit.stream');

export interface StreamParts {
  transactions: TransactionRunner;
  streams: AuditStreamsRepository;
  end: SealedEnd;
  positions: StreamPositions;
  records: SealedRecordsRepository;
  dropped: DroppedMonths;
  keys: KeyRing;
  audit: AuditService;
  logger: Logger;
  lag: Gauge;
  failures: Counter;
  shortened: Counter;
  gaps: Counter;
}

/**
 * One stream in this process. Whichever instance has the lease delivers, in the order of the log; the position moves only after
 * the receiver has the records, so that each of them arrives at least once. No connection to the database is held while the
 * receiver is waited for.
 */
export class StreamDelivery {
  private readonly owner = newId();
  private readonly shutdown = new AbortController();
  private isStopping = false;
  /** Lost places below it were told: a delivery that is tried again tells of them once. */
  private toldUpTo = 0;
  private loop: Promise<void> | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly sink: AuditSink,
    private readonly parts: StreamParts,
  ) {}

  start(): void {
    this.loop ??= this.work();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.wake?.();
    const grace = setTimeout(() => this.shutdown.abort(new Error('the process is stopping')), GRACE_MS);
    await this.loop;
    clearTimeout(grace);
    this.shutdown.abort(new Error('the process is stopping'));
    await this.sink.close();
  }

  private async work(): Promise<void> {
    const { transactions, streams, logger } = this.parts;
    while (!this.isStopping) {
      const pause = await this.turn().catch((error: unknown) => {
        if (!this.isStopping) logger.warn({ err: error, stream: this.sink.name }, 'a stream of the audit trail halts');
        return TROUBLE_MS;
      });
      if (!this.isStopping) await this.sleep(pause);
    }
    await transactions.read((tx) => streams.release(tx, this.owner)).catch(() => undefined);
  }

  /** Delivers what there is. @returns after how many milliseconds to look again */
  async turn(): Promise<number> {
    const { transactions, streams, positions, lag } = this.parts;
    const name = this.sink.name;
    const [position] = await transactions.read((tx) => streams.findPositions(tx, [name]));
    const fault = position === undefined ? null : await positions.faultOf(position);
    // What the receiver has isn't known then: perhaps nothing.
    lag.set({ stream: name }, fault === null ? (position?.lag ?? 0) : sizeAt(position));
    if (position?.lag === 0 && fault === null) return IDLE_MS;
    if (position === undefined) await transactions.read((tx) => streams.makeStream(tx, name));
    const lease = await transactions.read((tx) => streams.claim(tx, name, this.owner, TIMES));
    if (lease === null) return IDLE_MS;
    try {
      await this.assertBelieved(lease);
      return (await this.deliverFrom(lease)) ? 0 : IDLE_MS;
    } catch (error) {
      this.shutdown.signal.throwIfAborted();
      if (!(error instanceof SinkRefused)) throw error;
      await this.fail(lease, error);
      return IDLE_MS;
    }
  }

  /** Whoever moved it keeps records from the receiver: it is told rather than followed. */
  private async assertBelieved(lease: StreamLease): Promise<void> {
    const { transactions, streams, positions } = this.parts;
    const [now] = await transactions.read((tx) => streams.findPositions(tx, [lease.name]));
    const fault = await positions.faultOf({ ...lease, ahead: now?.ahead ?? 0 });
    if (fault === null || (now?.ahead === 0 && (await this.adopt(lease)))) return;
    throw new SinkRefused(fault);
  }

  /** Takes over, once and on record, the position that the stream had when the database was brought to where positions are sealed. */
  private async adopt(lease: StreamLease): Promise<boolean> {
    const { transactions, streams, positions } = this.parts;
    const sealedPosition = await positions.seal(lease.name, lease.nextLeaf);
    return transactions.run(async (tx) => {
      const isAdopted = await streams.adopt(tx, lease, sealedPosition);
      if (isAdopted) await this.record(tx, 'audit.stream.adopted', 'success', undefined, { nextLeaf: lease.nextLeaf });
      return isAdopted;
    });
  }

  /** @returns whether there may be more to deliver at once */
  private async deliverFrom(lease: StreamLease): Promise<boolean> {
    const { transactions, end, records, keys } = this.parts;
    const { size } = await transactions.read((tx) => end.of(tx));
    // What lies beyond the end is nobody's record, whatever the size that stands beside the sealed one.
    const next = Math.max(lease.nextLeaf, Math.min(size, lease.nextLeaf + READ_RECORDS));
    const rows = await transactions.read((tx) => records.findRange(tx, { from: lease.nextLeaf, to: next }));
    if (rows.length < next - lease.nextLeaf && next > this.toldUpTo) {
      await this.tellLost({ from: Math.max(lease.nextLeaf, this.toldUpTo), to: next });
      this.toldUpTo = next;
    }
    const read: SealedRecord[] = [];
    for (const row of rows) read.push(this.withheld(await comparedRecord(keys, row)));
    for (let done = 0; done < read.length && !this.isStopping; ) {
      const { count, shortened } = await this.deliver(read.slice(done));
      done += count;
      const following = read[done]?.leafIndex ?? next;
      if (!(await this.advance(lease, following, shortened))) return false;
    }
    // Nothing of these leaves is kept any more.
    if (read.length === 0 && next > lease.nextLeaf) return this.advance(lease, next);
    return next > lease.nextLeaf;
  }

  /** What is gone can't be delivered; that it was there, and not dropped with its month, is not passed over. */
  private async tellLost(range: LeafRange): Promise<void> {
    const { transactions, dropped, records, logger, gaps } = this.parts;
    const lost = await transactions.read((tx) =>
      dropped.undisturbed(tx, (months) => records.findLost(tx, range, {}, months)),
    );
    if (lost.length === 0) return;
    gaps.inc({ kind: 'lost' }, lost.length);
    logger.error(
      { stream: this.sink.name, count: lost.length, places: lost.slice(0, NAMED) },
      'records of the audit trail are gone before they were delivered, although their month is kept: somebody wrote past the service',
    );
  }

  /** Of a record that was changed after it was sealed the receiver is told that it was, and nothing of what stands there now. */
  private withheld(record: SealedRecord): SealedRecord {
    if (!record.changed) return record;
    const { leafIndex } = record;
    this.parts.logger.error({ stream: this.sink.name, leafIndex }, 'an audit record was changed past the service');
    return { ...record, row: lostRow(changedRecord(record)) };
  }

  private async deliver(records: readonly SealedRecord[]): Promise<Delivered> {
    const timeout = AbortSignal.timeout(DELIVERY_TIMEOUT_MS);
    try {
      return await this.sink.deliver(records, AbortSignal.any([this.shutdown.signal, timeout]));
    } catch (error) {
      if (!timeout.aborted) throw error;
      throw new SinkRefused(`The receiver did not take the records within ${DELIVERY_TIMEOUT_MS / 1000} s.`);
    }
  }

  private async advance(
    lease: StreamLease,
    nextLeaf: number,
    shortened: readonly SealedRecord[] = [],
  ): Promise<boolean> {
    const { transactions, streams, positions } = this.parts;
    const sealedPosition = await positions.seal(lease.name, nextLeaf);
    const to = { nextLeaf, sealedPosition, shortened: shortened.length };
    const isMine = await transactions.run(async (tx) => {
      if (!(await streams.advance(tx, lease, to, LEASE_SECONDS))) return false;
      if (lease.failures > 0) await this.record(tx, 'audit.stream.recovered', 'success');
      for (const { leafIndex, row } of shortened) {
        const after = { leafIndex, id: row.id };
        await this.record(tx, 'audit.stream.shortened', 'failure', 'The receiver answered 413.', after);
      }
      return true;
    });
    lease.failures = 0;
    if (isMine && shortened.length > 0) this.parts.shortened.inc({ stream: this.sink.name }, shortened.length);
    return isMine;
  }

  private async fail(lease: StreamLease, error: SinkRefused): Promise<void> {
    const { transactions, streams, logger, failures } = this.parts;
    const stream = this.sink.name;
    failures.inc({ stream });
    const delay = backoffSeconds(lease.failures + 1, error.retryAfterSeconds, Math.random());
    logger.warn({ stream, reason: error.message, retryInSeconds: Math.round(delay) }, 'the audit trail is not taken');
    await transactions.run(async (tx) => {
      const isMine = await streams.fail(tx, lease, error.message, delay);
      if (isMine && lease.failures === 0) await this.record(tx, 'audit.stream.failed', 'failure', error.message);
    });
  }

  private record(
    tx: Transaction,
    action: keyof typeof STREAM_ACTIONS,
    outcome: 'success' | 'failure',
    reason?: string,
    after?: JsonObject,
  ): Promise<void> {
    return this.parts.audit.record(tx, ACTOR, {
      action: STREAM_ACTIONS[action],
      tenantId: null,
      target: { type: 'audit-stream', id: this.sink.name },
      outcome,
      ...(reason === undefined ? {} : { reason }),
      ...(after === undefined ? {} : { after }),
    });
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function sizeAt(position: StreamPosition | undefined): number {
  return position === undefined ? 0 : position.nextLeaf + position.lag - position.ahead;
}
