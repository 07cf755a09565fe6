import { constraintMeans } from '../../database/database-errors.js';
import { defineErrors } from '../../kernel/errors/domain-error.js';
import { rbacError } from '../rbac.errors.js';

export const separationError = defineErrors({
  'rbac.constraint_not_found': { kind: 'not_found', title: 'There is no such constraint' },
  'rbac.constraint_name_taken': { kind: 'conflict', title: 'There is a constraint of this name' },
  'rbac.constraint_invalid': { kind: 'invalid', title: 'A constraint has to leave out at least one of its members' },
  'rbac.too_many_constraints': { kind: 'conflict', title: 'There are as many constraints as there may be' },
  'rbac.separation_violated': { kind: 'conflict', title: 'Nobody may hold these together' },
});

constraintMeans('uq_separation_constraints_name', () => separationError('rbac.constraint_name_taken'));
constraintMeans('fk_separation_constraint_members_role_id', () => rbacError('rbac.unknown_role'));
constraintMeans('fk_separation_constraint_members_permission', () => rbacError('rbac.unknown_permission'));
