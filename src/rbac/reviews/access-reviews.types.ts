import type { JsonObject } from '../../crypto/canonical-json.js';
import type { SubjectRef } from '../rbac.types.js';

export type ReviewDecision = 'keep' | 'remove';

/** `ending`: it is due, and what was decided is being done. */
export type ReviewStatus = 'open' | 'ending' | 'closed' | 'cancelled';

/** What became of an item at the end. */
export type ReviewOutcome = 'kept' | 'removed' | 'already_gone' | 'refused';

export interface AccessReview {
  id: string;
  name: string;
  description: string;
  /** Assignments on it and below it are reviewed. */
  scope: string;
  /** roles.id; null: of every role. */
  roleId: string | null;
  /** users.id, sorted. */
  reviewers: string[];
  /** What happens with items that nobody decided. */
  onUnanswered: ReviewDecision;
  status: ReviewStatus;
  dueAt: Date;
  createdByType: 'user' | 'service_account' | 'system';
  createdById: string;
  closedAt: Date | null;
  version: number;
  createdAt: Date;
  decided: number;
  undecided: number;
}

export interface NewAccessReview {
  name: string;
  description: string;
  scope: string;
  /** roles.id; null: of every role. */
  roleId: string | null;
  /** users.id, 1 to 50 different ones. */
  reviewers: readonly string[];
  onUnanswered: ReviewDecision;
  dueAt: Date;
}

/** An assignment as it was when the review began. */
export interface ReviewedAccess extends JsonObject {
  subjectType: SubjectRef['type'];
  /** users.id, service_accounts.id or groups.id */
  subjectId: string;
  subjectDisplayName: string;
  roleId: string;
  roleName: string;
  scope: string;
  /** ISO 8601 */
  validFrom: string;
  /** ISO 8601; null: until it is removed. */
  validUntil: string | null;
  reason: string;
}

/** `eligible`: it has to be activated before it counts. */
export type ReviewedKind = 'active' | 'eligible';

export interface ReviewedAssignment {
  /** role_assignments.id or eligible_assignments.id */
  assignmentId: string;
  kind: ReviewedKind;
  content: ReviewedAccess;
}

export interface ReviewItem extends ReviewedAssignment {
  id: string;
  reviewId: string;
  /** Null: nobody has decided yet. */
  decision: ReviewDecision | null;
  /** users.id */
  decidedBy: string | null;
  decidedAt: Date | null;
  reason: string | null;
  /** Null until the end. */
  outcome: ReviewOutcome | null;
  outcomeDetail: string | null;
}

export type ItemFilter = ReviewDecision | 'undecided';
