import { hash } from 'node:crypto';
import { canonicalJson } from '../../crypto/canonical-json.js';
import type { ClassifiedChange } from './drift-report.types.js';

/** The same change between the same two states always has the same id. */
export function changeId(change: ClassifiedChange): string {
  const { resourceType, resourceKey, changeType, path, before, after } = change;
  return uuidOf(canonicalJson(['change', resourceType, resourceKey, changeType, path, before, after]));
}

/** Offline the changes of one object are one act. */
export function changeSetId(change: ClassifiedChange): string {
  return uuidOf(canonicalJson(['change-set', change.resourceType, change.resourceKey]));
}

/** RFC 9562 5.8: a version 8 UUID, its free bits taken from SHA-256. */
function uuidOf(text: string): string {
  const bytes = Buffer.from(hash('sha256', text), 'hex').subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
