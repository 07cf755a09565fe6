import type { AuditOutcome } from '../audit.types.js';

/** All that are given must hold. */
export interface AuditFilter {
  /** audit_events.id: only these. */
  ids?: readonly string[];
  from?: Date;
  to?: Date;
  actorId?: string;
  action?: string;
  /** What the action begins with, such as `users.`. */
  actionPrefix?: string;
  targetType?: string;
  targetId?: string;
  outcome?: AuditOutcome;
  requestId?: string;
  traceId?: string;
  sessionId?: string;
  tenantId?: string;
  sourceAddress?: string;
  /** Somewhere in the reason, the actor's name, the target's name or id, or the action, in capital or small letters. */
  text?: string;
}
