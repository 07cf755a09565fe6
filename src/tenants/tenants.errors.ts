import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const tenantsError = defineErrors({
  'tenants.not_found': { kind: 'not_found', title: 'There is no such tenant' },
  'tenants.second_person_required': {
    kind: 'conflict',
    title: 'A second person has to approve this; propose it at /drift/setting-proposals',
  },
  'tenants.credential_unusable': { kind: 'invalid', title: 'This credential cannot be used' },
  'tenants.no_own_connection': {
    kind: 'conflict',
    title: 'The tenant is read with the installation’s application already',
  },
  'tenants.candidate_not_found': { kind: 'not_found', title: 'No such connection waits for approval' },
  'tenants.too_many_candidates': {
    kind: 'conflict',
    title: 'So many connections of this tenant wait already; withdraw one',
  },
  'tenants.already_watched': { kind: 'conflict', title: 'This Entra tenant is already here' },
});

constraintMeans('uq_tenants_entra_tenant_id', () => tenantsError('tenants.already_watched'));
