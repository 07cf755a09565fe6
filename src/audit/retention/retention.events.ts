import { defineAuditActions } from '../audit.types.js';

export const RETENTION_ACTIONS = defineAuditActions({
  'audit.hold.created': 'Records of a time are kept whatever their age, until the hold is released',
  'audit.hold.released': 'Records that were held may go when their time is over',
  'audit.hold.dismissed': 'What stood as a legal hold, and this service had not placed, holds no records any more',
  'audit.hold.sealed': 'A hold from before holds were sealed was sealed as the record of it in the trail says',
  'audit.partition.adopted': 'A month that was gone before drops were kept sealed counts as dropped by retention',
  'audit.partition.dropped': 'A month of the audit trail was dropped after it was exported; the record names the file',
  'audit.role.granted':
    'A role of the database was given what running the service needs; the record says how long records are kept at least',
});
