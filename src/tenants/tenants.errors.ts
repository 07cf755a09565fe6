import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const tenantsError = defineErrors({
  'tenants.not_found': { kind: 'not_found', title: 'There is no such tenant' },
  'tenants.second_person_required': {
    kind: 'conflict',
    title: 'A second person has to approve this; propose it at /drift/setting-proposals',
  },
  'tenants.already_watched': { kind: 'conflict', title: 'This Entra tenant is already here' },
});

constraintMeans('uq_tenants_entra_tenant_id', () => tenantsError('tenants.already_watched'));
