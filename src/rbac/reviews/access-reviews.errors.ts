import { constraintMeans } from '../../database/database-errors.js';
import { defineErrors } from '../../kernel/errors/domain-error.js';

export const reviewError = defineErrors({
  'rbac.review_not_found': { kind: 'not_found', title: 'There is no such access review' },
  'rbac.review_item_not_found': { kind: 'not_found', title: 'There is no such item in this access review' },
  'rbac.review_too_large': { kind: 'invalid', title: 'The access review would have too many items' },
  'rbac.review_ended': { kind: 'conflict', title: 'The access review has ended' },
  'rbac.review_due_at': { kind: 'invalid', title: 'An access review is due in one hour to one year' },
  'rbac.unknown_reviewer': { kind: 'invalid', title: 'A reviewer is no active user of this service' },
  'rbac.not_a_reviewer': { kind: 'denied', title: 'Only the named reviewers decide' },
  'rbac.own_access': { kind: 'denied', title: 'Nobody reviews their own access' },
});

constraintMeans('fk_access_review_reviewers_user_id', () => reviewError('rbac.unknown_reviewer'));
