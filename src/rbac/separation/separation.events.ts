import { defineAuditActions } from '../../audit/audit.types.js';

export const SEPARATION_ACTIONS = defineAuditActions({
  'rbac.constraint.created': 'A separation of duties was created',
  'rbac.constraint.updated': 'A separation of duties was changed',
  'rbac.constraint.deleted': 'A separation of duties was deleted',
  'rbac.separation.violated':
    'Somebody came to hold what nobody may hold together, by a change that could not be refused',
});
