import { defineAuditActions } from '../audit.types.js';

export const STREAM_ACTIONS = defineAuditActions({
  'audit.stream.failed': 'A receiver of the audit trail stopped taking records',
  'audit.stream.recovered': 'A receiver of the audit trail takes records again',
});
