import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../config/settings.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
import { rateLimited } from './rate-limited.js';
import { type LimitName, RateLimits } from './rate-limits.service.js';
import { LIMITED_BY, type RouteLimit } from './route-limit.js';

/** How often somebody asks, before what they ask for. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private hasHinted = false;

  constructor(
    private readonly limits: RateLimits,
    private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    @InjectMetric(METRIC.rateLimited) private readonly refusals: Counter,
  ) {}

  /** @throws DomainError request.rate_limited */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const limit = Reflect.getMetadata(LIMITED_BY, context.getHandler()) as RouteLimit;
    if (limit === 'sign-ins') {
      this.assertNone('sign-ins', await this.limits.takeExact('sign-ins'), context);
    } else if (limit === 'frames') {
      this.assertNone('frames', this.limits.take('frames'), context);
    } else {
      this.assertNone('failures', this.limits.wait('failures'), context);
      if (limit === 'tokens') this.assertNone('tokens', this.limits.take('tokens'), context);
    }
    return true;
  }

  private assertNone(limit: LimitName, waitMs: number, context: ExecutionContext): void {
    if (waitMs === 0) return;
    this.refusals.inc({ limit });
    this.hintAtProxies(context);
    throw rateLimited(limit, waitMs);
  }

  /** Behind a proxy that isn't trusted, everybody seems to come from one address, and shares its limits. */
  private hintAtProxies(context: ExecutionContext): void {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    if (this.hasHinted || this.settings.TRUSTED_PROXIES > 0 || headers['x-forwarded-for'] === undefined) return;
    this.hasHinted = true;
    this.logger.warn('requests are limited by address, and some come through a proxy: is TRUSTED_PROXIES set right?');
  }
}
