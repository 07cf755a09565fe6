import type { Actor } from '../access/actor.js';
import type { JsonObject } from '../crypto/canonical-json.js';

/** `module.noun.past`; declared by each module with defineAuditActions. */
export type AuditAction = `${string}.${string}.${string}`;

export type AuditOutcome = 'success' | 'denied' | 'failure';

export interface AuditTarget {
  /** Singular noun: user, session, drift-change, baseline, webhook-endpoint, route. */
  type: string;
  id: string;
  displayName?: string | null;
}

/** Nobody known: before sign-in. */
export interface AnonymousActor {
  type: 'anonymous';
  id: null;
  displayName: null;
}
export const ANONYMOUS: AnonymousActor = { type: 'anonymous', id: null, displayName: null };

export type AuditActor = Actor | AnonymousActor;

/** One record of the trail, without what the recorder knows itself (time, request id, trace id, source address, user agent). */
export interface AuditEntry {
  action: AuditAction;
  /** tenants.id whose data is concerned; null for what concerns the installation. */
  tenantId: string | null;
  target: AuditTarget | null;
  outcome: AuditOutcome;
  reason?: string;
  /** State before and after a mutation; secrets are masked before they are passed. */
  before?: JsonObject;
  after?: JsonObject;
}

const actions = new Map<AuditAction, string>();

/**
 * Declares a module's audit actions with one sentence each (docs/contract/audit-events.json). One that isn't recorded any more stays
 * declared: records are kept for years, and searches take declared actions only.
 */
export function defineAuditActions<A extends AuditAction>(definitions: Record<A, string>): { [K in A]: K } {
  const names = {} as { [K in A]: K };
  for (const [name, description] of Object.entries<string>(definitions)) {
    if (actions.has(name as A)) throw new Error(`audit action ${name} is declared twice`);
    actions.set(name as A, description);
    (names as Record<string, string>)[name] = name;
  }
  return names;
}

export function auditActionCatalogue(): ReadonlyMap<AuditAction, string> {
  return actions;
}
