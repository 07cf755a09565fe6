import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import type { Permission } from '../access/permissions.js';
import { RoutePolicies } from '../access/route-policies.js';
import { AuditService } from '../audit/audit.service.js';
import { ChangeFeed } from '../database/change-feed.service.js';
import { METRIC } from '../observability/metrics.js';
import { AccessDecisions } from './decisions/access-decisions.service.js';
import { rbacError } from './rbac.errors.js';

type Request = FastifyRequest & AuthenticatedRequest;

/**
 * May they? Runs after the auth guard on every route. What isn't allowed expressly is denied, counted and recorded. Answers at
 * once and not by a promise when memory knows what the caller holds.
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly policies: RoutePolicies,
    private readonly decisions: AccessDecisions,
    private readonly feed: ChangeFeed,
    private readonly audit: AuditService,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {}

  /** @throws DomainError access.denied */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const policy = this.policies.of(context.getHandler());
    if (policy?.kind === 'public') return true;
    const request = context.getArgByIndex<Request>(0);
    const { actor } = request;
    if (actor === undefined) {
      this.denials.inc({ reason: 'no_actor' });
      throw rbacError('access.denied');
    }
    if (policy === undefined) return this.deny(actor, request, null, 'no_policy', 'This route is open to nobody.');
    if (policy.kind === 'authenticated') {
      if (actor.scopes === null || policy.narrowed === true) return true;
      return this.deny(actor, request, null, 'narrowed_token', 'This needs a token that is not narrowed to scopes.');
    }
    const { permission, anyScope } = policy;
    const recalled =
      anyScope === true ? this.decisions.recallAnywhere(actor, permission) : this.decisions.recall(actor, permission);
    return recalled === true || this.decide(actor, request, permission, anyScope === true);
  }

  private async decide(
    actor: CallerActor,
    request: Request,
    permission: Permission,
    anyScope: boolean,
  ): Promise<boolean> {
    const may = () =>
      anyScope ? this.decisions.mayAnywhere(actor, permission) : this.decisions.may(actor, permission);
    if (await may()) return true;
    // Nobody is refused because memory hasn't heard yet of what they were just given, by their sign-in or on another instance.
    await this.feed.settled();
    if (await may()) return true;
    return this.deny(actor, request, permission, 'missing_permission', `This needs the permission ${permission}.`);
  }

  private async deny(
    actor: CallerActor,
    request: Request,
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
