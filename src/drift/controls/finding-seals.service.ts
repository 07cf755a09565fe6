import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { ControlFinding } from './control.types.js';
import type { DriftControl } from './drift-control.entity.js';

/** What is sealed of a verdict: it names objects of the tenant and holds their values. */
export type SealedFinding = Pick<ControlFinding, 'reason' | 'evidence'>;

const FINDING = defineSealedColumn({
  table: 'drift_controls',
  column: 'sealed_finding',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** Seals and opens what verdicts hang on. */
@Injectable()
export class FindingSeals {
  constructor(private readonly keys: KeyRing) {}

  /** @param text JSON of a SealedFinding */
  seal({ id, tenantId }: Pick<DriftControl, 'id' | 'tenantId'>, text: string): Promise<Buffer> {
    return this.keys.seal(Buffer.from(text, 'utf8'), FINDING.place(id, tenantId));
  }

  /** @throws DomainError keys.cannot_open */
  async open({ id, tenantId, sealedFinding }: DriftControl): Promise<SealedFinding> {
    const bytes = await this.keys.open(sealedFinding, FINDING.place(id, tenantId));
    return JSON.parse(bytes.toString('utf8')) as SealedFinding;
  }
}
