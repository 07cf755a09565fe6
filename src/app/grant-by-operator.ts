import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { createLogger, NestLogger } from '../observability/logger.js';
import { AssignmentsService } from '../rbac/assignments/assignments.service.js';
import { AppModule } from './app.module.js';

/**
 * Gives a role to a user without a running service.
 *
 * @throws DomainError when there is no such user or role
 */
export async function grantByOperator(settings: Settings, dataSource: DataSource, user: string, role: string) {
  const logger = createLogger('error');
  settings.PROCESS_ROLE = 'api';
  const app = await NestFactory.createApplicationContext(AppModule.with(settings, dataSource, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    const { user: account, granted } = await app.get(AssignmentsService).grantRoleByOperator(user, role);
    return { displayName: account.displayName, granted };
  } finally {
    await app.close();
  }
}
