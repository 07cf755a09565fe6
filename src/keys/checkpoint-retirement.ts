import type { KeyRing, SealedPlace } from '../crypto/key-ring.js';
import { defineSealedColumn } from '../crypto/sealed-columns.js';
import { DomainError } from '../kernel/errors/domain-error.js';

const RETIREMENT = defineSealedColumn({
  table: 'checkpoint_keys',
  column: 'sealed_retirement',
  row: 'id',
  tenant: null,
  rewrap: true,
});

type Seals = Pick<KeyRing, 'seal' | 'open'>;

/**
 * Until when a key that was replaced signs beside its successor, sealed for its row: that the state in the table is another moves
 * nothing, because whoever can write rows could have the key erased by it.
 */
export function sealRetirement(keys: Seals, id: string, retiresAt: Date): Promise<Buffer> {
  return keys.seal(Buffer.from(retiresAt.toISOString(), 'utf8'), placeOf(id));
}

/** @returns null where this service never took the key out of use */
export async function openRetirement(keys: Seals, id: string, sealed: Buffer | null): Promise<Date | null> {
  if (sealed === null) return null;
  try {
    const retiresAt = new Date((await keys.open(sealed, placeOf(id))).toString('utf8'));
    return Number.isNaN(+retiresAt) ? null : retiresAt;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'keys.cannot_open') return null;
    throw error;
  }
}

function placeOf(id: string): SealedPlace {
  return RETIREMENT.place(id);
}
