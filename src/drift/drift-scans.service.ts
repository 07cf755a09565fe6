import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { JobSlots } from '../jobs/job-slots.service.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { driftError } from './drift.errors.js';
import { DRIFT_ACTIONS } from './drift.events.js';
import { ScanHistoryRepository, type ScanRow } from './scan-history.repository.js';
import { SCAN_JOB } from './scan-job.js';
import type { TenantsInReach } from './tenant-access/subject.types.js';

/** Scans as people ask for them and look back at them. */
@Injectable()
export class DriftScans {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly slots: JobSlots,
    private readonly tenants: TenantsService,
    private readonly history: ScanHistoryRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * Queues a scan beside the schedule.
   *
   * @param tenantId tenants.id; null takes the only tenant that is scanned
   * @param tenants of which it takes that
   * @returns its id
   * @throws DomainError tenants.not_found, drift.tenant_required
   */
  async request(actor: Actor, tenantId: string | null, tenants: TenantsInReach = null): Promise<string> {
    const tenant = tenantId === null ? await this.onlyTenant(tenants) : await this.tenants.get(tenantId);
    return this.transactions.run(async (tx) => {
      const id = await this.slots.openManual(tx, SCAN_JOB, tenant.id, actor);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.scan.requested'],
        tenantId: tenant.id,
        target: { type: 'scan', id },
        outcome: 'success',
      });
      return id;
    });
  }

  /** @throws DomainError drift.scan_not_found */
  async get(id: string): Promise<ScanRow> {
    const scan = await this.transactions.read((tx) => this.history.findById(tx, id));
    if (scan === null) throw driftError('drift.scan_not_found');
    return scan;
  }

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<ScanRow>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.history.findPage(tx, tenants, limit + 1, before)), limit);
  }

  private async onlyTenant(tenants: TenantsInReach) {
    const scanned = await this.tenants.listScanned();
    const [tenant, ...others] = scanned.filter(({ id }) => tenants === null || tenants.includes(id));
    if (tenant === undefined || others.length > 0) {
      throw driftError('drift.tenant_required', {
        detail:
          tenant === undefined
            ? 'No tenant is scanned yet.'
            : `${others.length + 1} tenants are scanned; name one of them in "tenant".`,
      });
    }
    return tenant;
  }
}
