import type { RouteAccess } from '../../../src/access/access.decorators.js';
import type { Permission } from '../../../src/access/permissions.js';

/** What the guards make of a request. `through`: they let it pass, whatever its handler says then. */
export type Verdict = 'unauthenticated' | 'denied' | 'through';

/** Who calls, as far as the guards can tell. */
export type Caller =
  | { kind: 'nobody' }
  | {
      kind: 'somebody';
      /** Held on `/`. */
      holds: ReadonlySet<Permission>;
      /** Held on a part only. */
      holdsBelow?: ReadonlySet<Permission>;
      /** What the token is narrowed to; absent: everything. */
      scopes?: ReadonlySet<Permission>;
    };

/** The answer that a row of endpoints.json promises, from the row alone; null for public routes, which judge for themselves. */
export function predict(access: RouteAccess, caller: Caller): Verdict | null {
  if (access.kind === 'public') return null;
  if (caller.kind === 'nobody') return 'unauthenticated';
  if (access.kind === 'authenticated') {
    return caller.scopes === undefined || access.narrowed === true ? 'through' : 'denied';
  }
  const { permission } = access;
  const isHeld =
    caller.holds.has(permission) || (access.anyScope === true && caller.holdsBelow?.has(permission) === true);
  return isHeld && caller.scopes?.has(permission) !== false ? 'through' : 'denied';
}
