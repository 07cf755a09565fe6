import { defineErrors } from '../kernel/errors/domain-error.js';

export const keysError = defineErrors({
  'keys.cannot_open': { kind: 'unavailable', title: 'A stored secret cannot be opened' },
  'keys.master_key_wrong': { kind: 'unavailable', title: 'The master key does not open the keys in this database' },
  'keys.next_too_young': { kind: 'conflict', title: 'The next signing key is not known everywhere yet' },
});
