import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import { Settings } from '../config/settings.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import { METRIC } from '../observability/metrics.js';
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
    } else {
      this.assertNone('failures', this.limits.wait('failures'), context);
      this.assertNone('tokens', this.limits.take('tokens'), context);
    }
    return true;
  }

  private assertNone(limit: LimitName, waitMs: number, context: ExecutionContext): void {
    if (waitMs === 0) return;
    this.refusals.inc({ limit });
    this.hintAtProxies(context);
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    throw kernelError('request.rate_limited', {
      detail: `${WHAT[limit]} from one address. Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    });
  }

  /** Behind a proxy that isn't trusted, everybody seems to come from one address, and shares its limits. */
  private hintAtProxies(context: ExecutionContext): void {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    if (this.hasHinted || this.settings.TRUSTED_PROXIES > 0 || headers['x-forwarded-for'] === undefined) return;
    this.hasHinted = true;
    this.logger.warn('requests are limited by address, and some come through a proxy: is TRUSTED_PROXIES set right?');
  }
}

const WHAT: Record<LimitName, string> = {
  'sign-ins': 'Too many sign-ins',
  tokens: 'Too many requests for tokens',
  failures: 'Too many refused credentials',
};
