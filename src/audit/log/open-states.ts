import { sha256 } from '../../crypto/digest.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import type { AuditRow } from './canonical-record.js';
import { statesPlace } from './states-place.js';

/** A record as it is read from the table. */
export interface StoredAuditRow extends Omit<AuditRow, 'states'> {
  sealedStates: Buffer | null;
  /** How long it is kept. Not among the bytes that are sealed: by its action and outcome it is known. */
  retentionClass: string;
}

/**
 * The record with its states opened. States that were spoilt in the table don't make it unreadable: in their place stands the
 * digest of what lies there, which is what the log then says of this record for good.
 */
export async function openStates(keys: KeyRing, stored: StoredAuditRow): Promise<AuditRow> {
  const { sealedStates, retentionClass: _kept, ...record } = stored;
  return { ...record, states: sealedStates === null ? null : await open(keys, sealedStates, record) };
}

async function open(
  keys: KeyRing,
  sealed: Buffer,
  { id, tenantId }: Pick<AuditRow, 'id' | 'tenantId'>,
): Promise<string> {
  try {
    return (await keys.open(sealed, statesPlace(id, tenantId))).toString('utf8');
  } catch (error) {
    // Any other says that the keys can't be read now (keys.exchanged, a vault that is away): what is sealed may be whole.
    if (!(error instanceof DomainError) || error.code !== 'keys.cannot_open') throw error;
    return `{"after":{"unreadable":"${sha256(sealed).toString('hex')}"},"before":null}`;
  }
}
