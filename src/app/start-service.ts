import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from '../../ormconfig.js';
import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { openDataSource } from '../database/open-data-source.js';
import { migrateQueue } from '../jobs/migrate-queue.js';
import { createLogger, type Logger } from '../observability/logger.js';
import { Ending } from './ending.js';
import { createHttpApp } from './http-app.js';

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
  const ending = new Ending(logger);
  // From here on, since whoever ends a start that takes long wants nothing of it to stay.
  ending.listen();
  try {
    const app = await bringUp(settings, logger, ending);
    const url = await app.getUrl();
    logger.info({ url, role: settings.PROCESS_ROLE, startedInMs: Math.round(process.uptime() * 1000) }, 'ready');
    return { app, url };
  } catch (error) {
    if (ending.isAskedFor) return new Promise(() => undefined);
    await ending
      .close()
      .catch((fault: unknown) => logger.error({ err: fault }, 'a start that failed left something open'));
    throw error;
  }
}

async function bringUp(settings: Settings, logger: Logger, ending: Ending): Promise<NestFastifyApplication> {
  settings.DATABASE_URL ??= await embeddedDatabase(settings, logger, ending);
  const migrate = settings.MIGRATE_ON_START ?? settings.NODE_ENV !== 'production';
  const dataSource = await openDatabase(settings, migrate);
  // The application closes it with itself; what doesn't get that far leaves it open.
  ending.closing(async () => (dataSource.isInitialized ? dataSource.destroy() : undefined));
  const app = await createHttpApp(settings, dataSource, logger);
  // Readiness turns 503, requests in flight and running scans end or are handed back, pools close.
  ending.closing(() => app.close());
  const host = settings.HOST ?? (settings.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
  await app.listen({ port: settings.PORT, host, backlog: CONNECTION_BACKLOG });
  return app;
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

async function embeddedDatabase(settings: Settings, logger: Logger, ending: Ending): Promise<string> {
  const { startEmbeddedPostgres } = await import('../database/embedded-postgres.js');
  const starting = startEmbeddedPostgres({ dir: settings.DATA_DIR });
  // One that couldn't start has nothing to stop, and has said so.
  ending.closing(() =>
    starting.then(
      (server) => server.stop(),
      () => undefined,
    ),
  );
  const { port, url } = await starting;
  logger.info({ port, dir: settings.DATA_DIR }, 'using the embedded PostgreSQL; set DATABASE_URL for your own');
  return url;
}
