import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { CallerReach } from '../../access/caller-reach.js';
import type { Permission } from '../../access/permissions.js';
import { type TenantReach, tenantReach } from '../../audit/read/tenant-reach.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { SubjectKind, TenantsInReach } from './subject.types.js';
import { SubjectTenantsRepository } from './subject-tenants.repository.js';

/** Where somebody may: each tenant is a scope, `/tenants/{id}`, and what is about a tenant belongs to it as a whole. */
@Injectable()
export class TenantAccess {
  constructor(
    private readonly reach: CallerReach,
    private readonly transactions: TransactionRunner,
    private readonly subjects: SubjectTenantsRepository,
  ) {}

  /** The tenants on which a caller may. */
  async inReach(actor: CallerActor, permission: Permission): Promise<TenantsInReach> {
    const reach = await this.reachOf(actor, permission);
    if (reach.everything && reach.except.length === 0) return null;
    const all = await this.transactions.read((tx) => this.subjects.allTenants(tx));
    return all.filter((id) => isWithin(reach, id));
  }

  /** Whether a caller may, on a tenant, by now. */
  async may(actor: CallerActor, permission: Permission, tenantId: string): Promise<boolean> {
    return isWithin(await this.reachOf(actor, permission), tenantId.toLowerCase());
  }

  /** Whether a caller may everywhere: what concerns the installation. */
  async mayEverywhere(actor: CallerActor, permission: Permission): Promise<boolean> {
    const { allowed, denied } = await this.reach.scopesWhere(actor, permission);
    return allowed.includes('/') && !denied.includes('/');
  }

  /** The first of these that isn't there, or isn't of one of the tenants. */
  async firstOutside(of: SubjectKind, ids: readonly string[], tenants: readonly string[]): Promise<string | undefined> {
    if (ids.length === 0) return undefined;
    const found = await this.transactions.read((tx) => this.subjects.find(tx, of, ids));
    return ids.find((id) => !tenants.includes(found.get(id) ?? ''));
  }

  private async reachOf(actor: CallerActor, permission: Permission): Promise<TenantReach> {
    return tenantReach(await this.reach.scopesWhere(actor, permission));
  }
}

function isWithin(reach: TenantReach, tenantId: string): boolean {
  if (reach.except.includes(tenantId)) return false;
  return reach.everything || reach.allTenants || reach.tenants.includes(tenantId);
}
