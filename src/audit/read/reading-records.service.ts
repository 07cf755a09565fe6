import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { CallerReach } from '../../access/caller-reach.js';
import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { AuditService } from '../audit.service.js';
import type { AuditAction, AuditTarget } from '../audit.types.js';
import type { AuditFilter } from './audit-filter.js';
import { onlyTenantOf, type TenantReach, tenantReach } from './tenant-reach.js';

export interface Reading {
  action: AuditAction;
  target: AuditTarget;
  tenantId: string | null;
  /** What was asked for and how much was given. */
  details: JsonObject;
  /** Why it was broken off; absent when it wasn't. */
  failure?: string;
}

/** Who may read whose records, and the record that each reading leaves behind. */
@Injectable()
export class ReadingRecords {
  constructor(
    private readonly reach: CallerReach,
    private readonly audit: AuditService,
  ) {}

  async reachOf(actor: CallerActor): Promise<TenantReach> {
    return tenantReach(await this.reach.scopesWhere(actor, 'audit:read'));
  }

  /** Durable when it resolves: nobody is shown anything before that. */
  record(actor: CallerActor, { action, target, tenantId, details, failure }: Reading): Promise<void> {
    return this.audit.recordAlone(actor, {
      action,
      tenantId,
      target,
      outcome: failure === undefined ? 'success' : 'failure',
      ...(failure === undefined ? {} : { reason: failure }),
      after: details,
    });
  }
}

/** Whose trail was read, where it was one tenant's. */
export function tenantOfReading(filter: AuditFilter, reach: TenantReach): string | null {
  const only = onlyTenantOf(reach);
  if (only !== null) return only;
  return reach.everything || reach.allTenants ? (filter.tenantId ?? null) : null;
}

/** The filter as a bundle has it in its header: what each member of it says, as text. */
export function filterTexts(filter: AuditFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filterJson(filter)).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : canonicalJson(value),
    ]),
  );
}

/** The filter as it is recorded and as cursors are bound to it. */
export function filterJson(filter: AuditFilter): JsonObject {
  return Object.fromEntries(
    Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : (value as string)]),
  );
}
