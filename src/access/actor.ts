import type { Permission } from './permissions.js';

/** Who acts. Every mutating service method takes one first; there is no default actor. */
export type Actor = CallerActor | SystemActor;

/** Whoever calls the API. */
export type CallerActor = UserActor | ServiceAccountActor;

export interface UserActor {
  type: 'user';
  /** users.id */
  id: string;
  displayName: string;
  /** tenants.id of the user's home tenant. */
  tenantId: string;
  sessionId: string;
  /** What the token is narrowed to; null: everything that the account may do. */
  scopes: readonly Permission[] | null;
}

/** A program with an account of its own. */
export interface ServiceAccountActor {
  type: 'service_account';
  /** service_accounts.id; also its OAuth client id. */
  id: string;
  displayName: string;
  /** tenants.id of its owner's home tenant. */
  tenantId: string;
  /** What the token is narrowed to; null: everything that the account may do. */
  scopes: readonly Permission[] | null;
}

/** Work that the service does by itself, named after the work: `drift.scan`, `bootstrap`. */
export interface SystemActor {
  type: 'system';
  id: string;
  displayName: string;
}

export function systemActor(name: string): SystemActor {
  return { type: 'system', id: name, displayName: name };
}
