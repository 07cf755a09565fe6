import { constraintMeans } from '../../database/database-errors.js';
import { defineErrors } from '../../kernel/errors/domain-error.js';

export const retentionError = defineErrors({
  'audit.hold_not_found': { kind: 'not_found', title: 'There is no such hold' },
  'audit.hold_released': { kind: 'conflict', title: 'This hold was released before' },
  'audit.hold_tenant_unknown': { kind: 'invalid', title: 'There is no such tenant' },
});

constraintMeans('fk_audit_holds_tenant_id', () => retentionError('audit.hold_tenant_unknown'));
