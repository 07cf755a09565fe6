import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../../access/access.decorators.js';
import type { Permission } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { ChangeFeed } from '../../database/change-feed.service.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { driftError } from '../drift.errors.js';
import type { Subject, SubjectKind, TenantsInReach } from './subject.types.js';
import { TenantAccess } from './tenant-access.service.js';

export const CONCERN = Symbol('drift-concern');

export interface Concern {
  permission: Permission;
  subjects: readonly Subject[];
}

export type ReachingRequest = FastifyRequest & AuthenticatedRequest & { tenantsInReach?: TenantsInReach };

const NOT_THERE: Record<SubjectKind, () => DomainError> = {
  tenant: () => driftError('drift.tenant_not_found'),
  scan: () => driftError('drift.scan_not_found'),
  snapshot: () => driftError('drift.snapshot_not_found'),
  baseline: () => driftError('drift.baseline_not_found'),
  report: () => driftError('drift.report_not_found'),
  change: () => driftError('drift.change_not_found'),
  'ignore-rule': () => driftError('drift.ignore_rule_not_found'),
  'change-window': () => driftError('drift.window_not_found'),
  proposal: () => driftError('drift.proposal_not_found'),
  remediation: () => driftError('drift.remediation_not_found'),
};

const ANY_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * Whether the tenant of what a request names is one on which the caller may. It looks before validation, so at every id that
 * stands at the place, however it is written: validation takes fewer. What is refused looks like what isn't there.
 */
@Injectable()
export class TenantAccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: TenantAccess,
    private readonly feed: ChangeFeed,
    private readonly audit: AuditService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ReachingRequest>();
    const concern = this.reflector.get<Concern | undefined>(CONCERN, context.getHandler());
    const { actor } = request;
    if (concern === undefined || actor === undefined) return false;
    const { permission } = concern;
    const outside = await this.look(request, concern, await this.access.inReach(actor, permission));
    if (outside === null) return true;
    // Nobody is refused because memory hasn't heard yet of what they were just given.
    await this.feed.settled();
    if ((await this.look(request, concern, await this.access.inReach(actor, permission))) === null) return true;
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    await this.audit.recordDenial(actor, { permission, route, reason: 'tenant_out_of_reach' });
    throw NOT_THERE[outside]();
  }

  /** @returns the kind of the first thing that isn't there for the caller; null when all are */
  private async look(
    request: ReachingRequest,
    { subjects }: Concern,
    tenants: TenantsInReach,
  ): Promise<SubjectKind | null> {
    request.tenantsInReach = tenants;
    if (tenants === null) return null;
    for (const { of, from, at } of subjects) {
      const ids = idsIn(memberOf(request[from], at.split('.')));
      if ((await this.access.firstOutside(of, ids, tenants)) !== undefined) return of;
    }
    return null;
  }
}

function memberOf(value: unknown, [name, ...rest]: string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((one) => memberOf(one, [name, ...rest]));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return memberOf((value as Record<string, unknown>)[name], rest);
}

function idsIn(value: unknown): string[] {
  const written = JSON.stringify(value) ?? '';
  return [...new Set((written.match(ANY_ID) ?? []).map((id) => id.toLowerCase()))];
}
