import { GraphFailure } from './graph-failure.js';

/** Services with limits of their own beside the resource units of the directory. */
export type ThrottleClass = 'conditionalAccess' | 'reports';

const WINDOW_MS = 10_000;
const REPORTS_PER_WINDOW = 5;
const CONDITIONAL_ACCESS_INTERVAL_MS = 1000;
/** Below this share of the limit Graph doesn't tell how near it is. */
const TOLD_ABOVE = 0.8;

/**
 * Microsoft Graph's documented limits (throttling-limits: identity and access). Conditional Access and named locations: one
 * request a second for the whole tenant, refused without Retry-After. Reports and audit logs: 5 in 10 s for each application.
 * Everything: resource units in 10 s by the size of the tenant. Nothing is refused while `enabled` is false.
 */
export class Throttle {
  /** What was admitted so far, and how often something was refused. */
  readonly spent = { units: 0, conditionalAccess: 0, requests: 0, refused: 0 };
  private lastConditionalAccessAt = Number.NEGATIVE_INFINITY;
  private readonly reports = new Map<string, number[]>();
  private readonly units = new Map<string, { at: number; cost: number }[]>();

  constructor(
    public enabled: boolean,
    private readonly unitsPerWindow: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** The headers that tell of the cost; throws 429 where a limit is passed. */
  admit(applicationId: string, cost: number, limited: ThrottleClass | undefined): Record<string, string> {
    try {
      const headers = this.admitted(applicationId, cost, limited);
      this.spent.requests += 1;
      this.spent.units += cost;
      if (limited === 'conditionalAccess') this.spent.conditionalAccess += 1;
      return headers;
    } catch (error) {
      this.spent.refused += 1;
      throw error;
    }
  }

  private admitted(applicationId: string, cost: number, limited: ThrottleClass | undefined): Record<string, string> {
    const headers: Record<string, string> = { 'x-ms-resource-unit': String(cost) };
    if (!this.enabled) return headers;
    const now = this.clock();
    if (limited === 'conditionalAccess') this.admitConditionalAccess(now);
    if (limited === 'reports') this.admitReport(applicationId, now);
    const recent = (this.units.get(applicationId) ?? []).filter((use) => use.at > now - WINDOW_MS);
    const used = recent.reduce((total, use) => total + use.cost, 0) + cost;
    if (used > this.unitsPerWindow) {
      throw tooMany({
        'retry-after': String(secondsUntil((recent[0]?.at ?? now) + WINDOW_MS, now)),
        'x-ms-throttle-scope': `Tenant_Application/ReadWrite/${applicationId}`,
        'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
      });
    }
    this.units.set(applicationId, [...recent, { at: now, cost }]);
    const share = used / this.unitsPerWindow;
    return share > TOLD_ABOVE ? { ...headers, 'x-ms-throttle-limit-percentage': share.toFixed(2) } : headers;
  }

  private admitConditionalAccess(now: number): void {
    if (now - this.lastConditionalAccessAt < CONDITIONAL_ACCESS_INTERVAL_MS) throw tooMany({});
    this.lastConditionalAccessAt = now;
  }

  private admitReport(applicationId: string, now: number): void {
    const recent = (this.reports.get(applicationId) ?? []).filter((at) => at > now - WINDOW_MS);
    if (recent.length >= REPORTS_PER_WINDOW) {
      throw tooMany({ 'retry-after': String(secondsUntil((recent[0] ?? now) + WINDOW_MS, now)) });
    }
    this.reports.set(applicationId, [...recent, now]);
  }
}

/** Graph's answer to too many requests. */
export function tooMany(headers: Record<string, string>): GraphFailure {
  return new GraphFailure(429, 'TooManyRequests', 'Too many requests. Please try again later.', headers);
}

/** Resource units per ten seconds: small tenants have fewer than 50 people, large ones more than 500. */
export function unitsFor(users: number): number {
  return users < 50 ? 3500 : users <= 500 ? 5000 : 8000;
}

function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000));
}
