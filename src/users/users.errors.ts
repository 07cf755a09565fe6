import { defineErrors } from '../kernel/errors/domain-error.js';

export const usersError = defineErrors({
  'users.not_found': { kind: 'not_found', title: 'There is no such user' },
});
