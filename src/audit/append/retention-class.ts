import type { AuditAction, AuditOutcome } from '../audit.types.js';

/** How long a record is kept is decided by its class: see the retention job. */
export type RetentionClass = 'security' | 'operation';

/** What the service does by itself, day after day. Whatever went wrong with it, and everything else, is of the class security. */
const ROUTINE = /^(?:drift\.scan|webhooks\.delivery|audit\.(?:checkpoint|stream))\./;

export function retentionClassOf(action: AuditAction, outcome: AuditOutcome): RetentionClass {
  return outcome === 'success' && ROUTINE.test(action) ? 'operation' : 'security';
}
