import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';
import type { DriftChange } from './drift-change.entity.js';
import type { ChangeDetails, NewChange, ReadableChange } from './readable-change.js';

const DETAILS = defineSealedColumn({
  table: 'drift_changes',
  column: 'sealed_details',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: true,
});

/** A change as it is written. */
export type SealedChange = Omit<NewChange, keyof ChangeDetails> & { sealedDetails: Buffer };

/** Seals and opens what changes say. */
@Injectable()
export class ChangeSeals {
  constructor(private readonly keys: KeyRing) {}

  seal(change: Pick<ReadableChange, 'id' | 'tenantId'> & ChangeDetails): Promise<Buffer> {
    const { displayName, path, beforeJson, afterJson, title, actorName, attributionEvidence } = change;
    const details: ChangeDetails = { displayName, path, beforeJson, afterJson, title, actorName, attributionEvidence };
    return this.keys.seal(Buffer.from(JSON.stringify(details), 'utf8'), DETAILS.place(change.id, change.tenantId));
  }

  sealAll(changes: NewChange[]): Promise<SealedChange[]> {
    return Promise.all(
      changes.map(async (change) => {
        const { displayName, path, beforeJson, afterJson, title, actorName, attributionEvidence, ...rest } = change;
        return { ...rest, sealedDetails: await this.seal(change) };
      }),
    );
  }

  /** @throws DomainError keys.cannot_open */
  async open({ sealedDetails, ...change }: DriftChange): Promise<ReadableChange> {
    const text = (await this.keys.open(sealedDetails, DETAILS.place(change.id, change.tenantId))).toString('utf8');
    return { ...change, ...(JSON.parse(text) as ChangeDetails) };
  }

  openAll(rows: DriftChange[]): Promise<ReadableChange[]> {
    return Promise.all(rows.map((row) => this.open(row)));
  }
}
