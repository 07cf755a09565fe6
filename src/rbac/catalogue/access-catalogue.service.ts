import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PERMISSIONS, type Permission, SYSTEM_ROLES } from '../../access/permissions.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AssignmentsRepository } from '../assignments/assignments.repository.js';
import { rbacError } from '../rbac.errors.js';
import type { RoleSummary } from '../rbac.types.js';
import { CatalogueRepository } from './catalogue.repository.js';

/** The permissions and roles there are. The code says which; the rows let assignments refer to them. */
@Injectable()
export class AccessCatalogue implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly catalogue: CatalogueRepository,
    private readonly rbac: AssignmentsRepository,
  ) {}

  /** Brings the rows to what the code says; does nothing when they already are. */
  async onModuleInit(): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.rbac.lockChanges(tx);
      await this.catalogue.upsertPermissions(tx, PERMISSIONS);
      await this.catalogue.deletePermissionsExcept(tx, Object.keys(PERMISSIONS));
      for (const [name, role] of Object.entries(SYSTEM_ROLES)) {
        await this.catalogue.putSystemRole(tx, name, role.description, role.permissions);
      }
    });
  }

  listPermissions(): { name: Permission; description: string }[] {
    return CATALOGUE;
  }

  listRoles(): Promise<RoleSummary[]> {
    return this.transactions.read((tx) => this.rbac.findRoles(tx));
  }

  /** @throws DomainError rbac.role_not_found */
  async permissionsOfRole(roleId: string): Promise<Permission[]> {
    return this.transactions.read(async (tx) => {
      if ((await this.rbac.findRole(tx, roleId)) === null) throw rbacError('rbac.role_not_found');
      return this.rbac.findRolePermissions(tx, roleId);
    });
  }
}

const CATALOGUE = Object.entries(PERMISSIONS)
  .map(([name, description]) => ({ name: name as Permission, description }))
  .sort((left, right) => (left.name < right.name ? -1 : 1));
