import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const driftError = defineErrors({
  'drift.scan_not_found': { kind: 'not_found', title: 'There is no such scan' },
  'drift.snapshot_not_found': { kind: 'not_found', title: 'There is no such snapshot' },
  'drift.report_not_found': { kind: 'not_found', title: 'There is no such report' },
  'drift.change_not_found': { kind: 'not_found', title: 'There is no such change' },
  'drift.change_closed': { kind: 'conflict', title: 'The change is closed; there is nothing left to decide' },
  'drift.change_undecided': { kind: 'conflict', title: 'The change is open already' },
  'drift.snapshot_incomplete': { kind: 'conflict', title: 'Parts of the tenant were not read for this snapshot' },
  'drift.baseline_conflict': { kind: 'conflict', title: 'Somebody else approved a baseline at the same moment' },
  'drift.tenant_required': { kind: 'invalid', title: 'Say which tenant' },
  'drift.until_past': { kind: 'invalid', title: 'The end of the decision lies in the past' },
  'drift.content_changed': { kind: 'unavailable', title: 'A stored content is not the one that was stored' },
  'drift.nothing_read': { kind: 'upstream', title: 'Nothing of the tenant could be read' },
});

constraintMeans('uq_drift_baselines_tenant_id_version', () => driftError('drift.baseline_conflict'));
