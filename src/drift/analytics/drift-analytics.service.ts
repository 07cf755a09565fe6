import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import {
  AnalyticsRepository,
  type SeverityTimes,
  type TypeNoise,
  type VerdictInterval,
  type Window,
} from './analytics.repository.js';
import { type DriftDay, driftOverTime } from './drift-over-time.js';
import { joinedVerdicts } from './joined-verdicts.js';

export interface DriftFigures {
  window: Window;
  days: DriftDay[];
  timeToDecision: SeverityTimes[];
  timeToRevert: SeverityTimes[];
  noisiestTypes: TypeNoise[];
}

const NOISIEST = 20;
const MAX_INTERVALS = 2000;

/** Figures over the history of drift. */
@Injectable()
export class DriftAnalytics {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly analytics: AnalyticsRepository,
    private readonly tenants: TenantsService,
  ) {}

  /** @throws DomainError tenants.not_found */
  async figures(tenantId: string | null, days: number): Promise<DriftFigures> {
    if (tenantId !== null) await this.tenants.get(tenantId);
    return this.transactions.read(async (tx) => {
      const window = await this.analytics.window(tx, days);
      const live = await this.analytics.liveAt(tx, tenantId, window.from);
      const opened = await this.analytics.opened(tx, tenantId, window);
      const closed = await this.analytics.closed(tx, tenantId, window);
      return {
        window,
        days: driftOverTime(window, live, opened, closed),
        timeToDecision: await this.analytics.timesToDecision(tx, tenantId, window),
        timeToRevert: await this.analytics.timesToRevert(tx, tenantId, window),
        noisiestTypes: await this.analytics.noisiestTypes(tx, tenantId, window, NOISIEST),
      };
    });
  }

  /** @throws DomainError tenants.not_found */
  async controls(tenantId: string, days: number): Promise<VerdictInterval[]> {
    await this.tenants.get(tenantId);
    return this.transactions.read(async (tx) =>
      joinedVerdicts(await this.analytics.verdicts(tx, tenantId, await this.analytics.window(tx, days), MAX_INTERVALS)),
    );
  }
}
