import { SCANNED_TYPES } from '../resource-types/resource-type.types.js';

/** As JSON in UTF-8. The reasons of all types together have to fit into one event (20,000 bytes), beside the types' names and times. */
const ALL_REASONS_BYTES = 13_000;
const MAX_REASON_BYTES = Math.floor(ALL_REASONS_BYTES / SCANNED_TYPES.length);

/** Shortens a reason, whole characters only, until the JSON text without the quotes fits into its share of an event. */
export function cutReason(reason: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of reason) {
    bytes += Buffer.byteLength(JSON.stringify(character), 'utf8') - 2;
    if (bytes > MAX_REASON_BYTES) break;
    kept += character;
  }
  return kept;
}
