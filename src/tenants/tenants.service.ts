import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { TenantRules } from './tenant-rules.service.js';
import { tenantsError } from './tenants.errors.js';
import { TENANT_ACTIONS } from './tenants.events.js';
import { TenantsRepository } from './tenants.repository.js';
import type { Consent, NewTenant, TenantPatch, WatchedTenant } from './tenants.types.js';
import { weakensSecondPerson } from './weakens-second-person.js';

/** Which Entra tenants are watched, how often, and whose people may sign in. */
@Injectable()
export class TenantsService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsRepository,
    private readonly rules: TenantRules,
    private readonly audit: AuditService,
    private readonly settings: Settings,
  ) {}

  /** The environment names the first tenant. Its schedule is then kept in the database and changed by the API. */
  async onModuleInit(): Promise<void> {
    const entraTenantId = this.settings.ENTRA_TENANT_ID?.toLowerCase();
    if (entraTenantId === undefined) return;
    await this.transactions.run(async (tx) => {
      const created = await this.tenants.insertIfAbsent(tx, {
        entraTenantId,
        displayName: entraTenantId,
        signInAllowed: true,
        scanEnabled: true,
        scanIntervalSeconds: this.settings.DRIFT_SCAN_INTERVAL_SECONDS,
        breakGlassObjectIds: [],
      });
      if (created !== null) await this.recordCreated(tx, systemActor('bootstrap'), created);
    });
  }

  findByEntraTenantId(entraTenantId: string): Promise<WatchedTenant | null> {
    return this.transactions.read((tx) => this.tenants.findByEntraTenantId(tx, entraTenantId));
  }

  /** Within a transaction of others; null when there is no such tenant. */
  find(tx: Transaction, id: string): Promise<WatchedTenant | null> {
    return this.tenants.findById(tx, id);
  }

  /** @throws DomainError tenants.not_found */
  async get(id: string): Promise<WatchedTenant> {
    const tenant = await this.transactions.read((tx) => this.tenants.findById(tx, id));
    if (tenant === null) throw tenantsError('tenants.not_found');
    return tenant;
  }

  listScanned(): Promise<WatchedTenant[]> {
    return this.transactions.read((tx) => this.tenants.findScanned(tx));
  }

  /** Those whose people may sign in. */
  listSignInAllowed(): Promise<WatchedTenant[]> {
    return this.transactions.read((tx) => this.tenants.findSignInAllowed(tx));
  }

  async list(limit: number, cursor?: string): Promise<Page<WatchedTenant>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.tenants.findPage(tx, limit + 1, after)), limit);
  }

  create(actor: Actor, tenant: NewTenant): Promise<WatchedTenant> {
    return this.transactions.run(async (tx) => {
      const created = await this.tenants.insert(tx, tenant);
      await this.recordCreated(tx, actor, created);
      return created;
    });
  }

  /**
   * Whose people may no longer sign in lose everything at once, programs included, so whoever decides it must hold what they hold.
   *
   * @throws DomainError tenants.not_found, tenants.second_person_required, rbac.no_way_up, rbac.last_administrator;
   *   request.precondition_failed when somebody else changed it since `version` was read
   */
  async update(actor: Actor, id: string, version: number, patch: TenantPatch): Promise<WatchedTenant> {
    return this.transactions.run((tx) => this.updateWithin(tx, actor, id, version, patch, 'alone'));
  }

  /**
   * For whoever has a shell on the host: the way back in when nobody may sign in any more.
   *
   * @throws DomainError tenants.not_found
   */
  allowByOperator(entraTenantId: string): Promise<{ tenant: WatchedTenant; changed: boolean }> {
    return this.transactions.run(async (tx) => {
      const tenant = await this.tenants.findByEntraTenantId(tx, entraTenantId);
      if (tenant === null) throw tenantsError('tenants.not_found');
      if (tenant.signInAllowed) return { tenant, changed: false };
      const actor = systemActor('operator');
      const after = await this.updateWithin(tx, actor, tenant.id, tenant.version, { signInAllowed: true }, 'alone');
      return { tenant: after, changed: true };
    });
  }

  /**
   * Within a transaction of others.
   *
   * @param consent whether a second person has approved
   * @throws DomainError as `update`
   */
  async updateWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    version: number,
    patch: TenantPatch,
    consent: Consent,
  ): Promise<WatchedTenant> {
    const seen = await this.tenants.findById(tx, id);
    if (seen === null) throw tenantsError('tenants.not_found');
    const { signInAllowed = seen.signInAllowed } = patch;
    if (signInAllowed !== seen.signInAllowed) await this.rules.assertMayChangeSignIn(tx, actor, seen, signInAllowed);
    const before = await this.tenants.lock(tx, id);
    // What was judged is what was seen: another version of it is another tenant.
    if (before === null || (signInAllowed !== before.signInAllowed && before.version !== seen.version)) {
      throw kernelError('request.precondition_failed');
    }
    if (consent === 'alone' && before.version === version && weakensSecondPerson(before, patch))
      throw tenantsError('tenants.second_person_required');
    const after = await this.tenants.update(tx, id, version, patch);
    if (after === null) throw kernelError('request.precondition_failed');
    await this.audit.record(tx, actor, {
      action: TENANT_ACTIONS['tenants.tenant.updated'],
      tenantId: id,
      target: { type: 'tenant', id, displayName: after.displayName },
      outcome: 'success',
      before: stateOf(before),
      after: stateOf(after),
    });
    return after;
  }

  private recordCreated(tx: Transaction, actor: Actor, tenant: WatchedTenant): Promise<void> {
    return this.audit.record(tx, actor, {
      action: TENANT_ACTIONS['tenants.tenant.created'],
      tenantId: tenant.id,
      target: { type: 'tenant', id: tenant.id, displayName: tenant.displayName },
      outcome: 'success',
      after: stateOf(tenant),
    });
  }
}

function stateOf(tenant: WatchedTenant): JsonObject {
  return {
    entraTenantId: tenant.entraTenantId,
    displayName: tenant.displayName,
    signInAllowed: tenant.signInAllowed,
    scanEnabled: tenant.scanEnabled,
    scanIntervalSeconds: tenant.scanIntervalSeconds,
    breakGlassObjectIds: tenant.breakGlassObjectIds,
    secondPerson: tenant.secondPerson,
    remediationEnabled: tenant.remediationEnabled,
  };
}
