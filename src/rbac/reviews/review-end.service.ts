import { Injectable } from '@nestjs/common';
import { systemActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import type { SlotRun } from '../../jobs/job-slot.types.js';
import { JobSlots } from '../../jobs/job-slots.service.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { EligibleAssignmentsService } from '../activations/eligible-assignments.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { REVIEW_ACTIONS } from './access-reviews.events.js';
import { AccessReviewsRepository } from './access-reviews.repository.js';
import type { AccessReview, ReviewedAccess, ReviewItem, ReviewOutcome } from './access-reviews.types.js';
import { ReviewItemsRepository } from './review-items.repository.js';

const BATCH = 100;
const ACTOR = systemActor('rbac.access-review');

/** Does at the end of a review what was decided: an item is a transaction, so that whoever takes over goes on where it broke off. */
@Injectable()
export class ReviewEnd {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reviews: AccessReviewsRepository,
    private readonly items: ReviewItemsRepository,
    private readonly assignments: AssignmentsService,
    private readonly eligible: EligibleAssignmentsService,
    private readonly slots: JobSlots,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Ends the review that the run is for, and completes the run. One that has ended already has nothing left to do.
   *
   * @throws DomainError jobs.run_overtaken; the signal's reason when it aborts
   */
  async run(run: SlotRun, signal: AbortSignal): Promise<void> {
    const review = await this.transactions.read((tx) => this.reviews.find(tx, run.key));
    if (review?.status === 'ending') {
      for (;;) {
        const batch = await this.transactions.read((tx) => this.items.findPending(tx, review.id, BATCH));
        if (batch.length === 0) break;
        for (const itemId of batch) {
          signal.throwIfAborted();
          await this.end(run, review, itemId);
        }
      }
    }
    await this.transactions.run((tx) => this.close(tx, run, review));
  }

  /** What is refused rolls back what was tried, and is written down by itself. */
  private async end(run: SlotRun, review: AccessReview, itemId: string): Promise<void> {
    try {
      await this.transactions.run((tx) => this.carryOut(tx, run, review, itemId));
    } catch (error) {
      if (!(error instanceof DomainError) || !error.code.startsWith('rbac.')) throw error;
      await this.transactions.run((tx) => this.refuse(tx, run, review, itemId, error));
    }
  }

  private async carryOut(tx: Transaction, run: SlotRun, review: AccessReview, itemId: string): Promise<void> {
    await this.assignments.lockChanges(tx);
    await this.slots.assertFence(tx, run);
    const item = await this.items.lockPending(tx, itemId);
    if (item === null) return;
    const [outcome, detail] = await this.apply(tx, review, item);
    await this.items.putOutcome(tx, itemId, outcome, detail);
  }

  private async apply(
    tx: Transaction,
    review: AccessReview,
    item: ReviewItem,
  ): Promise<[outcome: ReviewOutcome, detail: string | null]> {
    if ((item.decision ?? review.onUnanswered) === 'keep') return ['kept', null];
    const now = await this.items.findAssignment(tx, item.kind, item.assignmentId);
    if (now === null) return ['already_gone', null];
    if (!isSame(now.content, item.content)) return ['already_gone', 'It was changed after the review began.'];
    const reason = `access review "${review.name}" (${review.id}): ${item.reason ?? 'nobody answered'}`;
    if (item.kind === 'active') await this.assignments.removeWithin(tx, ACTOR, item.assignmentId, reason);
    else await this.eligible.removeWithin(tx, ACTOR, item.assignmentId, reason);
    return ['removed', null];
  }

  private async refuse(
    tx: Transaction,
    run: SlotRun,
    review: AccessReview,
    itemId: string,
    error: DomainError,
  ): Promise<void> {
    await this.slots.assertFence(tx, run);
    const item = await this.items.lockPending(tx, itemId);
    if (item === null) return;
    await this.items.putOutcome(tx, itemId, 'refused', error.detail ?? error.title);
    await this.audit.record(tx, ACTOR, {
      action: REVIEW_ACTIONS['rbac.review.removal_refused'],
      tenantId: null,
      target: { type: 'access-review', id: review.id, displayName: review.name },
      outcome: 'failure',
      reason: error.code,
      after: { item: itemId, ...item.content },
    });
  }

  private async close(tx: Transaction, run: SlotRun, review: AccessReview | null): Promise<void> {
    if (review?.status === 'ending' && (await this.reviews.close(tx, review.id))) {
      const { id, name, scope } = review;
      const outcomes = { ...(await this.items.countOutcomes(tx, id)) };
      await this.audit.record(tx, ACTOR, {
        action: REVIEW_ACTIONS['rbac.review.closed'],
        tenantId: null,
        target: { type: 'access-review', id, displayName: name },
        outcome: 'success',
        after: outcomes,
      });
      await this.outbox.append(tx, { type: 'rbac.review.closed', tenantId: null, data: { id, name, scope, outcomes } });
    }
    await this.slots.complete(tx, run);
  }
}

/** Whether it still is what was reviewed; that somebody was renamed changes nothing. */
function isSame(now: ReviewedAccess, reviewed: ReviewedAccess): boolean {
  const essence = ({ subjectId, roleId, scope, validFrom, validUntil }: ReviewedAccess) =>
    canonicalJson({ subjectId, roleId, scope, validFrom, validUntil });
  return essence(now) === essence(reviewed);
}
