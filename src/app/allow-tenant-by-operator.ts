import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { createLogger, NestLogger } from '../observability/logger.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { AppModule } from './app.module.js';

/**
 * Lets the people of an Entra tenant sign in again, without a running service.
 *
 * @param entraTenantId the directory id
 * @throws DomainError tenants.not_found
 */
export async function allowTenantByOperator(settings: Settings, dataSource: DataSource, entraTenantId: string) {
  const logger = createLogger('error');
  settings.PROCESS_ROLE = 'api';
  const app = await NestFactory.createApplicationContext(AppModule.with(settings, dataSource, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  try {
    const { tenant, changed } = await app.get(TenantsService).allowByOperator(entraTenantId);
    return { displayName: tenant.displayName, changed };
  } finally {
    await app.close();
  }
}
