import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { loadRules } from '../classify/load-rules.js';
import { IgnoreRulesRepository } from '../decisions/ignore-rules.repository.js';
import { RuleOverridesRepository } from '../overrides/rule-overrides.repository.js';
import { weakens } from '../overrides/weakens.js';
import { SEVERITIES, type Severity } from '../report/drift-report.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { ChangeWindowsRepository } from '../windows/change-windows.repository.js';
import { WatchSourceRepository } from './watch-source.repository.js';

/**
 * What decides how a tenant is watched, as configuration: its settings, rules that hold otherwise, rules that ignore, change
 * windows. What has ended isn't in force and isn't there. Which baseline is in force isn't among it: each approval would be drift
 * from the baseline that it made.
 */
@Injectable()
export class WatchSource {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly settings: WatchSourceRepository,
    private readonly overrides: RuleOverridesRepository,
    private readonly ignoring: IgnoreRulesRepository,
    private readonly windows: ChangeWindowsRepository,
  ) {}

  /**
   * @param entraTenantId Entra's directory id
   * @returns and the id in /tenants
   * @throws Error for a tenant that is none of ours
   */
  read(entraTenantId: string): Promise<{ tenantId: string; types: Map<ResourceType, JsonObject[]> }> {
    return this.transactions.read(async (tx) => {
      const found = await this.settings.findTenant(tx, entraTenantId);
      if (found === null) throw new Error('the watch was asked for of a tenant that is none of ours');
      const { now, ...setting } = found;
      const types = new Map<ResourceType, JsonObject[]>([
        ['watchSetting', [{ ...setting }]],
        ['watchRuleOverride', await this.readOverrides(tx, setting.id, now)],
        ['watchIgnoreRule', await this.readIgnoring(tx, setting.id, now)],
        ['watchChangeWindow', await this.readWindows(tx, setting.id, now)],
      ]);
      return { tenantId: setting.id, types };
    });
  }

  private async readOverrides(tx: Transaction, tenantId: string, now: Date): Promise<JsonObject[]> {
    const rules = new Map(loadRules().map((rule) => [rule.id, rule]));
    const all = await this.overrides.findAll(tx, tenantId);
    return all
      .filter(({ until }) => until === null || until > now)
      .map((override) => {
        const { ruleId, disabled, severity, parameters, until } = override;
        const rule = rules.get(ruleId);
        return {
          id: ruleId,
          displayName: `${ruleId}: ${rule?.title ?? 'a rule that there is no more'}`,
          disabled,
          severity,
          severityRank: severity === null ? null : rankOf(severity),
          parameters,
          endDateTime: until?.toISOString() ?? null,
          saysLess: rule === undefined ? false : weakens(rule, null, override, now),
        };
      });
  }

  private async readIgnoring(tx: Transaction, tenantId: string, now: Date): Promise<JsonObject[]> {
    const all = await this.ignoring.findActive(tx, tenantId, now);
    return all.map(({ id, resourceType, resourceKey, pathPattern, until }) => ({
      id,
      displayName: [resourceType, resourceKey, pathPattern].filter((part) => part !== null).join(' '),
      resourceType,
      resourceKey,
      pathPattern,
      endDateTime: until.toISOString(),
    }));
  }

  private async readWindows(tx: Transaction, tenantId: string, now: Date): Promise<JsonObject[]> {
    const all = await this.windows.findAll(tx, tenantId);
    return all
      .filter(({ removedAt, endsAt }) => removedAt === null && (endsAt === null || endsAt > now))
      .map(({ id, name, zone, days, startMinute, durationMinutes, startsAt, endsAt, exclusive }) => ({
        id,
        displayName: name,
        zone,
        days,
        startMinute,
        durationMinutes,
        startDateTime: startsAt?.toISOString() ?? null,
        endDateTime: endsAt?.toISOString() ?? null,
        exclusive,
      }));
  }
}

/** From 0, the least, so that less says less. */
function rankOf(severity: Severity): number {
  return SEVERITIES.length - 1 - SEVERITIES.indexOf(severity);
}
