import { defineErrors } from '../../kernel/errors/domain-error.js';

export const documentError = defineErrors({
  'rbac.document_invalid': { kind: 'invalid', title: 'The document of roles, constraints and mappings is not valid' },
  'rbac.document_too_large': { kind: 'too_large', title: 'The document makes roles inherit more than is allowed' },
  'rbac.document_took_too_long': { kind: 'unavailable', title: 'The document took too long, and nothing was changed' },
  'rbac.document_group': { kind: 'invalid', title: 'A mapping names a group that is not known here' },
  'rbac.document_tenant': { kind: 'invalid', title: 'A mapping names a tenant that is not known here' },
  'rbac.plan_outdated': { kind: 'conflict', title: 'Something has changed since the plan was made' },
});
