import type { CallerActor } from './actor.js';
import type { Permission } from './permissions.js';

/** On and below each of `allowed`, but not on and below any of `denied`. */
export interface Reach {
  allowed: readonly string[];
  denied: readonly string[];
}

/** Where a caller may do something: for rooms that don't know rbac/. An abstract class, because it is also the token. */
export abstract class CallerReach {
  abstract scopesWhere(actor: CallerActor, permission: Permission): Promise<Reach>;
}
