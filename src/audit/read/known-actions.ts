import { auditActionCatalogue } from '../audit.types.js';
import type { AuditFilter } from './audit-filter.js';
import { auditReadError } from './audit-read.errors.js';

/** That are named to whoever asked for one that there isn't. */
const NEAREST = 3;

/**
 * Refuses a filter by an action that no record can have: an empty answer would read as "this never happened".
 *
 * @throws DomainError audit.unknown_action, which names the nearest
 */
export function assertKnownAction({ action, actionPrefix }: AuditFilter): void {
  const actions = [...auditActionCatalogue().keys()];
  const isKnown =
    (action === undefined || actions.some((known) => known === action)) &&
    (actionPrefix === undefined || actions.some((known) => known.startsWith(actionPrefix)));
  if (isKnown) return;
  const asked = action ?? `${actionPrefix}*`;
  const nearest = nearestTo(asked, action === undefined ? familiesOf(actions) : actions);
  const detail = `No action of this service is ${asked}. Nearest: ${nearest.join(', ')}.`;
  throw auditReadError('audit.unknown_action', {
    detail,
    errors: [{ pointer: '/action', code: 'action', detail: `such as ${nearest.join(', ')}` }],
  });
}

/** `users.*` and `users.user.*` for `users.user.updated`. */
function familiesOf(actions: readonly string[]): string[] {
  const families = actions.flatMap((action) => {
    const [module, noun] = action.split('.');
    return [`${module}.*`, `${module}.${noun}.*`];
  });
  return [...new Set(families)];
}

function nearestTo(asked: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(asked, name) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, NEAREST)
    .map(({ name }) => name);
}

/** How many characters have to be put in, taken out or replaced (Levenshtein). Both are short: the filter has 100 at most. */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}
