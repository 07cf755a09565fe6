import { performance } from 'node:perf_hooks';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';

const TIMEOUT_MS = 2000;

/**
 * Asks the database whether it is there, on one connection of its own: requests that fill the pool make the service slow and
 * not unready, or a load balancer would take instances away exactly when they are needed.
 */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  private pool: pg.Pool | undefined;
  private atHead = false;

  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** Milliseconds of a round trip; null when there is no answer within two seconds. */
  async latencyMs(): Promise<number | null> {
    const startedAt = performance.now();
    try {
      await this.connections().query('SELECT 1');
      return Math.round((performance.now() - startedAt) * 10) / 10;
    } catch {
      return null;
    }
  }

  /** Whether a migration that this version brings has not run. Once none is pending, none becomes so. */
  async migrationsPending(): Promise<boolean> {
    if (this.atHead) return false;
    const { migrationsTableName = 'migrations' } = this.dataSource.options;
    const { rows } = await this.connections().query<{ name: string }>(
      `SELECT name FROM ${pg.escapeIdentifier(migrationsTableName)}`,
    );
    const done = new Set(rows.map(({ name }) => name));
    this.atHead = this.dataSource.migrations.every((migration) =>
      done.has(migration.name ?? migration.constructor.name),
    );
    return !this.atHead;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.end();
  }

  private connections(): pg.Pool {
    if (this.pool === undefined) {
      const { options } = this.dataSource;
      if (options.type !== 'postgres') throw new Error('The database is PostgreSQL.');
      this.pool = new pg.Pool({
        connectionString: options.url,
        max: 1,
        application_name: 'blindspotx-health',
        connectionTimeoutMillis: TIMEOUT_MS,
        query_timeout: TIMEOUT_MS,
        idleTimeoutMillis: 60_000,
        allowExitOnIdle: true,
      });
      // An idle connection that is lost shows at the next probe.
      this.pool.on('error', () => undefined);
    }
    return this.pool;
  }
}
