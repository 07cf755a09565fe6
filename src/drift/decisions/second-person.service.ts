import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { Consent } from '../../tenants/tenants.types.js';
import { driftError } from '../drift.errors.js';
import type { Severity } from '../report/drift-report.types.js';
import { isGrave } from './gravity.js';

export type { Consent };

/** Whether a tenant wants two people for what settles grave drift. */
@Injectable()
export class SecondPerson {
  constructor(private readonly tenants: TenantsService) {}

  /**
   * @param severities of what would be settled
   * @throws DomainError drift.second_person_required
   */
  async assertGiven(
    tx: Transaction,
    tenantId: string,
    severities: readonly Severity[],
    consent: Consent,
  ): Promise<void> {
    if (consent === 'approved' || !severities.some(isGrave)) return;
    const tenant = await this.tenants.find(tx, tenantId);
    if (tenant === null || tenant.secondPerson) throw driftError('drift.second_person_required');
  }
}
