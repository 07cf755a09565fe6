import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import type { UserActor } from '../access/actor.js';
import { RoutePolicies } from '../access/route-policies.js';
import { AuditService } from '../audit/audit.service.js';
import { METRIC } from '../observability/metrics.js';
import { AccessDecisions } from './access-decisions.service.js';
import { rbacError } from './rbac.errors.js';

/** May they? Runs after the auth guard on every route. What isn't allowed expressly is denied, counted and recorded. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly policies: RoutePolicies,
    private readonly decisions: AccessDecisions,
    private readonly audit: AuditService,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {}

  /** @throws DomainError access.denied */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const policy = this.policies.of(context.getHandler());
    if (policy?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    const { actor } = request;
    if (actor === undefined) {
      this.denials.inc({ reason: 'no_actor' });
      throw rbacError('access.denied');
    }
    if (policy === undefined) return this.deny(actor, request, null, 'no_policy', 'This route is open to nobody.');
    if (policy.kind === 'authenticated') return true;
    if ((await this.decisions.permissionsOf(actor.id)).has(policy.permission)) return true;
    return this.deny(
      actor,
      request,
      policy.permission,
      'missing_permission',
      `This needs the permission ${policy.permission}.`,
    );
  }

  private async deny(
    actor: UserActor,
    request: FastifyRequest,
    permission: string | null,
    reason: string,
    detail: string,
  ): Promise<never> {
    this.denials.inc({ reason });
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    await this.audit.recordDenial(actor, { permission, route, reason });
    throw rbacError('access.denied', { detail });
  }
}
