import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { createLogger } from '../../src/observability/logger.js';
import { createDatabaseFromTemplate } from './test-database.js';

export interface TestService {
  app: NestFastifyApplication;
  /** http://127.0.0.1:port */
  url: string;
  /** Every line that was logged, parsed. */
  logged: Record<string, unknown>[];
  databaseUrl: string;
  close(): Promise<void>;
}

/** The whole service in this process, on a database of its own and a free port: for tests that speak HTTP. */
export async function startTestService(env: Record<string, string> = {}): Promise<TestService> {
  const logged: Record<string, unknown>[] = [];
  const databaseUrl = env['DATABASE_URL'] ?? (await createDatabaseFromTemplate());
  const settings = loadSettings({
    NODE_ENV: 'test',
    PROCESS_ROLE: 'api',
    LOG_LEVEL: 'info',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
    PUBLIC_URL: 'http://localhost:3000',
    ...env,
  });
  const logger = createLogger(settings.LOG_LEVEL, {
    write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>),
  });
  const app = await createHttpApp(settings, await openDatabase(settings, false), logger);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), logged, databaseUrl, close: () => app.close() };
}
