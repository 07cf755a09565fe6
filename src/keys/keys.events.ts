import { defineAuditActions } from '../audit/audit.types.js';

export const KEYS_ACTIONS = defineAuditActions({
  'keys.signing-key.rotated': 'Another key signs access tokens; the one before only verifies until its tokens are over',
  'keys.signing-key.retired': 'A signing key verifies no more and its private half was erased',
});
