import { defineAuditActions } from '../audit/audit.types.js';

export const RBAC_ACTIONS = defineAuditActions({
  'rbac.assignment.created': 'A role was given to a user or service account, or denied',
  'rbac.assignment.deleted': 'A role was taken from a user or service account, or a denial lifted',
});
