import { defineAuditActions } from '../audit/audit.types.js';

export const KEYS_ACTIONS = defineAuditActions({
  'keys.signing-key.rotated': 'Another key signs access tokens; the one before only verifies until its tokens are over',
  'keys.signing-key.retired': 'A signing key verifies no more and its private half was erased',
  'keys.data-key.rotated': 'Another data key seals; what is stored is sealed again under it in the background',
  'keys.data-key.retired': 'Nothing lay under a data key any more, and it was erased',
  'keys.index-key.rotated': 'Another index key is written with; entries are made again under it in the background',
  'keys.index-key.retired': 'No entry lay under an index key any more, and it was erased',
  'keys.checkpoint-key.rotated':
    'Another key signs checkpoints of the audit log; the one before signs beside it for some days',
  'keys.checkpoint-key.resumed':
    'A key of checkpoints that was taken out of use past the service signs on for its time, and then retires',
  'keys.checkpoint-key.retired': 'A key signs checkpoints no more and its private half was erased',
  'keys.rewrap.completed': 'All that was stored under older keys in a column lies under the newest key',
  'keys.wrapping.changed': 'The keys in the database were wrapped again by the key-encryption key of now',
});
