import type { Permission } from '../../../src/access/permissions.js';
import type { ContractRow } from './contract-rows.js';

/** What the guards make of a request. `through`: they let it pass, whatever its handler says then. */
export type Verdict = 'unauthenticated' | 'denied' | 'through';

/** Who calls: the facts of the kind, as far as they can matter. */
export type Caller = { kind: 'nobody' } | Somebody;

export interface Somebody {
  kind: 'somebody';
  /** Held on `/`. */
  holds: ReadonlySet<Permission>;
  /** Held on a part only. */
  holdsBelow?: ReadonlySet<Permission>;
  /** What the token is narrowed to; absent: everything. */
  scopes?: ReadonlySet<Permission>;
  /** The token is good for these paths and nothing elsewhere; absent: for all. */
  opensOnly?: string;
}

/** The answer that a line of the contract promises to a kind of caller: from these two alone. */
export function predict(row: ContractRow, caller: Caller): Verdict {
  if (row.kind === 'public') return 'through';
  if (caller.kind === 'nobody') return 'unauthenticated';
  if (caller.opensOnly !== undefined && !row.path.startsWith(caller.opensOnly)) return 'unauthenticated';
  if (row.kind === 'authenticated') {
    return caller.scopes === undefined || row.narrowed === true ? 'through' : 'denied';
  }
  const { permission } = row;
  const isHeld = caller.holds.has(permission) || (row.anyScope === true && caller.holdsBelow?.has(permission) === true);
  return isHeld && caller.scopes?.has(permission) !== false ? 'through' : 'denied';
}
