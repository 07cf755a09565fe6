import { defineAuditActions } from '../audit.types.js';

export const RETENTION_ACTIONS = defineAuditActions({
  'audit.hold.created': 'Records of a time are kept whatever their age, until the hold is released',
  'audit.hold.released': 'Records that were held may go when their time is over',
  'audit.partition.dropped': 'A month of the audit trail was dropped after it was exported; the record names the file',
});
