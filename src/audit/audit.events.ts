import { defineAuditActions } from './audit.types.js';

export const AUDIT_ACTIONS = defineAuditActions({
  'access.request.denied': 'Somebody who is signed in asked for something that they may not do',
  'access.request.failed': 'A change that somebody asked for failed by a fault of the service',
  'auth.anonymous.failed': 'Requests without a valid sign-in from one source in one minute, counted',
});
