import { constraintMeans } from '../../database/database-errors.js';
import { defineErrors } from '../../kernel/errors/domain-error.js';
import { rbacError } from '../rbac.errors.js';

export const activationError = defineErrors({
  'rbac.eligible_assignment_not_found': { kind: 'not_found', title: 'There is no such eligible assignment' },
  'rbac.activation_not_found': { kind: 'not_found', title: 'There is no such activation' },
  'rbac.not_eligible': { kind: 'conflict', title: 'The role cannot be activated now' },
  'rbac.activation_too_long': { kind: 'invalid', title: 'The activation would last longer than is allowed' },
  'rbac.already_activated': { kind: 'conflict', title: 'The role is already activated, or its activation asked for' },
  'rbac.activation_over': { kind: 'conflict', title: 'The activation is decided on or over' },
  'rbac.own_activation': { kind: 'denied', title: 'Nobody decides on an activation of their own' },
});

constraintMeans('fk_eligible_assignments_user_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_eligible_assignments_group_id', () => rbacError('rbac.unknown_subject'));
constraintMeans('fk_eligible_assignments_role_id', () => rbacError('rbac.unknown_role'));
constraintMeans('ck_eligible_assignments_valid_until', () => rbacError('rbac.invalid_period'));
