import { Injectable } from '@nestjs/common';
import type { Actor, CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import type { AccessDelta } from '../authority/access-change.js';
import { AccessDecisions } from '../decisions/access-decisions.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { rbacError } from '../rbac.errors.js';
import { reviewError } from './access-reviews.errors.js';
import { REVIEW_ACTIONS } from './access-reviews.events.js';
import { AccessReviewsRepository } from './access-reviews.repository.js';
import type { AccessReview, NewAccessReview, ReviewedAssignment } from './access-reviews.types.js';
import { ReviewItemsRepository } from './review-items.repository.js';

/** What one review may hold; whoever has more takes narrower scopes or one role at a time. */
export const MAX_REVIEW_ITEMS = 10_000;
const MIN_SECONDS = 3600;
const MAX_SECONDS = 366 * 86_400;

/** Campaigns in which named people say whether others keep what they have. */
@Injectable()
export class AccessReviewsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reviews: AccessReviewsRepository,
    private readonly items: ReviewItemsRepository,
    private readonly assignments: AssignmentsService,
    private readonly authority: AccessAuthority,
    private readonly decisions: AccessDecisions,
    private readonly facts: AccessFactsRepository,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  /** Those that the caller reviews, and those on scopes where they may start one. */
  async list(actor: CallerActor, limit: number, cursor?: string): Promise<Page<AccessReview>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const reader = { id: actor.id, scopes: await this.decisions.scopesWhere(actor, 'access:review') };
    return pageOf(await this.transactions.read((tx) => this.reviews.findPage(tx, reader, limit + 1, after)), limit);
  }

  /** @throws DomainError rbac.review_not_found, also for those who may not see it */
  async get(actor: CallerActor, id: string): Promise<AccessReview> {
    const review = await this.transactions.read((tx) => this.reviews.find(tx, id));
    if (review === null) throw reviewError('rbac.review_not_found');
    if (review.reviewers.includes(actor.id)) return review;
    if (await this.decisions.may(actor, 'access:review', review.scope)) return review;
    throw reviewError('rbac.review_not_found');
  }

  /**
   * Begins a review of all that is assigned on the scope and below it. The reviewers and the end act on the authority of whoever
   * starts it, so it must be enough to take every item away.
   *
   * @throws DomainError rbac.no_way_up, rbac.review_too_large, rbac.unknown_reviewer, rbac.unknown_role, rbac.review_due_at
   */
  create(actor: Actor, review: NewAccessReview): Promise<AccessReview> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      await this.assertSound(tx, review);
      const found = await this.items.findAssignments(tx, review.scope, review.roleId, MAX_REVIEW_ITEMS + 1);
      if (found.length > MAX_REVIEW_ITEMS) {
        throw reviewError('rbac.review_too_large', {
          detail: `There are more than ${MAX_REVIEW_ITEMS} assignments. Review a narrower scope, or one role at a time.`,
        });
      }
      await this.assertMayTake(tx, actor, review.scope, found);
      const id = await this.reviews.insert(tx, review, actor);
      await this.items.insert(tx, id, found);
      const created = await this.reviews.find(tx, id);
      if (created === null) throw reviewError('rbac.review_not_found');
      await this.record(tx, actor, REVIEW_ACTIONS['rbac.review.started'], created, { after: stateOf(created) });
      await this.outbox.append(tx, { type: 'rbac.review.started', tenantId: null, data: { id, ...stateOf(created) } });
      return created;
    });
  }

  /**
   * Ends a review now: what was decided, and for the rest what was chosen for it, is then done as it would be when it is due.
   *
   * @throws DomainError rbac.review_not_found, rbac.own_access, rbac.review_ended, rbac.no_way_up
   */
  close(actor: CallerActor, id: string): Promise<AccessReview> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const review = await this.lock(tx, actor, id);
      await this.assertUnconcerned(tx, actor, id);
      // Nobody has looked at these, and whoever ends it early decides about them.
      if (review.onUnanswered === 'remove') {
        const pages = await this.items.findPage(tx, id, 'undecided', MAX_REVIEW_ITEMS, null);
        await this.assertMayTake(tx, actor, review.scope, pages);
      }
      if (!(await this.reviews.makeDue(tx, id))) throw reviewError('rbac.review_ended');
      await this.record(tx, actor, REVIEW_ACTIONS['rbac.review.close_requested'], review, {});
      return (await this.reviews.find(tx, id)) ?? review;
    });
  }

  /** @throws DomainError rbac.review_not_found, rbac.own_access, rbac.review_ended */
  cancel(actor: CallerActor, id: string): Promise<AccessReview> {
    return this.transactions.run(async (tx) => {
      await this.assignments.lockChanges(tx);
      const review = await this.lock(tx, actor, id);
      await this.assertUnconcerned(tx, actor, id);
      if (!(await this.reviews.cancel(tx, id))) throw reviewError('rbac.review_ended');
      await this.record(tx, actor, REVIEW_ACTIONS['rbac.review.cancelled'], review, {});
      return (await this.reviews.find(tx, id)) ?? review;
    });
  }

  private async lock(tx: Transaction, actor: CallerActor, id: string): Promise<AccessReview> {
    const review = await this.reviews.lock(tx, id);
    if (review === null) throw reviewError('rbac.review_not_found');
    if (await this.decisions.may(actor, 'access:review', review.scope)) return review;
    if (review.reviewers.includes(actor.id)) throw rbacError('access.denied');
    throw reviewError('rbac.review_not_found');
  }

  /**
   * Whoever is under review doesn't end it, whoever started it: not by themselves, not by a program of theirs.
   *
   * @throws DomainError rbac.own_access
   */
  private async assertUnconcerned(tx: Transaction, actor: CallerActor, reviewId: string): Promise<void> {
    const personId = actor.type === 'user' ? actor.id : await this.items.findOwner(tx, actor.id);
    const person = personId === null ? null : await this.facts.loadSubject(tx, personId);
    if (person === null) throw reviewError('rbac.own_access');
    const concerned = [actor.id, person.id, ...person.groupIds];
    if (await this.items.concernsAny(tx, reviewId, concerned, person.id)) {
      throw reviewError('rbac.own_access', {
        detail: 'The review concerns your own access: somebody else has to end it.',
      });
    }
  }

  private async assertSound(tx: Transaction, review: NewAccessReview): Promise<void> {
    if (!(await this.reviews.isAhead(tx, review.dueAt, MIN_SECONDS, MAX_SECONDS))) {
      throw reviewError('rbac.review_due_at');
    }
    const unknown = await this.reviews.findUnknownReviewers(tx, review.reviewers);
    if (unknown.length > 0) {
      throw reviewError('rbac.unknown_reviewer', { detail: `These are no active users: ${unknown.join(', ')}.` });
    }
    if (review.roleId !== null && !(await this.reviews.hasRole(tx, review.roleId)))
      throw rbacError('rbac.unknown_role');
  }

  /** @throws DomainError rbac.no_way_up */
  private async assertMayTake(
    tx: Transaction,
    actor: Actor,
    scope: string,
    items: readonly ReviewedAssignment[],
  ): Promise<void> {
    // Demands the permission itself on the scope of the review, also when nothing is assigned there.
    const deltas: AccessDelta[] = [{ permissions: [], scope, gives: false, until: null }];
    const scopesOfRole = new Map<string, Set<string>>();
    for (const { content } of items) {
      scopesOfRole.set(content.roleId, (scopesOfRole.get(content.roleId) ?? new Set()).add(content.scope));
    }
    // A role is read once, however many places there are: changes of access wait for this.
    for (const [roleId, scopes] of scopesOfRole) {
      const taken = await this.assignments.deltasOf(tx, { roleId, scope, effect: 'allow', validUntil: null }, false);
      for (const place of scopes) deltas.push(...taken.map((delta) => ({ ...delta, scope: place })));
    }
    await this.authority.assertMayConfer(tx, actor, { what: 'access review', deltas, needs: 'access:review' });
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: (typeof REVIEW_ACTIONS)[keyof typeof REVIEW_ACTIONS],
    { id, name }: AccessReview,
    change: { before?: JsonObject; after?: JsonObject },
  ): Promise<void> {
    const target = { type: 'access-review', id, displayName: name };
    return this.audit.record(tx, actor, { action, tenantId: null, target, outcome: 'success', ...change });
  }
}

function stateOf(review: AccessReview): JsonObject {
  return {
    name: review.name,
    scope: review.scope,
    roleId: review.roleId,
    reviewers: review.reviewers,
    onUnanswered: review.onUnanswered,
    dueAt: review.dueAt.toISOString(),
    items: review.decided + review.undecided,
  };
}
