import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const usersError = defineErrors({
  'users.not_found': { kind: 'not_found', title: 'There is no such user' },
  'users.deleted': { kind: 'conflict', title: 'The user is deleted' },
  'users.service_account_not_found': { kind: 'not_found', title: 'There is no such service account' },
  'users.service_account_name_taken': {
    kind: 'conflict',
    title: 'Another service account of the tenant has this name',
  },
  'users.invalid_owner': { kind: 'invalid', title: 'This user cannot own the service account' },
  'users.credential_not_found': { kind: 'not_found', title: 'The service account has no such credential' },
  'users.too_many_credentials': { kind: 'conflict', title: 'A service account has two usable credentials at most' },
  'users.bound_tokens_only': {
    kind: 'conflict',
    title: 'The service account takes only tokens that are bound to a key',
  },
  'users.invalid_public_key': { kind: 'invalid', title: 'The public key is not one that can be used here' },
});

constraintMeans('uq_service_accounts_tenant_id_name', () => usersError('users.service_account_name_taken'));
