import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const rbacError = defineErrors({
  'access.denied': { kind: 'denied', title: 'You are not allowed to do this' },
  'rbac.role_not_found': { kind: 'not_found', title: 'There is no such role' },
  'rbac.namespace_not_found': { kind: 'not_found', title: 'There is no such namespace' },
  'rbac.assignment_not_found': { kind: 'not_found', title: 'There is no such assignment' },
  'rbac.unknown_subject': {
    kind: 'invalid',
    title: 'The subject is no user, service account or group of this service',
  },
  'rbac.unknown_role': { kind: 'invalid', title: 'The role is not one of this service' },
  'rbac.unknown_permission': { kind: 'invalid', title: 'The permission is not one of this service' },
  'rbac.unknown_service_account': { kind: 'invalid', title: 'The service account is not one of this service' },
  'rbac.assignment_exists': { kind: 'conflict', title: 'The same is assigned already' },
  'rbac.too_many_assignments': { kind: 'conflict', title: 'The subject has as many assignments as it may have' },
  'rbac.invalid_period': { kind: 'invalid', title: 'The assignment ends before it begins' },
  'rbac.no_way_up': { kind: 'denied', title: 'Nobody can give or take what they do not hold themselves' },
  'rbac.last_administrator': { kind: 'conflict', title: 'The last administrator cannot be removed' },
  'rbac.system_role': { kind: 'conflict', title: 'A role that comes with the service cannot be changed' },
  'rbac.role_name_taken': { kind: 'conflict', title: 'There is a role of this name' },
  'rbac.role_cycle': { kind: 'conflict', title: 'A role cannot inherit from itself, not even through others' },
  'rbac.role_too_deep': { kind: 'conflict', title: 'Roles inherit from each other over 20 levels at most' },
  'rbac.role_too_large': { kind: 'invalid', title: 'A role holds or inherits from more than is allowed' },
  'rbac.role_in_use': { kind: 'conflict', title: 'The role is still used' },
  'rbac.too_many_roles': { kind: 'conflict', title: 'There are as many roles as there may be' },
  'rbac.too_many_parents': { kind: 'conflict', title: 'Roles inherit from each other as often as they may' },
  'rbac.namespace_taken': { kind: 'conflict', title: 'There is a namespace of this name' },
  'rbac.too_many_namespaces': { kind: 'conflict', title: 'There are as many namespaces as there may be' },
  'rbac.permission_in_use': { kind: 'conflict', title: 'A permission is still used' },
});

constraintMeans('fk_role_assignments_user_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_role_assignments_service_account_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_role_assignments_group_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_role_assignments_role_id', () => rbacError('rbac.unknown_role'));
constraintMeans('ck_role_assignments_valid_until', () => rbacError('rbac.invalid_period'));
constraintMeans('uq_roles_name', () => rbacError('rbac.role_name_taken'));
constraintMeans('fk_role_parents_parent_role_id', () => rbacError('rbac.unknown_role'));
constraintMeans('ck_role_parents_parent_role_id', () => rbacError('rbac.role_cycle'));
constraintMeans('pk_permission_namespaces', () => rbacError('rbac.namespace_taken'));
constraintMeans('fk_permission_namespaces_service_account_id', () => rbacError('rbac.unknown_service_account'));
