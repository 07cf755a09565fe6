import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import { sha256 } from '../../crypto/digest.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { type AuditRow, statesText } from './canonical-record.js';
import { statesPlace } from './states-place.js';

/** A record as it is read from the table. */
export interface StoredAuditRow extends Omit<AuditRow, 'states'> {
  sealedStates: Buffer | null;
  /** Canonical JSON, of records that were written before states were sealed. */
  stateBefore: string | null;
  stateAfter: string | null;
}

/**
 * The record with its states opened. States that were spoilt in the table don't make it unreadable: in their place stands the
 * digest of what lies there, which is what the log then says of this record for good.
 */
export async function openStates(keys: KeyRing, stored: StoredAuditRow): Promise<AuditRow> {
  const { sealedStates, stateBefore, stateAfter, ...record } = stored;
  if (sealedStates === null)
    return { ...record, states: statesText(canonicalOrDigest(stateBefore), canonicalOrDigest(stateAfter)) };
  return { ...record, states: await open(keys, sealedStates, record) };
}

/**
 * Whoever can write to the table can write anything into the columns of old records: text that isn't one canonical value would end
 * the record's JSON early, and say something else to the next reader.
 */
function canonicalOrDigest(text: string | null): string | null {
  if (text === null) return null;
  try {
    if (canonicalJson(JSON.parse(text) as Json) === text) return text;
  } catch {
    // Not JSON at all, or nested without end.
  }
  return `{"unreadable":"${sha256(Buffer.from(text, 'utf8')).toString('hex')}"}`;
}

async function open(
  keys: KeyRing,
  sealed: Buffer,
  { id, tenantId }: Pick<AuditRow, 'id' | 'tenantId'>,
): Promise<string> {
  try {
    return (await keys.open(sealed, statesPlace(id, tenantId))).toString('utf8');
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'keys.cannot_open') throw error;
    return `{"after":{"unreadable":"${sha256(sealed).toString('hex')}"},"before":null}`;
  }
}
