import { defineAuditActions } from '../../audit/audit.types.js';

export const DOCUMENT_ACTIONS = defineAuditActions({
  'rbac.document.applied': 'A document of roles, constraints and mappings was applied',
});
