import { defineAuditActions } from '../audit.types.js';

export const AUDIT_READ_ACTIONS = defineAuditActions({
  'audit.events.read': 'Somebody searched the audit trail or read a record of it',
  'audit.events.exported': 'Somebody began to export records of the audit trail',
  'audit.export.ended': 'An export of the audit trail ended: everything was handed over, or it was broken off',
  'audit.proof.read': 'Somebody got the proof that a record is in the audit log',
});
