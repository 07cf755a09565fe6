import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import type { Actor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { runWithContext } from '../kernel/context/request-context.js';
import { traceIdOf } from '../kernel/context/traceparent.js';
import { storableText } from '../kernel/text/storable-text.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import type { LostRun, SlotOverview, SlotRow, SlotRun } from './job-slot.types.js';
import { JobSlotsRepository } from './job-slots.repository.js';
import { jobsError } from './jobs.errors.js';

/** A slot whose run was lost or failed so often is failed for good. */
export const MAX_ATTEMPTS = 5;
const DEFAULT_LEASE_SECONDS = 60;
const LONGEST_RETRY_DELAY_SECONDS = 60;
const MAX_REASON_LENGTH = 1000;
const CLAIM_TRIES = 5;

export interface ClaimOptions {
  /** How long nobody else may take the slot over unless the lease is renewed; 60 when absent. */
  leaseSeconds?: number;
  /** Keys of which none is taken now. */
  except?: readonly string[];
  /** What follows when a slot is failed because its last allowed run was lost; in the transaction that fails it. */
  onLost?: (tx: Transaction, lost: LostRun) => Promise<void>;
}

/**
 * Schedules that run once per slot however many instances there are. A claim gives a lease, which says until when nobody
 * else may start, and a fence, a number that grows with every claim: what a run writes counts only while its fence is the
 * newest, so that an instance that slept through its lease and wakes up can't write over its successor.
 */
@Injectable()
export class JobSlots {
  private readonly owner = `${hostname()}:${process.pid}`;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly slots: JobSlotsRepository,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.slots) private readonly outcomes: Counter,
  ) {}

  /**
   * Opens every slot of the schedule that became due by the database's clock. What is older than 12 slots, and than
   * two minutes, and not started becomes `missed`. Cheap enough to be called every second.
   *
   * @param key what the job is about, such as a tenants.id
   */
  async openDueSlots(job: string, key: string, intervalSeconds: number): Promise<void> {
    const due = await this.transactions.read((tx) => this.slots.findDueEpochs(tx, job, key, intervalSeconds));
    if (due.length === 0) return;
    const givenUp = await this.transactions.run(async (tx) => {
      await this.slots.insertScheduled(tx, job, key, due);
      return this.slots.giveUpBacklog(tx, job, key, intervalSeconds);
    });
    if (givenUp > 0) {
      this.outcomes.inc({ job, outcome: 'missed' }, givenUp);
      this.logger.warn({ job, key, slots: givenUp }, 'scheduled slots were missed: no instance ran them in time');
    }
  }

  /**
   * Queues a run outside the schedule. One that waits already is handed out again: it will see all that a second would.
   *
   * @returns the slot's id
   */
  async openManual(tx: Transaction, job: string, key: string, requestedBy: Actor): Promise<string> {
    return (
      (await this.slots.findPendingManual(tx, job, key)) ?? (await this.slots.insertManual(tx, job, key, requestedBy))
    );
  }

  /**
   * Takes the oldest slot that waits, or whose runner let its lease expire. Null when there is none, or when one of the
   * same (job, key) is running.
   */
  async claim(job: string, key?: string, options: ClaimOptions = {}): Promise<SlotRun | null> {
    const leaseSeconds = options.leaseSeconds ?? DEFAULT_LEASE_SECONDS;
    await this.failExhausted(job, options.onLost);
    for (let tries = 0; tries < CLAIM_TRIES; tries++) {
      try {
        return await this.transactions.read((tx) =>
          this.slots.claim(
            tx,
            job,
            { key: key ?? null, except: options.except ?? [] },
            leaseSeconds,
            this.owner,
            MAX_ATTEMPTS,
          ),
        );
      } catch (error) {
        // Another instance was a moment faster with a slot of the same (job, key). A slot of another key may still be free.
        if (!isAnotherRunning(error)) throw error;
      }
    }
    return null;
  }

  /** Whether a slot is there that could be taken now. */
  isWaiting(job: string): Promise<boolean> {
    return this.transactions.read((tx) => this.slots.isWaiting(tx, job));
  }

  /** @throws DomainError jobs.run_overtaken */
  async renew(run: SlotRun): Promise<void> {
    const renewal = await this.transactions.read((tx) => this.slots.renew(tx, run));
    if (renewal === 'overtaken' || renewal === 'finished') throw overtaken(run);
  }

  /**
   * Completes the slot in the transaction of what the run wrote, and holds the slot until that transaction ends.
   *
   * @throws DomainError jobs.run_overtaken, so that the whole transaction rolls back
   */
  async complete(tx: Transaction, run: SlotRun, result?: JsonObject): Promise<void> {
    await this.assertFence(tx, run);
    await this.slots.complete(tx, run, result ?? null);
    this.outcomes.inc({ job: run.job, outcome: 'completed' });
  }

  /** @throws DomainError jobs.run_overtaken when another run has the slot, or this one has ended */
  async assertFence(tx: Transaction, run: SlotRun): Promise<void> {
    if (!(await this.slots.lockIfMine(tx, run))) throw overtaken(run);
  }

  /**
   * Ends the run without success. With `retry` the slot waits again, a little longer each time, until it has had 5 attempts.
   * Of a run that was overtaken there is nothing to fail: its successor decides.
   *
   * @param tx what follows from the failure belongs into the same transaction
   * @param reason one sentence for people; no secrets, it is shown by the API
   * @returns whether the run still held the slot; false: nothing was changed, and nothing must follow
   */
  async fail(tx: Transaction, run: SlotRun, reason: string, retry: boolean): Promise<boolean> {
    const text = storableText(reason).slice(0, MAX_REASON_LENGTH);
    const again = retry && run.attempt < MAX_ATTEMPTS;
    const mine = again
      ? await this.slots.putBack(tx, run, text, Math.min(LONGEST_RETRY_DELAY_SECONDS, 2 ** run.attempt), true)
      : await this.slots.fail(tx, run, text);
    if (mine) this.outcomes.inc({ job: run.job, outcome: again ? 'retried' : 'failed' });
    return mine;
  }

  /** Hands the slot back unrun, for another instance to take at once: for a process that is stopping. */
  async release(run: SlotRun): Promise<void> {
    await this.transactions.run((tx) => this.slots.putBack(tx, run, null, 0, false));
  }

  get(id: string): Promise<SlotRow | null> {
    return this.transactions.read((tx) => this.slots.findById(tx, id));
  }

  /** How every (job, key) of the last seven days stands. */
  overview(): Promise<SlotOverview[]> {
    return this.transactions.read((tx) => this.slots.overview(tx));
  }

  /**
   * Does the work of a run while renewing its lease at a third of its length. The signal aborts when the run is overtaken,
   * or when the lease could not be renewed for its whole length, because then somebody may be taking over.
   *
   * @throws DomainError jobs.run_overtaken when the work failed after that; work that succeeds all the same has completed the
   * slot in its transaction, or wrote nothing that counts
   */
  withLease<T>(run: SlotRun, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const context = { requestId: run.id, traceId: traceIdOf(undefined), sourceAddress: null, userAgent: null };
    return runWithContext(context, () => this.workUnderLease(run, work));
  }

  /** Each in a transaction of its own: one that can't be recorded stays as it is for the next claim, and holds up no other. */
  private async failExhausted(job: string, onLost?: ClaimOptions['onLost']): Promise<void> {
    for (const id of await this.transactions.read((tx) => this.slots.findExhausted(tx, job, MAX_ATTEMPTS))) {
      try {
        const failed = await this.transactions.run(async (tx) => {
          const lost = await this.slots.failExhausted(tx, id, MAX_ATTEMPTS);
          if (lost !== null) await onLost?.(tx, lost);
          return lost !== null;
        });
        if (failed) this.outcomes.inc({ job, outcome: 'failed' });
      } catch (error) {
        this.logger.error(
          { err: error, job, slotId: id },
          'a slot whose runs were lost could not be failed; trying again',
        );
      }
    }
  }

  private async workUnderLease<T>(run: SlotRun, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    let renewedAt = performance.now();
    let renewing: Promise<void> = Promise.resolve();
    let done = false;
    const renew = async () => {
      const startedAt = performance.now();
      try {
        const renewal = await this.transactions.read((tx) => this.slots.renew(tx, run));
        if (renewal === 'overtaken') lost.abort(overtaken(run));
        else renewedAt = startedAt;
      } catch (error) {
        this.logger.warn({ err: error, job: run.job, key: run.key }, 'a lease could not be renewed; trying again');
        if (performance.now() - renewedAt > run.leaseSeconds * 1000) lost.abort(overtaken(run));
      }
    };
    const timer = setInterval(
      () => {
        if (!done) renewing = renewing.then(renew);
      },
      (run.leaseSeconds * 1000) / 3,
    );
    try {
      return await work(lost.signal);
    } catch (error) {
      lost.signal.throwIfAborted();
      throw error;
    } finally {
      done = true;
      clearInterval(timer);
      await renewing;
    }
  }
}

function overtaken(run: SlotRun) {
  return jobsError('jobs.run_overtaken', {
    detail: `Run ${run.attempt} of slot ${run.id} (${run.job}) no longer holds it; nothing of it is written.`,
  });
}

function isAnotherRunning(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'jobs.another_running';
}
