import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';
import { catchError, from, mergeMap, type Observable, of, tap, throwError } from 'rxjs';
import type { AuthenticatedRequest } from '../access/access.decorators.js';
import type { CallerActor } from '../access/actor.js';
import { ChangeFeed } from '../database/change-feed.service.js';
import { DomainError } from '../kernel/errors/domain-error.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { AUDIT_ACTIONS } from './audit.events.js';
import { AuditService } from './audit.service.js';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
type Outcome = 'success' | 'denied' | 'rejected' | 'failure';

/**
 * The access log of mutating routes: who asked for which action and what became of it. What succeeded has its audit record
 * from the mutation's own transaction; here are recorded a refusal that a service decided and not a guard, and a failure
 * by our fault. Reads pass untouched.
 */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly audit: AuditService,
    private readonly feed: ChangeFeed,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.accessDenials) private readonly denials: Counter,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    if (READS.has(request.method)) return next.handle();
    const action = `${context.getClass().name}.${context.getHandler().name}`;
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    // `code` would be redacted: that name is an authorization code's.
    const write = (outcome: Outcome, errorCode?: string) =>
      this.logger.info({ action, route, actorId: request.actor?.id ?? null, outcome, errorCode }, 'access');
    return next.handle().pipe(
      mergeMap((value) => (request.actor === undefined ? of(value) : from(this.settled(value)))),
      tap(() => write('success')),
      catchError((error: unknown) => {
        const outcome = outcomeOf(error);
        write(outcome, error instanceof DomainError ? error.code : undefined);
        return from(this.record(request.actor, route, outcome, error)).pipe(mergeMap(() => throwError(() => error)));
      }),
    );
  }

  /** Whoever is told that something was ended or allowed must not meet the contrary at the next call. */
  private async settled<T>(value: T): Promise<T> {
    await this.feed.settled();
    return value;
  }

  private async record(actor: CallerActor | undefined, route: string, outcome: Outcome, error: unknown): Promise<void> {
    // By the code, of which there are only so many: what a guard denies never comes here.
    if (outcome === 'denied') this.denials.inc({ reason: error instanceof DomainError ? error.code : 'unknown' });
    if (actor === undefined || (outcome !== 'denied' && outcome !== 'failure')) return;
    const reason = error instanceof DomainError ? `${error.code}: ${error.message}` : 'service.internal';
    try {
      if (outcome === 'denied') await this.audit.recordDenial(actor, { permission: null, route, reason });
      else {
        await this.audit.recordAlone(actor, {
          action: AUDIT_ACTIONS['access.request.failed'],
          tenantId: null,
          target: { type: 'route', id: route },
          outcome: 'failure',
          reason,
        });
      }
    } catch (cause) {
      // The answer is a refusal or a fault already; it must not turn into another one.
      this.logger.warn({ err: cause, route }, 'the outcome of a request could not be recorded');
    }
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof DomainError) {
    if (error.kind === 'denied') return 'denied';
    return error.kind === 'unavailable' || error.kind === 'upstream' ? 'failure' : 'rejected';
  }
  const status = (error as { getStatus?: () => number }).getStatus?.() ?? (error as { statusCode?: number }).statusCode;
  return status !== undefined && status >= 400 && status < 500 ? 'rejected' : 'failure';
}
