import type { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { AssignmentsService } from '../rbac/assignments/assignments.service.js';
import { withApplication } from './with-application.js';

/**
 * Gives a role to a user without a running service.
 *
 * @throws DomainError when there is no such user or role
 */
export function grantByOperator(settings: Settings, dataSource: DataSource, user: string, role: string) {
  return withApplication(settings, dataSource, async (app) => {
    const { user: account, granted } = await app.get(AssignmentsService).grantRoleByOperator(user, role);
    return { displayName: account.displayName, granted };
  });
}
