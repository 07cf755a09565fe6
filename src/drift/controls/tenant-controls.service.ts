import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { ControlVerdictsRepository } from './control-verdicts.repository.js';
import type { DriftControl } from './drift-control.entity.js';
import { FindingSeals, type SealedFinding } from './finding-seals.service.js';

/** A control of a tenant as it stands. */
export type TenantControl = DriftControl & SealedFinding;

/** How the watched tenants stand to the controls. */
@Injectable()
export class TenantControls {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tenants: TenantsService,
    private readonly verdicts: ControlVerdictsRepository,
    private readonly seals: FindingSeals,
  ) {}

  /** Of every one of these that is scanned; empty until a scan ended with a report. */
  async list(tenants: TenantsInReach): Promise<TenantControl[]> {
    const scanned = await this.tenants.listScanned();
    const wanted = scanned.filter(({ id }) => tenants === null || tenants.includes(id));
    const rows = await this.transactions.read(async (tx) => {
      const found: DriftControl[] = [];
      for (const { id } of wanted) found.push(...(await this.verdicts.findCurrent(tx, id)));
      return found;
    });
    return Promise.all(rows.map(async (row) => ({ ...row, ...(await this.seals.open(row)) })));
  }
}
