/** Who acts. Every mutating service method takes one first; there is no default actor. */
export type Actor = UserActor | SystemActor;

export interface UserActor {
  type: 'user';
  /** users.id */
  id: string;
  displayName: string;
  /** tenants.id of the user's home tenant. */
  tenantId: string;
  sessionId: string;
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
