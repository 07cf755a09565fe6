import type { AccessChange } from './access-change.js';

/** What an actor lacks for a change: a permission on a scope, or the time that it would have to last. */
export interface MissingAuthority {
  permission: string;
  scope: string;
  /** Unix milliseconds: held, but only until then. Null: not held. */
  heldUntil: number | null;
}

/**
 * Judges a change by what the actor holds: every permission throughout its scope, and what is given until its end.
 *
 * @param heldUntil Unix milliseconds, Infinity for ever; null for not held throughout
 */
export function missingAuthority(
  { deltas, needs = 'access:manage' }: AccessChange,
  heldUntil: (permission: string, scope: string) => number | null,
): MissingAuthority[] {
  const missing = new Map<string, MissingAuthority>();
  const demand = (permission: string, scope: string, end: number) => {
    const held = heldUntil(permission, scope);
    if (held === null || held < end) missing.set(`${permission} ${scope}`, { permission, scope, heldUntil: held });
  };
  for (const { permissions, scope, gives, until } of deltas) {
    if (needs !== null) demand(needs, scope, Number.NEGATIVE_INFINITY);
    const end = gives ? (until?.getTime() ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
    for (const permission of permissions) demand(permission, scope, end);
  }
  return [...missing.values()];
}

/** At most so many are named; the others are counted. */
const NAMED = 10;

/** A sentence for people on what is missing. */
export function describeMissing(what: string, missing: readonly MissingAuthority[]): string {
  const names = missing.slice(0, NAMED).map(({ permission, scope, heldUntil }) => {
    const where = scope === '/' ? '' : ` on ${scope}`;
    return heldUntil === null
      ? permission + where
      : `${permission}${where} beyond ${new Date(heldUntil).toISOString()}`;
  });
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  return `The ${what} takes what you do not hold: ${names.join(', ')}${more}.`;
}
