import { defineAuditActions } from '../../audit/audit.types.js';

export const ACTIVATION_ACTIONS = defineAuditActions({
  'rbac.eligibility.created': 'Somebody may now activate a role',
  'rbac.eligibility.deleted': 'Somebody may no longer activate a role',
  'rbac.activation.requested': 'The activation of a role was asked for; where it needs no approval it began',
  'rbac.activation.approved': 'The activation of a role was approved and began',
  'rbac.activation.denied': 'The activation of a role was denied',
  'rbac.activation.cancelled': 'The activation of a role was cancelled before anybody decided on it',
  'rbac.activation.ended': 'The activation of a role was ended before its time',
});
