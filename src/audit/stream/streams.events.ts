import { defineAuditActions } from '../audit.types.js';

export const STREAM_ACTIONS = defineAuditActions({
  'audit.stream.failed': 'A receiver of the audit trail stopped taking records',
  'audit.stream.shortened': 'A receiver of the audit trail takes no record as long as this one; it got the short form',
  'audit.stream.rewound': 'A stream of the audit trail was told from where on to deliver again',
  'audit.stream.adopted':
    'The position that a stream of the audit trail had before positions were sealed was taken over',
  'audit.stream.recovered': 'A receiver of the audit trail takes records again',
});
