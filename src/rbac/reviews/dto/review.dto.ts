import type { AccessReview, ReviewItem } from '../access-reviews.types.js';

/** A campaign in which named people say whether others keep what they have. */
export class ReviewDto {
  id: string;
  name: string;
  description: string;
  scope: string;
  /** roles.id; null: of every role. */
  role: string | null;
  /** users.id */
  reviewers: string[];
  onUnanswered: 'keep' | 'remove';
  /** `ending`: it is due, and what was decided is being done. */
  status: 'open' | 'ending' | 'closed' | 'cancelled';
  dueAt: string;
  createdBy: ReviewStarterDto;
  createdAt: string;
  closedAt: string | null;
  /** How many items somebody has decided. */
  decided: number;
  undecided: number;

  static from(review: AccessReview): ReviewDto {
    const { id, name, description, scope, reviewers, onUnanswered, status, decided, undecided } = review;
    return {
      id,
      name,
      description,
      scope,
      role: review.roleId,
      reviewers,
      onUnanswered,
      status,
      dueAt: review.dueAt.toISOString(),
      createdBy: { type: review.createdByType, id: review.createdById },
      createdAt: review.createdAt.toISOString(),
      closedAt: review.closedAt?.toISOString() ?? null,
      decided,
      undecided,
    };
  }
}

/** Whose authority a review acts on. */
export class ReviewStarterDto {
  type: 'user' | 'service_account' | 'system';
  id: string;
}

export class ReviewPageDto {
  items: ReviewDto[];
  nextCursor: string | null;
}

/** An assignment as it was when the review began. */
export class ReviewedAccessDto {
  subjectType: 'user' | 'service_account' | 'group';
  subjectId: string;
  subjectDisplayName: string;
  /** roles.id */
  roleId: string;
  roleName: string;
  scope: string;
  validFrom: string;
  /** Null: until it is removed. */
  validUntil: string | null;
  /** Why it was assigned. */
  reason: string;
}

/** One assignment under review. */
export class ReviewItemDto {
  id: string;
  /** Of an active or an eligible assignment. */
  assignment: string;
  /** `eligible`: it has to be activated before it counts. */
  kind: 'active' | 'eligible';
  access: ReviewedAccessDto;
  /** Null: nobody has decided yet. */
  decision: 'keep' | 'remove' | null;
  /** users.id */
  decidedBy: string | null;
  decidedAt: string | null;
  reason: string | null;
  /** What became of it at the end. */
  outcome: 'kept' | 'removed' | 'already_gone' | 'refused' | null;
  outcomeDetail: string | null;

  static from(item: ReviewItem): ReviewItemDto {
    const { id, kind, content, decision, decidedBy, reason, outcome, outcomeDetail } = item;
    const { subjectType, subjectId, subjectDisplayName, roleId, roleName, scope, validFrom, validUntil } = content;
    return {
      id,
      assignment: item.assignmentId,
      kind,
      access: {
        subjectType,
        subjectId,
        subjectDisplayName,
        roleId,
        roleName,
        scope,
        validFrom,
        validUntil,
        reason: content.reason,
      },
      decision,
      decidedBy,
      decidedAt: item.decidedAt?.toISOString() ?? null,
      reason,
      outcome,
      outcomeDetail,
    };
  }
}

export class ReviewItemPageDto {
  items: ReviewItemDto[];
  nextCursor: string | null;
}
