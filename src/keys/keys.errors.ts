import { defineErrors } from '../kernel/errors/domain-error.js';

export const keysError = defineErrors({
  'keys.cannot_open': { kind: 'unavailable', title: 'A stored secret cannot be opened' },
  'keys.master_key_wrong': { kind: 'unavailable', title: 'The master key does not open the keys in this database' },
  'keys.exchanged': { kind: 'unavailable', title: 'A key in the database is not the one that was made' },
  'keys.vault_mistaken': { kind: 'unavailable', title: 'The key vault answered for another key than it was asked for' },
  'keys.vault_unavailable': { kind: 'unavailable', title: 'The key vault does not answer, or refuses' },
  'keys.next_too_young': { kind: 'conflict', title: 'The next key is not known everywhere yet' },
});
