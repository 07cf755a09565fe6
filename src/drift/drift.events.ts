import { defineAuditActions } from '../audit/audit.types.js';

export const DRIFT_ACTIONS = defineAuditActions({
  'drift.scan.requested': 'Somebody asked for a scan',
  'drift.scan.completed': 'A scan was written: snapshot, report, changes',
  'drift.scan.failed': 'A scan ended without a report',
  'drift.snapshot.exported': 'Somebody downloaded a whole snapshot',
  'drift.baseline.approved': 'A snapshot became the baseline',
  'drift.change.accepted': 'A change was accepted: its value is as it should be',
  'drift.change.ignored': 'A change was set aside',
  'drift.change.reopened': 'A decision on a change was taken back',
});
