import { defineAuditActions } from '../audit/audit.types.js';

export const TENANT_ACTIONS = defineAuditActions({
  'tenants.tenant.created': 'A tenant was added',
  'tenants.tenant.updated': 'A tenant’s schedule or access was changed',
  'tenants.connection.changed': 'What a tenant is read with was changed',
  'tenants.connection.offered': 'A connection of a tenant was handed in for a second person',
  'tenants.connection.withdrawn': 'A connection that waited for a second person was taken back',
  'tenants.connection.tested': 'The connection of a tenant was tried',
});
