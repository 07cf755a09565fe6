import { defineErrors } from '../../kernel/errors/domain-error.js';

export const decisionError = defineErrors({
  'rbac.unknown_revision': { kind: 'invalid', title: 'There is no such revision yet' },
});
