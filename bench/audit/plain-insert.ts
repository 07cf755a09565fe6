import type { AuditActor, AuditEntry } from '../../src/audit/audit.types.js';
import { currentContext } from '../../src/kernel/context/request-context.js';
import { newId } from '../../src/kernel/ids/ids.js';

/** What most services have: one table, its columns and indexes those of ours, nothing masked, encrypted, partitioned or sealed. */
export const PLAIN_TABLE = `
  CREATE TABLE audit_plain (
    id uuid PRIMARY KEY, occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(), action text NOT NULL, outcome text NOT NULL, reason text,
    actor_type text NOT NULL, actor_id text, actor_name text, session_id uuid, tenant_id uuid, target_type text, target_id text,
    target_name text, source_address text, user_agent text, request_id text, trace_id text, state_before text, state_after text
  );
  CREATE INDEX ON audit_plain USING brin (occurred_at);
  CREATE INDEX ON audit_plain (actor_id, id);
  CREATE INDEX ON audit_plain (target_id, id);
  CREATE INDEX ON audit_plain (request_id)`;

export const PLAIN_INSERT = {
  name: 'audit_plain_insert',
  text: `INSERT INTO audit_plain (id, action, outcome, reason, actor_type, actor_id, actor_name, session_id, tenant_id, target_type, target_id,
    target_name, source_address, user_agent, request_id, trace_id, state_before, state_after)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
};

export function plainValues(actor: AuditActor, entry: AuditEntry): unknown[] {
  const context = currentContext();
  return [
    newId(),
    entry.action,
    entry.outcome,
    entry.reason ?? null,
    actor.type,
    actor.id,
    actor.displayName,
    actor.type === 'user' ? actor.sessionId : null,
    entry.tenantId,
    entry.target?.type ?? null,
    entry.target?.id ?? null,
    entry.target?.displayName ?? null,
    context?.sourceAddress ?? null,
    context?.userAgent ?? null,
    context?.requestId ?? null,
    context?.traceId ?? null,
    entry.before === undefined ? null : JSON.stringify(entry.before),
    entry.after === undefined ? null : JSON.stringify(entry.after),
  ];
}
