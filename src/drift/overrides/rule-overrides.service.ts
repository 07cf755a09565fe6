import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { loadRules } from '../classify/load-rules.js';
import type { DriftRule } from '../classify/rule.types.js';
import { type Consent, SecondPerson } from '../decisions/second-person.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { type EffectiveRule, effectiveRules, rulesVersion, speakingRules } from './apply-overrides.js';
import { faultsOfChange } from './check-override.js';
import type { RuleChange, RuleOverride } from './rule-override.types.js';
import { RuleOverridesRepository } from './rule-overrides.repository.js';
import { weakens } from './weakens.js';

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
    private readonly secondPerson: SecondPerson,
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
   * @throws DomainError drift.tenant_not_found, drift.rule_not_found, drift.override_invalid, drift.second_person_required,
   *   request.precondition_failed
   */
  set(actor: Actor, tenantId: string, version: number, change: RuleChange): Promise<RuleOverride> {
    return this.transactions.run((tx) => this.setWithin(tx, actor, tenantId, version, change, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `set`
   */
  async setWithin(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    version: number,
    change: RuleChange,
    consent: Consent,
  ): Promise<RuleOverride> {
    await this.assertThere(tx, tenantId);
    const rule = this.ruleOf(change.ruleId);
    const now = await this.overrides.now(tx);
    const [fault] = faultsOfChange(this.shipped, change, now);
    if (fault !== undefined) throw driftError('drift.override_invalid', { detail: fault });
    const before = await this.lockVersion(tx, tenantId, rule.id, version);
    if (weakens(rule, before, change, now)) await this.secondPerson.assertGiven(tx, tenantId, ['critical'], consent);
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
  }

  /**
   * @throws DomainError drift.rule_not_found, drift.override_not_found, drift.second_person_required,
   *   request.precondition_failed
   */
  remove(actor: Actor, tenantId: string, ruleId: string, version: number): Promise<void> {
    return this.transactions.run((tx) => this.removeWithin(tx, actor, tenantId, version, ruleId, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `remove`
   */
  async removeWithin(
    tx: Transaction,
    actor: Actor,
    tenantId: string,
    version: number,
    ruleId: string,
    consent: Consent,
  ): Promise<void> {
    const rule = this.ruleOf(ruleId);
    const before = await this.lockVersion(tx, tenantId, ruleId, version);
    if (before === null) throw driftError('drift.override_not_found');
    if (weakens(rule, before, null, await this.overrides.now(tx)))
      await this.secondPerson.assertGiven(tx, tenantId, ['critical'], consent);
    await this.overrides.remove(tx, tenantId, ruleId);
    await this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS['drift.rule.restored'],
      tenantId,
      target: { type: 'rule', id: ruleId, displayName: rule.title },
      outcome: 'success',
      before: stateOf(before),
    });
  }

  private async assertThere(tx: Transaction, tenantId: string): Promise<void> {
    if ((await this.tenants.find(tx, tenantId)) === null) throw driftError('drift.tenant_not_found');
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
