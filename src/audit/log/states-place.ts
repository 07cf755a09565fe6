import type { SealedPlace } from '../../crypto/key-ring.js';
import { defineSealedColumn } from '../../crypto/sealed-columns.js';

/** Records are appended and never changed: the key of their states stays until the last of them is gone. */
const STATES = defineSealedColumn({
  table: 'audit_events',
  column: 'sealed_states',
  row: 'id',
  tenant: 'tenant_id',
  rewrap: false,
});

/** Where the states of a record lie sealed. */
export function statesPlace(id: string, tenantId: string | null): SealedPlace {
  return STATES.place(id, tenantId);
}
