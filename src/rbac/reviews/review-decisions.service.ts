import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { reviewError } from './access-reviews.errors.js';
import { REVIEW_ACTIONS } from './access-reviews.events.js';
import { AccessReviewsRepository } from './access-reviews.repository.js';
import { AccessReviewsService } from './access-reviews.service.js';
import type { ItemFilter, ReviewDecision, ReviewItem } from './access-reviews.types.js';
import { ReviewItemsRepository } from './review-items.repository.js';

/** What reviewers see and say. */
@Injectable()
export class ReviewDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly campaigns: AccessReviewsService,
    private readonly reviews: AccessReviewsRepository,
    private readonly items: ReviewItemsRepository,
    private readonly facts: AccessFactsRepository,
    private readonly audit: AuditService,
  ) {}

  /** @throws DomainError rbac.review_not_found, also for those who may not see it */
  async list(
    actor: CallerActor,
    reviewId: string,
    filter: ItemFilter | undefined,
    limit: number,
    cursor?: string,
  ): Promise<Page<ReviewItem>> {
    await this.campaigns.get(actor, reviewId);
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(
      await this.transactions.read((tx) => this.items.findPage(tx, reviewId, filter, limit + 1, after)),
      limit,
    );
  }

  /**
   * Says keep or remove, until the review is due; said again, the last word counts.
   *
   * @throws DomainError rbac.review_not_found, rbac.review_item_not_found, rbac.not_a_reviewer, rbac.own_access, rbac.review_ended
   */
  async decide(
    actor: CallerActor,
    reviewId: string,
    itemId: string,
    decision: ReviewDecision,
    reason: string,
  ): Promise<ReviewItem> {
    await this.campaigns.get(actor, reviewId);
    return this.transactions.run(async (tx) => {
      const review = await this.reviews.find(tx, reviewId);
      if (review === null) throw reviewError('rbac.review_not_found');
      if (actor.type !== 'user' || !review.reviewers.includes(actor.id)) throw reviewError('rbac.not_a_reviewer');
      const before = await this.items.find(tx, reviewId, itemId);
      if (before === null) throw reviewError('rbac.review_item_not_found');
      await this.assertOthersAccess(tx, actor.id, before);
      if (!(await this.items.decide(tx, before, decision, actor.id, reason))) throw reviewError('rbac.review_ended');
      await this.audit.record(tx, actor, {
        action: REVIEW_ACTIONS['rbac.review.decided'],
        tenantId: null,
        target: { type: 'access-review', id: reviewId, displayName: review.name },
        outcome: 'success',
        reason,
        before: { item: itemId, decision: before.decision },
        after: { item: itemId, decision, ...before.content },
      });
      return (await this.items.find(tx, reviewId, itemId)) ?? before;
    });
  }

  /** Neither what they hold themselves, nor what comes to them by a group or in the hands of a program. */
  private async assertOthersAccess(tx: Transaction, userId: string, { content }: ReviewItem): Promise<void> {
    const isOwn = await this.isOwn(tx, userId, content.subjectType, content.subjectId);
    if (isOwn) throw reviewError('rbac.own_access');
  }

  private async isOwn(tx: Transaction, userId: string, type: string, subjectId: string): Promise<boolean> {
    if (type === 'user') return subjectId === userId;
    if (type === 'service_account') return this.items.ownsProgram(tx, userId, subjectId);
    const subject = await this.facts.loadSubject(tx, userId);
    return subject === null || subject.groupIds.includes(subjectId);
  }
}
