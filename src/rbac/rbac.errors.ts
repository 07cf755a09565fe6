import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const rbacError = defineErrors({
  'access.denied': { kind: 'denied', title: 'You are not allowed to do this' },
  'rbac.role_not_found': { kind: 'not_found', title: 'There is no such role' },
  'rbac.assignment_not_found': { kind: 'not_found', title: 'There is no such assignment' },
  'rbac.unknown_subject': { kind: 'invalid', title: 'The subject is no user or service account of this service' },
  'rbac.unknown_role': { kind: 'invalid', title: 'The role is not one of this service' },
  'rbac.unknown_permission': { kind: 'invalid', title: 'The permission is not one of this service' },
  'rbac.invalid_period': { kind: 'invalid', title: 'The assignment ends before it begins' },
  'rbac.no_way_up': { kind: 'denied', title: 'Nobody can give or take what they do not hold themselves' },
  'rbac.last_administrator': { kind: 'conflict', title: 'The last administrator cannot be removed' },
});

constraintMeans('fk_role_assignments_user_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_role_assignments_service_account_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_role_assignments_role_id', () => rbacError('rbac.unknown_role'));
constraintMeans('ck_role_assignments_valid_until', () => rbacError('rbac.invalid_period'));
