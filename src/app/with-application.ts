import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { createLogger, NestLogger } from '../observability/logger.js';
import { AppModule } from './app.module.js';

/** Work of the operator with all the rooms and no running service: nothing listens and no job of its own begins. */
export async function withApplication<T>(
  settings: Settings,
  dataSource: DataSource,
  work: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const logger = createLogger('error');
  settings.PROCESS_ROLE = 'api';
  const app = await NestFactory.createApplicationContext(AppModule.with(settings, dataSource, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
