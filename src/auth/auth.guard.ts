import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard as PassportGuard } from '@nestjs/passport';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { RoutePolicies } from '../access/route-policies.js';
import { AuditService } from '../audit/audit.service.js';
import { EntraBearerStrategy } from '../entra/entra-bearer.strategy.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { METRIC } from '../observability/metrics.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { authError } from './auth.errors.js';
import { bearerToken } from './bearer-token.js';

/**
 * Who is it? Runs first on every route. Only a bearer token answers that: a cookie never authorises a call of the API. Leaves
 * the UserActor as `request.actor`.
 */
@Injectable()
export class AuthGuard extends PassportGuard() {
  constructor(
    private readonly policies: RoutePolicies,
    private readonly accessToken: AccessTokenStrategy,
    entraBearer: EntraBearerStrategy,
    private readonly audit: AuditService,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {
    // Ours first; a token that isn't ours may be Entra's. Passport tries them in this order.
    super({ defaultStrategy: [accessToken.name, entraBearer.name], property: 'actor', session: false });
  }

  /** @throws DomainError auth.* of kind unauthenticated; entra.authority_unavailable for a token of Entra that can't be checked now */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.policies.of(context.getHandler())?.kind === 'public') return true;
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    if (bearerToken(headers.authorization) === null) throw this.refused(authError('auth.token_missing'));
    return (await super.canActivate(context)) as boolean;
  }

  /** Called by Passport's guard with what the strategies said: an error of ours, somebody, or why each of them refused. */
  override handleRequest<Actor>(
    error: unknown,
    actor: Actor | false | null,
    challenges: unknown,
    context: ExecutionContext,
  ): Actor {
    if (error !== null && error !== undefined) throw error instanceof DomainError ? this.refused(error) : error;
    if (actor) return actor;
    const { headers } = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const isOurs = this.accessToken.isOwn(bearerToken(headers.authorization) ?? '');
    const [ours, entras] = Array.isArray(challenges) ? (challenges as unknown[]) : [challenges];
    const reason = isOurs ? ours : entras;
    const detail = reason instanceof DomainError ? reason.detail : undefined;
    throw this.refused(
      isOurs && reason instanceof DomainError
        ? reason
        : authError('auth.token_invalid', { ...(detail === undefined ? {} : { detail }), cause: reason }),
    );
  }

  private refused(error: DomainError): DomainError {
    if (error.kind === 'unauthenticated') {
      this.denials.inc({ reason: 'unauthenticated' });
      this.audit.countAnonymousFailure(error.code);
    }
    return error;
  }
}
