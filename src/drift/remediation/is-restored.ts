import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import type { PlannedChange } from './remediation-plan.types.js';
import { restoredValue } from './restored-value.js';

/** Whether an object as it is now has the baseline's value where it had drifted; null: it isn't there. Pure. */
export function isRestored(change: PlannedChange, now: JsonObject | null): boolean {
  if (change.changeType === 'added') return now === null;
  if (now === null) return false;
  if (change.changeType === 'removed') return canonicalJson(now) === canonicalJson(change.before);
  // To undo the change once more changes nothing: its elements of a set are there and gone, its value is the baseline's.
  return canonicalJson(restoredValue(now, [change])) === canonicalJson(now);
}
