import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { withApplication } from './with-application.js';

/**
 * Lets the people of an Entra tenant sign in again, without a running service.
 *
 * @param entraTenantId the directory id
 * @throws DomainError tenants.not_found
 */
export function allowTenantByOperator(settings: Settings, dataSource: DataSource, entraTenantId: string) {
  return withApplication(settings, dataSource, async (app) => {
    const { tenant, changed } = await app.get(TenantsService).allowByOperator(entraTenantId);
    return { displayName: tenant.displayName, changed };
  });
}
