import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AccessSourceRepository } from './access-source.repository.js';
import type { AccessConfiguration } from './access-source.types.js';
import { RoleClosures } from './role-closures.js';

/** Gives access as configuration, for whoever watches that it stays as it was approved. */
@Injectable()
export class AccessSource {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly source: AccessSourceRepository,
  ) {}

  /**
   * @param entraTenantId Entra's directory id
   * @throws Error when what is read can't be the whole: an unknown tenant, an installation without roles
   */
  read(entraTenantId: string): Promise<AccessConfiguration> {
    return this.transactions.read(async (tx) => {
      const tenantId = await this.source.findTenantId(tx, entraTenantId);
      if (tenantId === null) throw new Error('access was asked for of a tenant that is none of ours');
      // In this order: an assignment that is read is of a role that is known, or one that is newer than all of them.
      const roles = await this.source.findRoles(tx);
      if (!roles.some(({ isSystem }) => isSystem))
        throw new Error('there are no system roles, which are written at start');
      const byId = new Map(roles.map((role) => [role.id, role]));
      return {
        roles: roles.map((role) => ({
          ...role,
          inheritedPermissions: [...RoleClosures.in(byId).of(role.id).permissions].filter(
            (permission) => !role.permissions.includes(permission),
          ),
          parentRoles: role.parents.map((id) => ({ id, name: byId.get(id)?.name ?? id })),
        })),
        constraints: await this.source.findConstraints(tx),
        assignments: await this.source.findAssignments(tx, tenantId),
      };
    });
  }
}
