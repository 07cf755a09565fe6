import { defineAuditActions } from '../audit/audit.types.js';

export const DRIFT_ACTIONS = defineAuditActions({
  'drift.scan.requested': 'Somebody asked for a scan',
  'drift.scan.completed': 'A scan was written: snapshot, report, changes',
  'drift.scan.failed': 'A scan ended without a report',
  'drift.snapshot.exported': 'Somebody downloaded a whole snapshot',
  'drift.baseline.approved': 'A snapshot became the baseline',
  'drift.change.accepted': 'A change was accepted: its value is as it should be',
  'drift.change.ignored': 'A change was set aside',
  'drift.change.denied': 'A change was denied: its value must not stand',
  'drift.change.reopened': 'A decision on a change was taken back',
  'drift.changes.baselined': 'Single changes became part of the baseline',
  'drift.ignore_rule.created': 'A rule that ignores changes was made',
  'drift.ignore_rule.withdrawn': 'A rule that ignores changes was withdrawn',
  'drift.proposal.made': 'Something was proposed that a second person has to approve',
  'drift.proposal.approved': 'A second person approved a proposal',
  'drift.proposal.declined': 'A second person declined a proposal',
  'drift.proposal.withdrawn': 'A proposal was taken back',
  'drift.bulk_decision.requested': 'A decision on many changes was handed in',
  'drift.bulk_decision.completed': 'Every row of a decision on many changes was answered',
});
