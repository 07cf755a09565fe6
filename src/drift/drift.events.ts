import { defineAuditActions } from '../audit/audit.types.js';

export const DRIFT_ACTIONS = defineAuditActions({
  'drift.scan.requested': 'Somebody asked for a scan',
  'drift.scan.completed': 'A scan was written: snapshot, report, changes',
  'drift.scan.failed': 'A scan ended without a report',
  'drift.snapshot.exported': 'Somebody downloaded a whole snapshot',
  'drift.baseline.approved': 'A snapshot became the baseline',
  'drift.rule.overridden': 'A rule holds otherwise for a tenant than it comes',
  'drift.rule.restored': 'A rule holds for a tenant as it comes again',
  'drift.window.approved': 'A window in which changes are expected was approved',
  'drift.window.withdrawn': 'A window in which changes are expected was taken back',
  'drift.change.accepted': 'A change was accepted: its value is as it should be',
  'drift.change.ignored': 'A change was set aside',
  'drift.change.reopened': 'A decision on a change was taken back',
});
