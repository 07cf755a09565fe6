import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import { driftError } from '../drift.errors.js';
import { DRIFT_ACTIONS } from '../drift.events.js';
import { ChangesRepository } from '../report/changes.repository.js';
import type { TenantsInReach } from '../tenant-access/subject.types.js';
import { endOf } from './decision-limits.js';
import type { DriftIgnoreRule } from './drift-ignore-rule.entity.js';
import type { IgnorePattern } from './ignore-rule.types.js';
import { IgnoreRulesRepository } from './ignore-rules.repository.js';
import { type Consent, SecondPerson } from './second-person.service.js';

/** Rules of one tenant that hold at the same time: each is tried on each change of each scan. */
export const MAX_IGNORE_RULES = 200;

export interface RequestedRule extends IgnorePattern {
  tenantId: string;
  reason: string;
  /** Null for the usual time. */
  until: Date | null;
}

/** What is set aside by object or by path, before and after it is found. Rules take effect at the next scan. */
@Injectable()
export class IgnoreRules {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rules: IgnoreRulesRepository,
    private readonly changes: ChangesRepository,
    private readonly tenants: TenantsService,
    private readonly secondPerson: SecondPerson,
    private readonly audit: AuditService,
  ) {}

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<DriftIgnoreRule>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.rules.findPage(tx, tenants, limit + 1, before)), limit);
  }

  /** @throws DomainError drift.ignore_rule_not_found */
  async get(id: string): Promise<DriftIgnoreRule> {
    const rule = await this.transactions.read((tx) => this.rules.findById(tx, id));
    if (rule === null) throw driftError('drift.ignore_rule_not_found');
    return rule;
  }

  /**
   * @throws DomainError drift.tenant_not_found, drift.ignore_rule_too_wide, drift.too_many_ignore_rules, drift.until_past,
   *   drift.until_too_far, drift.second_person_required
   */
  create(actor: Actor, rule: RequestedRule): Promise<DriftIgnoreRule> {
    return this.transactions.run((tx) => this.createWithin(tx, actor, rule, 'alone'));
  }

  /**
   * Within a transaction of others.
   *
   * @throws DomainError as `create`
   */
  async createWithin(tx: Transaction, actor: Actor, rule: RequestedRule, consent: Consent): Promise<DriftIgnoreRule> {
    if (rule.resourceKey === null && isWide(rule.pathPattern))
      throw driftError('drift.ignore_rule_too_wide', {
        detail: 'Name an object, or a path pattern that begins with the name of a member.',
      });
    if ((await this.tenants.find(tx, rule.tenantId)) === null) throw driftError('drift.tenant_not_found');
    // Whatever it will meet may be grave.
    await this.secondPerson.assertGiven(tx, rule.tenantId, ['critical'], consent);
    await this.rules.lockMaking(tx, rule.tenantId);
    if ((await this.rules.countActive(tx, rule.tenantId)) >= MAX_IGNORE_RULES)
      throw driftError('drift.too_many_ignore_rules', { detail: `At most ${MAX_IGNORE_RULES} rules hold at a time.` });
    const now = await this.changes.now(tx);
    const until = endOf('ignore', rule.until, now) ?? now;
    const created = await this.rules.insert(tx, {
      ...rule,
      until,
      createdById: actor.id,
      createdByName: actor.displayName,
    });
    await this.record(tx, actor, 'drift.ignore_rule.created', created, rule.reason);
    return created;
  }

  /**
   * What it ignored is open again at the next scan, and told once.
   *
   * @throws DomainError drift.ignore_rule_not_found, drift.ignore_rule_over, request.precondition_failed
   */
  withdraw(actor: Actor, id: string, version: number, reason: string): Promise<DriftIgnoreRule> {
    return this.transactions.run(async (tx) => {
      const before = await this.rules.findById(tx, id);
      if (before === null) throw driftError('drift.ignore_rule_not_found');
      if (before.withdrawnAt !== null) throw driftError('drift.ignore_rule_over');
      const after = await this.rules.withdraw(tx, id, version);
      if (after === null) throw kernelError('request.precondition_failed');
      await this.record(tx, actor, 'drift.ignore_rule.withdrawn', after, reason);
      return after;
    });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: 'drift.ignore_rule.created' | 'drift.ignore_rule.withdrawn',
    { id, tenantId, resourceType, resourceKey, pathPattern, until }: DriftIgnoreRule,
    reason: string,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS[action],
      tenantId,
      target: { type: 'drift-ignore-rule', id },
      outcome: 'success',
      reason,
      after: { resourceType, resourceKey, pathPattern, until: until.toISOString() },
    });
  }
}

/** Of all objects of a type it would ignore everything. */
function isWide(pathPattern: string | null): boolean {
  return pathPattern === null || !/^\/[^/*]/.test(pathPattern);
}
