import { Injectable } from '@nestjs/common';
import type { Permission } from '../access/permissions.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { UsersService } from '../users/users.service.js';
import { allowedPermissions, evaluateAccess } from './evaluate-access.js';
import { RbacRepository } from './rbac.repository.js';
import type { EffectiveAccess } from './rbac.types.js';
import { ROOT_SCOPE } from './scope.js';

/** Answers who may do what, from the database, at the time of the database. */
@Injectable()
export class AccessDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rbac: RbacRepository,
    private readonly users: UsersService,
  ) {}

  /** What somebody who is already known to be active may do. @param userId users.id */
  async permissionsOf(userId: string, scope: string = ROOT_SCOPE): Promise<Set<Permission>> {
    return this.transactions.read((tx) => this.permissionsWithin(tx, userId, scope));
  }

  /** The same within a transaction that changes access. */
  async permissionsWithin(tx: Transaction, userId: string, scope: string = ROOT_SCOPE): Promise<Set<Permission>> {
    return allowedPermissions(await this.rbac.findGrants(tx, userId, scope));
  }

  /** Unknown and disabled users may do nothing. */
  async isAllowed(userId: string, permission: Permission, scope: string): Promise<boolean> {
    const user = await this.transactions.read((tx) => this.users.find(tx, userId));
    if (user === null || user.status !== 'active') return false;
    return (await this.permissionsOf(userId, scope)).has(permission);
  }

  /**
   * Every permission that any valid assignment speaks of, whether it is held in the end, and why.
   *
   * @throws DomainError users.not_found
   */
  async effectiveAccess(userId: string): Promise<EffectiveAccess[]> {
    const user = await this.users.get(userId);
    const access = evaluateAccess(await this.transactions.read((tx) => this.rbac.findGrants(tx, userId, ROOT_SCOPE)));
    return user.status === 'active' ? access : access.map((entry) => ({ ...entry, allowed: false }));
  }
}
