import type { AuditFilter } from './audit-filter.js';
import type { TenantReach } from './tenant-reach.js';

/** Conditions in SQL, with the values of their parameters. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** @param condition with `?` where the value goes; all of them are the same parameter */
  add(condition: string, value: unknown): void {
    this.values.push(value);
    this.parts.push(condition.replaceAll('?', `$${this.values.length}`));
  }

  /** @returns the parameter's name */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  text(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' AND ');
  }
}

const TEXTS = ['reason', 'actor_name', 'target_name', 'target_id', 'action'];

/** Which condition each filter adds. */
const CONDITIONS: Record<keyof AuditFilter, string> = {
  ids: 'event.id = ANY (?::uuid[])',
  from: 'event.occurred_at >= ?',
  to: 'event.occurred_at < ?',
  actorId: 'event.actor_id = ?',
  action: 'event.action = ?',
  actionPrefix: `event.action LIKE ? ESCAPE '\\'`,
  targetType: 'event.target_type = ?',
  targetId: 'event.target_id = ?',
  outcome: 'event.outcome = ?',
  requestId: 'event.request_id = ?',
  traceId: 'event.trace_id = ?',
  sessionId: 'event.session_id = ?',
  tenantId: 'event.tenant_id = ?',
  sourceAddress: 'event.source_address = ?',
  text: `(${TEXTS.map((column) => `event.${column} ILIKE ? ESCAPE '\\'`).join(' OR ')})`,
};

export function addFilter(conditions: Conditions, filter: AuditFilter): void {
  for (const name of Object.keys(CONDITIONS) as (keyof AuditFilter)[]) {
    const value = filter[name];
    if (value === undefined) continue;
    if (name === 'actionPrefix') conditions.add(CONDITIONS[name], `${literally(String(value))}%`);
    else if (name === 'text') conditions.add(CONDITIONS[name], `%${literally(String(value))}%`);
    else conditions.add(CONDITIONS[name], value);
  }
}

/** Only what somebody may read. */
export function addReach(conditions: Conditions, reach: TenantReach): void {
  if (reach.except.length > 0)
    conditions.add('(event.tenant_id IS NULL OR event.tenant_id <> ALL (?::uuid[]))', reach.except);
  if (reach.everything) return;
  const kinds = [
    ...(reach.installation ? ['event.tenant_id IS NULL'] : []),
    ...(reach.allTenants ? ['event.tenant_id IS NOT NULL'] : []),
    'event.tenant_id = ANY (?::uuid[])',
  ];
  conditions.add(`(${kinds.join(' OR ')})`, reach.tenants);
}

/** A wildcard that somebody searches for is a character like any other. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
