import { defineAuditActions } from '../audit/audit.types.js';

export const TENANT_ACTIONS = defineAuditActions({
  'tenants.tenant.created': 'A tenant was added',
  'tenants.tenant.updated': 'A tenant’s schedule or access was changed',
});
