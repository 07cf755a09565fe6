import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { BaselineService } from './baseline/baseline.service.js';
import { BaselineChanges } from './baseline/baseline-changes.service.js';
import { ChangeDecisions } from './decisions/change-decisions.service.js';
import type { DecisionKind } from './decisions/decision.types.js';
import type { DriftProposal } from './decisions/drift-proposal.entity.js';
import type { IgnorePattern } from './decisions/ignore-rule.types.js';
import { IgnoreRules } from './decisions/ignore-rules.service.js';
import type { ProposalKind, ProposalStatus } from './decisions/proposal.types.js';
import { ProposalsRepository } from './decisions/proposals.repository.js';
import { driftError } from './drift.errors.js';
import { DRIFT_ACTIONS } from './drift.events.js';

/** A proposal that nobody answers is over after so long. */
export const PROPOSAL_DAYS = 7;

/** What is proposed; times are RFC 3339. */
export type ProposedContent =
  | { kind: 'decision'; decision: Extract<DecisionKind, 'accept' | 'ignore'>; until: string | null }
  | ({ kind: 'ignore-rule'; until: string | null } & IgnorePattern)
  | { kind: 'baseline'; snapshotId: string; acceptIncomplete: boolean }
  | { kind: 'baseline'; changeIds: string[] };

export interface RequestedProposal {
  tenantId: string;
  /** The change to decide; null for anything else. */
  changeId: string | null;
  /** Of the change or the baseline that the proposer saw; null where there is none. */
  version: number | null;
  content: ProposedContent;
  reason: string;
}

/** A try that is taken back, so that nobody is asked to approve what can't be. */
class Rehearsed extends Error {}

/**
 * What settles grave drift where a tenant wants two people for it: one proposes, another approves, and only then it is so. Both
 * are people: whoever made a program could be both through it.
 */
@Injectable()
export class Proposals {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly proposals: ProposalsRepository,
    private readonly decisions: ChangeDecisions,
    private readonly rules: IgnoreRules,
    private readonly baselines: BaselineService,
    private readonly baselineChanges: BaselineChanges,
    private readonly audit: AuditService,
  ) {}

  async list(tenantId: string | null, limit: number, cursor?: string): Promise<Page<DriftProposal>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.proposals.findPage(tx, tenantId, limit + 1, before)),
      limit,
    );
  }

  /** @throws DomainError drift.proposal_not_found */
  async get(id: string): Promise<DriftProposal> {
    const proposal = await this.transactions.read((tx) => this.proposals.findById(tx, id));
    if (proposal === null) throw driftError('drift.proposal_not_found');
    return proposal;
  }

  /**
   * Asks for a second person. What could not be done now even so is refused now.
   *
   * @throws DomainError drift.people_only, and what the thing itself would be refused with
   */
  async propose(actor: CallerActor, requested: RequestedProposal): Promise<DriftProposal> {
    assertPerson(actor);
    const tenantId = await this.rehearse(actor, requested);
    return this.transactions.run(async (tx) => {
      const { changeId, version, content, reason } = requested;
      const proposal = await this.proposals.insert(
        tx,
        {
          tenantId,
          kind: content.kind,
          subjectId: changeId,
          subjectVersion: version,
          content: JSON.stringify(content),
          reason,
          proposedById: actor.id,
          proposedByName: actor.displayName,
        },
        PROPOSAL_DAYS,
      );
      await this.record(tx, actor, 'drift.proposal.made', proposal, reason);
      return proposal;
    });
  }

  /**
   * Approves and does it, in one. What was proposed is done only as the proposer saw it.
   *
   * @param kinds what the caller may approve
   * @throws DomainError drift.people_only, drift.proposal_not_found, drift.own_proposal, drift.proposal_over,
   *   request.precondition_failed, and what the thing itself is refused with
   */
  approve(
    actor: CallerActor,
    id: string,
    version: number,
    reason: string,
    kinds: readonly ProposalKind[],
  ): Promise<DriftProposal> {
    assertPerson(actor);
    return this.transactions.run(async (tx) => {
      const proposal = await this.answered(tx, actor, id, version, 'approved', reason, kinds);
      await this.carryOut(tx, actor, requestOf(proposal), noteOf(proposal, reason));
      await this.record(tx, actor, 'drift.proposal.approved', proposal, reason);
      return proposal;
    });
  }

  /** @throws DomainError as `approve` */
  decline(
    actor: CallerActor,
    id: string,
    version: number,
    reason: string,
    kinds: readonly ProposalKind[],
  ): Promise<DriftProposal> {
    assertPerson(actor);
    return this.transactions.run(async (tx) => {
      const proposal = await this.answered(tx, actor, id, version, 'declined', reason, kinds);
      await this.record(tx, actor, 'drift.proposal.declined', proposal, reason);
      return proposal;
    });
  }

  /**
   * By whoever proposed it.
   *
   * @throws DomainError drift.proposal_not_found, drift.not_your_proposal, drift.proposal_over, request.precondition_failed
   */
  withdraw(actor: CallerActor, id: string, version: number, reason: string): Promise<DriftProposal> {
    return this.transactions.run(async (tx) => {
      const proposal = await this.answered(tx, actor, id, version, 'withdrawn', reason, null);
      await this.record(tx, actor, 'drift.proposal.withdrawn', proposal, reason);
      return proposal;
    });
  }

  /** @param kinds null: only the proposer may */
  private async answered(
    tx: Transaction,
    actor: CallerActor,
    id: string,
    version: number,
    status: Exclude<ProposalStatus, 'pending'>,
    reason: string,
    kinds: readonly ProposalKind[] | null,
  ): Promise<DriftProposal> {
    const before = await this.proposals.findById(tx, id);
    // Of a kind that isn't the caller's to decide there is none here.
    if (before === null || (kinds !== null && !kinds.includes(before.kind)))
      throw driftError('drift.proposal_not_found');
    const isOwn = before.proposedById === actor.id;
    if (kinds !== null && isOwn) throw driftError('drift.own_proposal');
    if (kinds === null && !isOwn) throw driftError('drift.not_your_proposal');
    if (before.status !== 'pending') throw driftError('drift.proposal_over', { detail: `It is ${before.status}.` });
    if (before.version !== version) throw kernelError('request.precondition_failed');
    const after = await this.proposals.answer(tx, id, version, status, actor, reason);
    if (after === null) throw driftError('drift.proposal_over');
    return after;
  }

  /** @returns the tenant that it is about */
  private async rehearse(actor: CallerActor, requested: RequestedProposal): Promise<string> {
    let tenantId = '';
    try {
      await this.transactions.run(async (tx) => {
        tenantId = await this.carryOut(tx, actor, requested, requested.reason);
        throw new Rehearsed();
      });
    } catch (error) {
      if (!(error instanceof Rehearsed)) throw error;
    }
    return tenantId;
  }

  private async carryOut(
    tx: Transaction,
    actor: CallerActor,
    { tenantId, changeId, version, content }: RequestedProposal,
    reason: string,
  ): Promise<string> {
    if (content.kind === 'decision') {
      if (changeId === null || version === null) throw driftError('drift.change_not_found');
      const decision = { kind: content.decision, reason, until: dateOf(content.until) };
      return (await this.decisions.decideWithin(tx, actor, changeId, version, decision, 'approved')).tenantId;
    }
    if (content.kind === 'ignore-rule') {
      const { resourceType, resourceKey, pathPattern } = content;
      const rule = { tenantId, resourceType, resourceKey, pathPattern, reason, until: dateOf(content.until) };
      return (await this.rules.createWithin(tx, actor, rule, 'approved')).tenantId;
    }
    if ('snapshotId' in content) {
      const { snapshotId, acceptIncomplete } = content;
      const approval = { snapshotId, acceptIncomplete, reason };
      return (await this.baselines.approveWithin(tx, actor, approval, version, 'approved')).tenantId;
    }
    const approval = { changeIds: content.changeIds, reason };
    if (version === null) throw kernelError('request.precondition_required');
    return (await this.baselineChanges.approveWithin(tx, actor, approval, version, 'approved')).tenantId;
  }

  private record(
    tx: Transaction,
    actor: CallerActor,
    action: 'drift.proposal.made' | 'drift.proposal.approved' | 'drift.proposal.declined' | 'drift.proposal.withdrawn',
    proposal: DriftProposal,
    reason: string,
  ): Promise<void> {
    return this.audit.record(tx, actor, {
      action: DRIFT_ACTIONS[action],
      tenantId: proposal.tenantId,
      target: { type: 'drift-proposal', id: proposal.id },
      outcome: 'success',
      reason,
      after: {
        kind: proposal.kind,
        status: proposal.status,
        subjectId: proposal.subjectId,
        proposedBy: proposal.proposedById,
        expiresAt: proposal.expiresAt.toISOString(),
      },
    });
  }
}

function assertPerson(actor: CallerActor): void {
  if (actor.type !== 'user') throw driftError('drift.people_only');
}

function requestOf({ tenantId, subjectId, subjectVersion, content, reason }: DriftProposal): RequestedProposal {
  return {
    tenantId,
    changeId: subjectId,
    version: subjectVersion,
    content: JSON.parse(content) as ProposedContent,
    reason,
  };
}

/** What stands beside what was done: whose idea it was, and why the other agreed. */
function noteOf({ reason, proposedByName }: DriftProposal, approval: string): string {
  return `${reason} (proposed by ${proposedByName}; approved: ${approval})`;
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
