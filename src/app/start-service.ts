import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from '../../ormconfig.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { openDataSource } from '../database/open-data-source.js';
import { migrateQueue } from '../jobs/migrate-queue.js';
import { createLogger, type Logger } from '../observability/logger.js';
import { createHttpApp } from './http-app.js';

const IMPATIENT_AFTER_MS = 2000;
/** Connections that may wait to be accepted: thousands can come in one moment, and Node's own 511 would be reset. */
const CONNECTION_BACKLOG = 4096;

export interface RunningService {
  app: NestFastifyApplication;
  /** Where it answers. */
  url: string;
}

/**
 * Brings the service up: settings, database (an embedded one in development when none is named), migrations, application.
 *
 * @throws ConfigurationError listing every fault of the environment
 */
export async function startService(env: Record<string, string | undefined>): Promise<RunningService> {
  const settings = loadSettings(env);
  const logger = createLogger(settings.LOG_LEVEL);
  const database = await databaseUrl(settings, logger);
  settings.DATABASE_URL = database.url;

  const migrate = settings.MIGRATE_ON_START ?? settings.NODE_ENV !== 'production';
  const dataSource = await openDatabase(settings, migrate);
  const app = await createHttpApp(settings, dataSource, logger);
  const host = settings.HOST ?? (settings.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
  await app.listen({ port: settings.PORT, host, backlog: CONNECTION_BACKLOG });
  closeOnSignals(app, logger, database.stop);
  const url = await app.getUrl();
  logger.info({ url, role: settings.PROCESS_ROLE, startedInMs: Math.round(process.uptime() * 1000) }, 'ready');
  return { app, url };
}

/** Opens the pool; pending migrations of our tables and of the job queue run first when asked. */
export async function openDatabase(
  settings: Settings,
  migrate: boolean,
  applicationName = 'blindspotx',
): Promise<DataSource> {
  const dataSource = await openDataSource(
    { ...dataSourceOptions(settings), applicationName } as DataSourceOptions,
    migrate,
  );
  if (migrate && settings.DATABASE_URL !== undefined) await migrateQueue(settings.DATABASE_URL);
  return dataSource;
}

async function databaseUrl(settings: Settings, logger: Logger): Promise<{ url: string; stop: () => Promise<void> }> {
  if (settings.DATABASE_URL !== undefined) return { url: settings.DATABASE_URL, stop: async () => {} };
  const { startEmbeddedPostgres } = await import('../database/embedded-postgres.js');
  const server = await startEmbeddedPostgres({ dir: settings.DATA_DIR });
  logger.info(
    { port: server.port, dir: settings.DATA_DIR },
    'using the embedded PostgreSQL; set DATABASE_URL for your own',
  );
  return server;
}

/**
 * SIGTERM and SIGINT: readiness turns 503, requests in flight and running scans end or are handed back, pools close, and the
 * embedded database, if it is ours, goes last. A second signal, two seconds later or more, doesn't wait.
 */
function closeOnSignals(app: NestFastifyApplication, logger: Logger, stopDatabase: () => Promise<void>): void {
  let closingSince: number | undefined;
  const close = async (signal: NodeJS.Signals) => {
    if (closingSince !== undefined) {
      // A terminal and a supervisor may both pass one Ctrl-C on: only somebody who asks again later has lost patience.
      if (performance.now() - closingSince > IMPATIENT_AFTER_MS) process.exit(1);
      return;
    }
    closingSince = performance.now();
    logger.info({ signal }, 'stopping');
    try {
      await app.close();
      await stopDatabase();
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, 'the service could not stop cleanly');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (received) => void close(received));
}
