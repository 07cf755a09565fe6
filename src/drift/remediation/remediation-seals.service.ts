import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { AgreedPlan } from './remediation.types.js';

const PLAN = defineSealedColumn({
  table: 'drift_remediations',
  column: 'sealed_plan',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** Seals and opens agreed plans: they hold what the tenant has. */
@Injectable()
export class RemediationSeals {
  constructor(private readonly keys: KeyRing) {}

  seal(id: string, tenantId: string, { plan, changes, objects }: AgreedPlan): Promise<Buffer> {
    const text = JSON.stringify({ plan, changes, objects });
    return this.keys.seal(Buffer.from(text, 'utf8'), PLAN.place(id, tenantId));
  }

  /** @throws DomainError keys.cannot_open */
  async open(id: string, tenantId: string, sealed: Buffer): Promise<AgreedPlan> {
    return JSON.parse((await this.keys.open(sealed, PLAN.place(id, tenantId))).toString('utf8')) as AgreedPlan;
  }
}
