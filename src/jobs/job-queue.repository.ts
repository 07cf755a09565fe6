import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { JsonObject } from '../crypto/canonical-json.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { AddOptions, QueueOverview } from './job-queue.types.js';

/** The queue's tables, which belong to graphile-worker, and the connections that its runner works on. */
@Injectable()
export class JobQueueRepository {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async add(tx: Transaction, task: string, payload: JsonObject, options: AddOptions): Promise<void> {
    await tx.query(
      `SELECT 1 FROM graphile_worker.add_job($1, payload := $2::json, job_key := $3, max_attempts := $5, queue_name := $7,
              job_key_mode := $8,
              run_at := coalesce($4::timestamptz, clock_timestamp() + make_interval(secs => $6::double precision)))`,
      [
        task,
        JSON.stringify(payload),
        options.jobKey ?? null,
        options.runAt ?? null,
        options.maxAttempts ?? null,
        options.delaySeconds ?? 0,
        options.queueName ?? null,
        options.keepExisting === true ? 'unsafe_dedupe' : 'replace',
      ],
    );
  }

  /** Of whichever worker holds a job of the queue; the library has a function for this, and wants the worker's name. */
  async freeQueue(tx: Transaction, queueName: string): Promise<boolean> {
    const rows = await tx.query<{ worker: string }[]>(
      'SELECT locked_by AS worker FROM graphile_worker.jobs WHERE queue_name = $1 AND locked_by IS NOT NULL',
      [queueName],
    );
    if (rows.length === 0) return false;
    await tx.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [rows.map(({ worker }) => worker)]);
    return true;
  }

  overview(tx: Transaction): Promise<QueueOverview[]> {
    return tx.query<QueueOverview[]>(
      `SELECT task_identifier AS task,
              (count(*) FILTER (WHERE attempts < max_attempts AND run_at <= now()))::int AS due,
              (count(*) FILTER (WHERE attempts < max_attempts AND run_at > now()))::int AS later,
              (count(*) FILTER (WHERE attempts >= max_attempts))::int AS dead,
              min(run_at) FILTER (WHERE attempts < max_attempts AND run_at <= now()) AS "oldestDueAt"
         FROM graphile_worker.jobs GROUP BY task_identifier ORDER BY task_identifier`,
    );
  }

  /**
   * Connections of the runner's own, so that a busy API can't keep it from its jobs nor the other way round. One of them
   * listens for new jobs all the time.
   */
  openPool(connections: number): pg.Pool {
    return new pg.Pool({
      connectionString: this.url(),
      max: connections,
      application_name: 'blindspotx-queue',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
  }

  private url(): string {
    const { options } = this.dataSource;
    if (options.type !== 'postgres' || options.url === undefined)
      throw new Error('The database is given by a postgres:// URL.');
    return options.url;
  }
}
