import { defineErrors } from '../../kernel/errors/domain-error.js';

export const auditReadError = defineErrors({
  'audit.event_not_found': { kind: 'not_found', title: 'There is no such record in the audit trail' },
  'audit.unknown_action': { kind: 'invalid', title: 'No record of the audit trail can have this action' },
  'audit.search_too_slow': {
    kind: 'invalid',
    title: 'This search looks through too many records; narrow its time or add a filter',
  },
  'audit.too_busy': { kind: 'unavailable', title: 'Too many searches or exports of the audit trail are running' },
  'audit.sealing_behind': { kind: 'unavailable', title: 'What was asked for is not sealed yet' },
  'audit.log_refused': { kind: 'unavailable', title: 'The audit log is not as this service left it' },
  'audit.unknown_size': { kind: 'invalid', title: 'The audit log was not signed at this size' },
  'audit.unreadable_evidence': { kind: 'invalid', title: 'What is to be verified is neither a proof nor a bundle' },
});
