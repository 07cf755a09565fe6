import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { RoleClosures } from '../decisions/role-closures.js';
import { rbacError } from '../rbac.errors.js';
import { RolesRepository } from '../roles/roles.repository.js';
import type { PermissionsOfRole } from './held-throughout.js';

/** What roles bring, inherited permissions included, as a transaction that changes them sees it. */
@Injectable()
export class RolePermissions {
  constructor(private readonly roles: RolesRepository) {}

  /**
   * @param roleIds those that will be asked for, as the rows have them
   * @returns a function that throws DomainError rbac.unknown_role: a role that isn't there must not pass for one that brings nothing
   */
  async of(tx: Transaction, roleIds: Iterable<string>): Promise<PermissionsOfRole> {
    const roles = await this.roles.findClosure(tx, [...new Set(roleIds)]);
    const closures = RoleClosures.in(roles);
    return (roleId) => {
      if (!roles.has(roleId)) throw rbacError('rbac.unknown_role');
      return closures.of(roleId).permissions;
    };
  }
}
