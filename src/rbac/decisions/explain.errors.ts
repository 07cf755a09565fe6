import { defineErrors } from '../../kernel/errors/domain-error.js';

export const explainError = defineErrors({
  'rbac.before_history': { kind: 'invalid', title: 'Nothing is recorded of who might do what at that time' },
  'rbac.as_of_future': { kind: 'invalid', title: 'What will be so at a future time is not known' },
});
