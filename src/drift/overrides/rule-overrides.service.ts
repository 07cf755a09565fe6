import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { loadRules } from '../classify/load-rules.js';
import type { DriftRule } from '../classify/rule.types.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { type EffectiveRule, effectiveRules, rulesVersion, speakingRules } from './apply-overrides.js';
import { faultsOfChange } from './check-override.js';
import type { RuleChange, RuleOverride } from './rule-override.types.js';
import { RuleOverridesRepository } from './rule-overrides.repository.js';

export interface TenantRules {
  /** Of what holds: it moves when a release changes a rule and when somebody overrides one. */
  version: string;
  rules: EffectiveRule<RuleOverride>[];
}

/** The rules as they come, and what each tenant says of them. */
@Injectable()
export class RuleOverrides {
  readonly shipped: readonly DriftRule[] = loadRules();

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly overrides: RuleOverridesRepository,
    private readonly tenants: TenantsService,
    private readonly audit: AuditService,
  ) {}

  /** The rules that a scan of the tenant goes by. */
  async speaking(tx: Transaction, tenantId: string): Promise<DriftRule[]> {
    return speakingRules(await this.effective(tx, tenantId));
  }

  /** @param tenantId null for the rules as they come */
  async list(tenantId: string | null): Promise<TenantRules> {
    if (tenantId !== null) await this.tenants.get(tenantId);
    const rules =
      tenantId === null
        ? effectiveRules<RuleOverride>(this.shipped, [], new Date())
        : await this.transactions.read((tx) => this.effective(tx, tenantId));
    return { version: rulesVersion(speakingRules(rules)), rules };
  }

  /**
   * Makes a rule hold otherwise for a tenant, from its next scan on.
   *
   * @param version of the override that is there; 0 where none is
   * @throws DomainError tenants.not_found, drift.rule_not_found, drift.override_invalid, request.precondition_failed
   */
  async set(actor: Actor, tenantId: string, version: number, change: RuleChange): Promise<RuleOverride> {
    await this.tenants.get(tenantId);
    const rule = this.ruleOf(change.ruleId);
    return this.transactions.run(async (tx) => {
      const [fault] = faultsOfChange(this.shipped, change, await this.overrides.now(tx));
      if (fault !== undefined) throw driftError('drift.override_invalid', { detail: fault });
      const before = await this.lockVersion(tx, tenantId, rule.id, version);
      const after = await this.overrides.put(tx, {
        ...change,
        tenantId,
        setById: actor.id,
        setByName: actor.displayName,
      });
      // Two who see none both begin with none; the row that both write tells them apart.
      if (after.version !== version + 1) throw kernelError('request.precondition_failed');
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.rule.overridden'],
        tenantId,
        target: { type: 'rule', id: rule.id, displayName: rule.title },
        outcome: 'success',
        reason: change.reason,
        ...(before === null ? {} : { before: stateOf(before) }),
        after: stateOf(after),
      });
      return after;
    });
  }

  /** @throws DomainError drift.rule_not_found, drift.override_not_found, request.precondition_failed */
  async remove(actor: Actor, tenantId: string, ruleId: string, version: number): Promise<void> {
    const rule = this.ruleOf(ruleId);
    await this.transactions.run(async (tx) => {
      const before = await this.lockVersion(tx, tenantId, ruleId, version);
      if (before === null) throw driftError('drift.override_not_found');
      await this.overrides.remove(tx, tenantId, ruleId);
      await this.audit.record(tx, actor, {
        action: DRIFT_ACTIONS['drift.rule.restored'],
        tenantId,
        target: { type: 'rule', id: ruleId, displayName: rule.title },
        outcome: 'success',
        before: stateOf(before),
      });
    });
  }

  private ruleOf(ruleId: string): DriftRule {
    const rule = this.shipped.find(({ id }) => id === ruleId);
    if (rule === undefined) throw driftError('drift.rule_not_found');
    return rule;
  }

  private async effective(tx: Transaction, tenantId: string): Promise<EffectiveRule<RuleOverride>[]> {
    const overrides = await this.overrides.findAll(tx, tenantId);
    return effectiveRules(this.shipped, overrides, await this.overrides.now(tx));
  }

  private async lockVersion(
    tx: Transaction,
    tenantId: string,
    ruleId: string,
    version: number,
  ): Promise<RuleOverride | null> {
    const before = await this.overrides.lock(tx, tenantId, ruleId);
    if ((before?.version ?? 0) !== version) throw kernelError('request.precondition_failed');
    return before;
  }
}

function stateOf({ disabled, severity, parameters, until, version }: RuleOverride): JsonObject {
  return { disabled, severity, parameters, until: until?.toISOString() ?? null, version };
}
