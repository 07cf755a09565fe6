import { defineErrors } from '../../kernel/errors/domain-error.js';

export const streamError = defineErrors({
  'audit.stream_unknown': { kind: 'not_found', title: 'There is no such stream of the audit trail' },
  'audit.stream_not_back': { kind: 'invalid', title: 'A stream is only put back, never forward' },
});
