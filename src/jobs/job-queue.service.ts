import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Logger as QueueLogger, type Runner, run, type TaskList } from 'graphile-worker';
import type pg from 'pg';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { runWithContext } from '../kernel/context/request-context.js';
import { traceIdOf } from '../kernel/context/traceparent.js';
import { newId } from '../kernel/ids/ids.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { JobQueueRepository } from './job-queue.repository.js';
import type { AddOptions, QueueOverview, TaskHandler } from './job-queue.types.js';

/** Handlers mostly wait for the network. */
const CONCURRENT_JOBS = 10;
/** One for each that takes its next job or ends one, so that none waits for another, and the one that listens. */
const CONNECTIONS = CONCURRENT_JOBS + 1;
const POLL_INTERVAL_MS = 2000;
const LONGEST_RESTART_DELAY_MS = 30_000;

/**
 * Work that fans out (webhook deliveries and the like) on a kept queue in PostgreSQL: a job is added in the transaction that
 * makes it necessary and runs at least once, on any instance whose PROCESS_ROLE is `all` or `worker`.
 */
@Injectable()
export class JobQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly handlers = new Map<string, TaskHandler>();
  private readonly stopping = new AbortController();
  private pool: pg.Pool | undefined;
  private runner: Runner | undefined;
  private supervision: Promise<void> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly transactions: TransactionRunner,
    private readonly queue: JobQueueRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Says who does a task. To be called before the application has started: in a constructor or onModuleInit.
   *
   * @param task `module.verb`, such as `notifications.deliver`
   */
  register(task: string, handler: TaskHandler): void {
    if (this.handlers.has(task)) throw new Error(`task ${task} is registered twice`);
    if (this.supervision !== undefined) throw new Error(`task ${task} is registered after the queue was started`);
    this.handlers.set(task, handler);
  }

  /** Adds a job that exists exactly if the transaction commits. Keep payloads to ids: they are seen by whoever reads the queue. */
  add(tx: Transaction, task: string, payload: JsonObject, options: AddOptions = {}): Promise<void> {
    return this.queue.add(tx, task, payload, options);
  }

  /**
   * Lets the jobs of a queue that runs one after the other go on: an instance that was killed holds its job, and so the queue, for
   * hours. To be called by who knows that nobody is at it; a job that is at work after all then runs twice.
   *
   * @returns whether somebody held it
   */
  freeQueue(tx: Transaction, queueName: string): Promise<boolean> {
    return this.queue.freeQueue(tx, queueName);
  }

  overview(): Promise<QueueOverview[]> {
    return this.transactions.read((tx) => this.queue.overview(tx));
  }

  onApplicationBootstrap(): void {
    if (this.settings.PROCESS_ROLE === 'api' || this.handlers.size === 0) return;
    this.pool = this.queue.openPool(CONNECTIONS);
    const lost = (error: Error) => this.logger.warn({ err: error }, 'the queue lost a database connection');
    this.pool.on('error', lost);
    this.pool.on('connect', (client) => client.on('error', lost));
    this.supervision = this.supervise(this.pool);
  }

  /** Lets running jobs end; what is longer than graphile-worker's grace of 5 s gets its signal aborted. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.runner?.stop().catch(() => undefined);
    await this.supervision;
    await this.pool?.end();
  }

  /** The runner gives up when its database stays away. The service doesn't: it starts another one. */
  private async supervise(pool: pg.Pool): Promise<void> {
    for (let failures = 0; !this.stopping.signal.aborted; failures++) {
      const startedAt = Date.now();
      try {
        this.runner = await run({
          pgPool: pool,
          concurrency: CONCURRENT_JOBS,
          pollInterval: POLL_INTERVAL_MS,
          noHandleSignals: true,
          // Without a batch the library drops the promise of a completion: a database that is away for a moment would end the
          // process as an unhandled rejection. A batch of one retries it and hands its failure to the runner.
          preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
          taskList: this.taskList(),
          logger: new QueueLogger(() => (level, message, meta) => this.log(level, message, meta)),
        });
        if (this.stopping.signal.aborted) await this.runner.stop().catch(() => undefined);
        await this.runner.promise;
      } catch (error) {
        if (!this.stopping.signal.aborted) this.logger.warn({ err: error }, 'the queue stopped; starting it again');
      }
      if (this.stopping.signal.aborted) return;
      if (Date.now() - startedAt > LONGEST_RESTART_DELAY_MS) failures = 0;
      const delay = Math.min(LONGEST_RESTART_DELAY_MS, 500 * 2 ** Math.min(failures, 10));
      await sleep(delay, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private taskList(): TaskList {
    const tasks: TaskList = {};
    for (const [task, handler] of this.handlers) {
      tasks[task] = (payload, { job, abortSignal }) => {
        const context = { requestId: newId(), traceId: traceIdOf(undefined), sourceAddress: null, userAgent: null };
        return runWithContext(context, () =>
          handler(payload as JsonObject, { attempt: job.attempts, maxAttempts: job.max_attempts, signal: abortSignal }),
        );
      };
    }
    return tasks;
  }

  /** The library speaks of errors that it retries by itself: those are warnings here. */
  private log(level: string, message: string, meta: unknown): void {
    const error = (meta as { error?: unknown } | undefined)?.error;
    const fields = error === undefined ? {} : { err: error };
    if (level === 'error' || level === 'warning') this.logger.warn(fields, `queue: ${message}`);
    else this.logger.debug(fields, `queue: ${message}`);
  }
}
