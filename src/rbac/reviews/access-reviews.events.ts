import { defineAuditActions } from '../../audit/audit.types.js';

export const REVIEW_ACTIONS = defineAuditActions({
  'rbac.review.started': 'An access review began',
  'rbac.review.decided': 'A reviewer decided whether somebody keeps a role',
  'rbac.review.close_requested': 'An access review was ended before it was due',
  'rbac.review.cancelled': 'An access review was cancelled; nothing follows from it',
  'rbac.review.removal_refused': 'What a reviewer decided to remove could not be removed',
  'rbac.review.closed': 'An access review ended and its decisions were carried out',
});
