import type { KeyRing } from '../../crypto/key-ring.js';
import { leafHash } from '../../crypto/merkle/tree-hash.js';
import type { SealedRecord } from '../formats/audit-format.js';
import { type AuditRow, canonicalRecord } from '../log/canonical-record.js';
import { openStates } from '../log/open-states.js';
import type { SealedRow } from './sealed-records.repository.js';

/** A row as it is read, compared with what the tree has at its place. */
export async function comparedRecord(
  keys: KeyRing,
  { leafIndex, leafHash, ...stored }: SealedRow,
): Promise<SealedRecord> {
  const row = await openStates(keys, stored);
  return { leafIndex, row, leafHash, changed: !wasSealedAs(row, leafHash) };
}

/** @param sealed the hash that the tree has at the record's place; null when it has none */
export function wasSealedAs(row: AuditRow, sealed: Buffer | null): boolean {
  return sealed !== null && leafHash(Buffer.from(canonicalRecord(row), 'utf8')).equals(sealed);
}
