import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { kernelError } from '../kernel/errors/kernel.errors.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { CarryOutProposal } from './carry-out-proposal.service.js';
import type { DriftProposal } from './decisions/drift-proposal.entity.js';
import {
  PERMISSION_OF,
  type ProposalKind,
  type ProposalStatus,
  type ProposedContent,
  type RequestedProposal,
} from './decisions/proposal.types.js';
import { ProposalsRepository } from './decisions/proposals.repository.js';
import { driftError } from './drift.errors.js';
import { DRIFT_ACTIONS } from './drift.events.js';
import type { TenantsInReach } from './tenant-access/subject.types.js';
import { TenantAccess } from './tenant-access/tenant-access.service.js';

/** A proposal that nobody answers is over after so long. */
export const PROPOSAL_DAYS = 7;

/** Proposals of a tenant that wait at a time, and those of one person among them: nobody keeps the others from proposing. */
export const MAX_WAITING_PROPOSALS = 100;
export const MAX_WAITING_OF_ONE = 25;

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
    private readonly carryOut: CarryOutProposal,
    private readonly access: TenantAccess,
    private readonly audit: AuditService,
  ) {}

  async list(tenants: TenantsInReach, limit: number, cursor?: string): Promise<Page<DriftProposal>> {
    const before = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.proposals.findPage(tx, tenants, limit + 1, before)), limit);
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
   * @throws DomainError drift.people_only, drift.not_allowed, drift.too_many_proposals, and what the thing itself would be
   *   refused with
   */
  async propose(actor: CallerActor, requested: RequestedProposal): Promise<DriftProposal> {
    assertPerson(actor);
    const tenantId = await this.rehearse(actor, requested);
    const { changeId, version, content, reason } = requested;
    if (!(await this.may(actor, content.kind, tenantId))) throw driftError('drift.not_allowed');
    return this.transactions.run(async (tx) => {
      const waiting = await this.proposals.countWaiting(tx, tenantId, actor.id);
      if (waiting.all >= MAX_WAITING_PROPOSALS || waiting.own >= MAX_WAITING_OF_ONE)
        throw driftError('drift.too_many_proposals', {
          detail: `At most ${MAX_WAITING_PROPOSALS} of a tenant wait, and ${MAX_WAITING_OF_ONE} of one person.`,
        });
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
   * Approves and does it, in one. What was proposed is done only as the proposer saw it, and while they may do it still.
   *
   * @param kinds what the caller may approve
   * @throws DomainError drift.people_only, drift.proposal_not_found, drift.own_proposal, drift.proposal_over,
   *   drift.not_allowed, drift.proposer_not_allowed, request.precondition_failed, and what the thing itself is refused with
   */
  async approve(
    actor: CallerActor,
    id: string,
    version: number,
    reason: string,
    kinds: readonly ProposalKind[],
  ): Promise<DriftProposal> {
    assertPerson(actor);
    await this.assertBothMay(actor, await this.get(id), kinds);
    return this.transactions.run(async (tx) => {
      const proposal = await this.answered(tx, actor, id, version, 'approved', reason, kinds);
      await this.carryOut.within(tx, actor, requestOf(proposal), noteOf(proposal, reason));
      await this.record(tx, actor, 'drift.proposal.approved', proposal, reason);
      return proposal;
    });
  }

  /** @throws DomainError as `approve`; the proposer may have lost the right to it */
  async decline(
    actor: CallerActor,
    id: string,
    version: number,
    reason: string,
    kinds: readonly ProposalKind[],
  ): Promise<DriftProposal> {
    assertPerson(actor);
    await this.assertMay(actor, await this.get(id), kinds);
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

  /** Access may have been taken from either since; who and what a proposal is of doesn't change. */
  private async assertBothMay(
    actor: CallerActor,
    proposal: DriftProposal,
    kinds: readonly ProposalKind[],
  ): Promise<void> {
    const { kind, tenantId, proposedById: id, proposedByName: displayName } = proposal;
    if (!kinds.includes(kind) || actor.id === id) return;
    await this.assertMay(actor, proposal, kinds);
    const proposer: CallerActor = { type: 'user', id, displayName, tenantId, sessionId: '', scopes: null };
    if (!(await this.may(proposer, kind, tenantId))) throw driftError('drift.proposer_not_allowed');
  }

  /** Whoever answers may do themselves what it is about; what they can't answer at all is refused for that later. */
  private async assertMay(
    actor: CallerActor,
    { kind, tenantId, proposedById }: DriftProposal,
    kinds: readonly ProposalKind[],
  ): Promise<void> {
    if (!kinds.includes(kind) || actor.id === proposedById) return;
    if (!(await this.may(actor, kind, tenantId))) throw driftError('drift.not_allowed');
  }

  /** Settings of a tenant are changed by whoever may everywhere, as at PATCH /tenants/{id}. */
  private may(actor: CallerActor, kind: ProposalKind, tenantId: string): Promise<boolean> {
    const permission = PERMISSION_OF[kind];
    return kind === 'tenant-settings' || kind === 'tenant-connection'
      ? this.access.mayEverywhere(actor, permission)
      : this.access.may(actor, permission, tenantId);
  }

  /** @returns the tenant that it is about */
  private async rehearse(actor: CallerActor, requested: RequestedProposal): Promise<string> {
    let tenantId = '';
    try {
      await this.transactions.run(async (tx) => {
        tenantId = await this.carryOut.within(tx, actor, requested, requested.reason);
        throw new Rehearsed();
      });
    } catch (error) {
      if (!(error instanceof Rehearsed)) throw error;
    }
    return tenantId;
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
        subjectVersion: proposal.subjectVersion,
        proposedBy: proposal.proposedById,
        proposedReason: proposal.reason,
        // Whole, so that the trail alone says what two people wanted; the digest holds if a state is ever too large for it.
        content: JSON.parse(proposal.content) as JsonObject,
        contentSha256: hash('sha256', proposal.content),
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

/** What stands beside what was done: whose idea it was, and why the other agreed. Where it is cut, the proposal has all. */
function noteOf({ id, reason, proposedByName }: DriftProposal, approval: string): string {
  return `${reason} (proposal ${id}, proposed by ${proposedByName}; approved: ${approval})`;
}
