import { defineAuditActions } from '../audit/audit.types.js';

export const RBAC_ACTIONS = defineAuditActions({
  'rbac.assignment.created': 'A role was given to a user, service account or group, or denied',
  'rbac.assignment.deleted': 'A role was taken from a user, service account or group, or a denial lifted',
  'rbac.role.created': 'A role was created',
  'rbac.role.updated': 'A role was changed: its name, what it holds, what it inherits, or how it is activated',
  'rbac.role.deleted': 'A role was deleted',
  'rbac.namespace.created': 'An application got a namespace for its own permissions',
  'rbac.namespace.updated': 'A namespace was renamed or handed to another service account',
  'rbac.namespace.deleted': 'A namespace and its permissions were deleted',
  'rbac.permissions.registered': 'The permissions of a namespace were registered anew',
});
