import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../database/change-feed.service.js';
import { LiveCache } from '../database/live-cache.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { isUuid } from '../kernel/ids/ids.js';
import { TenantsRepository } from './tenants.repository.js';

const KEPT = 1000;

/** Whose people may sign in: asked for every token of Entra that is new here, so it is answered from memory. */
@Injectable()
export class SignInTenants {
  private readonly kept: LiveCache<boolean>;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsRepository,
    feed: ChangeFeed,
  ) {
    this.kept = new LiveCache(feed, ['tenant'], KEPT);
  }

  /** @param entraTenantId whatever a token says; a tenant that isn't known here is not allowed */
  isAllowed(entraTenantId: string): boolean | Promise<boolean> {
    if (!isUuid(entraTenantId)) return false;
    const key = entraTenantId.toLowerCase();
    return this.kept.get(key)?.value ?? this.ask(key);
  }

  private async ask(key: string): Promise<boolean> {
    const entry = await this.kept.load(key, () => this.transactions.read((tx) => this.read(tx, key)));
    return entry?.value ?? false;
  }

  private async read(tx: Parameters<TenantsRepository['findByEntraTenantId']>[0], key: string) {
    const tenant = await this.tenants.findByEntraTenantId(tx, key);
    if (tenant === null) return null;
    return { value: tenant.signInAllowed, secondsLeft: null, dependsOn: [`tenant:${tenant.id}` as const] };
  }
}
