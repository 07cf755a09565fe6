import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import type { CallerActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { AuditService } from '../../audit/audit.service.js';
import { METRIC } from '../../observability/metrics.js';
import { rbacError } from '../rbac.errors.js';
import { AccessDecisions } from './access-decisions.service.js';

/** Who asks about a scope must hold the permission to ask there. What the guard does for routes, for what is in the body. */
@Injectable()
export class AskingCaller {
  constructor(
    private readonly decisions: AccessDecisions,
    private readonly audit: AuditService,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {}

  /** @throws DomainError access.denied, which is on record then */
  async assertMayAsk(
    actor: CallerActor,
    permission: Permission,
    route: string,
    scopes: () => Iterable<string>,
  ): Promise<void> {
    const forbidden = await this.decisions.firstForbidden(actor, permission, scopes);
    if (forbidden === undefined) return;
    this.denials.inc({ reason: 'missing_permission' });
    await this.audit.recordDenial(actor, { permission, route, reason: 'missing_permission' });
    throw rbacError('access.denied', { detail: `This needs the permission ${permission} on ${forbidden}.` });
  }
}
