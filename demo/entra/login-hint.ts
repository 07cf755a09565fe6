import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';

const PREFIX = 'O.';

/**
 * The claim `login_hint`, which Entra gives to applications that registered it as an optional claim: opaque to them, and taken
 * back as `login_hint` of the authorize page and as `logout_hint` of the logout page.
 */
export function loginHintOf(objectId: string): string {
  return PREFIX + Buffer.from(objectId).toString('base64url');
}

/** The person whom a hint means: by that claim, by user principal name or by object id. */
export function hintedPerson(state: TenantState, hint: string): JsonObject | undefined {
  const claimed = hint.startsWith(PREFIX) ? Buffer.from(hint.slice(PREFIX.length), 'base64url').toString() : hint;
  return state.findUser(claimed);
}
