import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import type { Transaction } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { TenantConnections } from '../tenants/tenant-connections.service.js';
import { TenantsService } from '../tenants/tenants.service.js';
import { BaselineService } from './baseline/baseline.service.js';
import { BaselineChanges } from './baseline/baseline-changes.service.js';
import { ChangeDecisions } from './decisions/change-decisions.service.js';
import { IgnoreRules } from './decisions/ignore-rules.service.js';
import type { RequestedProposal } from './decisions/proposal.types.js';
import { driftError } from './drift.errors.js';
import { RuleOverrides } from './overrides/rule-overrides.service.js';
import { ChangeWindows } from './windows/change-windows.service.js';

/** Does what two people want, each thing by the service that does it for one person. */
@Injectable()
export class CarryOutProposal {
  constructor(
    private readonly decisions: ChangeDecisions,
    private readonly rules: IgnoreRules,
    private readonly baselines: BaselineService,
    private readonly baselineChanges: BaselineChanges,
    private readonly overrides: RuleOverrides,
    private readonly windows: ChangeWindows,
    private readonly tenants: TenantsService,
    private readonly connections: TenantConnections,
  ) {}

  /**
   * @param reason what stands beside what was done
   * @returns the tenant that it is about
   * @throws DomainError what the thing itself is refused with
   */
  async within(tx: Transaction, actor: Actor, requested: RequestedProposal, reason: string): Promise<string> {
    const { tenantId, changeId, version, content } = requested;
    switch (content.kind) {
      case 'decision': {
        if (changeId === null || version === null) throw driftError('drift.change_not_found');
        const decision = { kind: content.decision, reason, until: dateOf(content.until) };
        return (await this.decisions.decideWithin(tx, actor, changeId, version, decision, 'approved')).tenantId;
      }
      case 'ignore-rule': {
        const { resourceType, resourceKey, pathPattern } = content;
        const rule = { tenantId, resourceType, resourceKey, pathPattern, reason, until: dateOf(content.until) };
        return (await this.rules.createWithin(tx, actor, rule, 'approved')).tenantId;
      }
      case 'baseline': {
        if ('snapshotId' in content) {
          const { snapshotId, acceptIncomplete } = content;
          const approval = { snapshotId, acceptIncomplete, reason };
          return (await this.baselines.approveWithin(tx, actor, approval, version, 'approved')).tenantId;
        }
        const approval = { changeIds: content.changeIds, reason };
        const seen = version ?? required();
        return (await this.baselineChanges.approveWithin(tx, actor, approval, seen, 'approved')).tenantId;
      }
      case 'rule-override': {
        const seen = version ?? required();
        const { rule: ruleId, override } = content;
        if (override === null) {
          await this.overrides.removeWithin(tx, actor, tenantId, seen, ruleId, 'approved');
          return tenantId;
        }
        const change = { ...override, ruleId, reason, until: dateOf(override.until) };
        return (await this.overrides.setWithin(tx, actor, tenantId, seen, change, 'approved')).tenantId;
      }
      case 'change-window': {
        if ('withdraws' in content)
          return (await this.windows.removeWithin(tx, actor, content.withdraws, 'approved', reason)).tenantId;
        const { startsAt, endsAt, ...said } = content.window;
        const window = { ...said, tenantId, reason, startsAt: dateOf(startsAt), endsAt: dateOf(endsAt) };
        return (await this.windows.addWithin(tx, actor, window, 'approved')).tenantId;
      }
      case 'tenant-settings':
        return (
          await this.tenants.updateWithin(tx, actor, tenantId, version ?? required(), content.settings, 'approved')
        ).id;
      case 'tenant-connection':
        await this.connections.adoptWithin(tx, actor, tenantId, version ?? required(), content.candidate);
        return tenantId;
    }
  }
}

function required(): never {
  throw kernelError('request.precondition_required');
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
