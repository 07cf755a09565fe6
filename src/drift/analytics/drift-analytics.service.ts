import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
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
const TENANTS_AT_A_TIME = 500;

/** Figures over the history of drift. */
@Injectable()
export class DriftAnalytics {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly analytics: AnalyticsRepository,
    private readonly tenants: TenantsService,
  ) {}

  /**
   * @param tenantId of one; undefined for all that the reader may see, watched now or once
   * @throws DomainError tenants.not_found
   */
  async figures(tenantId: string | undefined, inReach: TenantsInReach, days: number): Promise<DriftFigures> {
    const tenantIds =
      tenantId === undefined ? [...(inReach ?? (await this.everyTenant()))] : [(await this.tenants.get(tenantId)).id];
    return this.transactions.read(async (tx) => {
      const window = await this.analytics.window(tx, days);
      const live = await this.analytics.liveAt(tx, tenantIds, window.from);
      const opened = await this.analytics.opened(tx, tenantIds, window);
      const closed = await this.analytics.closed(tx, tenantIds, window);
      return {
        window,
        days: driftOverTime(window, live, opened, closed),
        timeToDecision: await this.analytics.timesToDecision(tx, tenantIds, window),
        timeToRevert: await this.analytics.timesToRevert(tx, tenantIds, window),
        noisiestTypes: await this.analytics.noisiestTypes(tx, tenantIds, window, NOISIEST),
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

  private async everyTenant(): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.tenants.list(TENANTS_AT_A_TIME, cursor);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }
}
