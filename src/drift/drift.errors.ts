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
  'drift.rule_not_found': { kind: 'not_found', title: 'There is no such rule' },
  'drift.override_not_found': { kind: 'not_found', title: 'The tenant says nothing of this rule' },
  'drift.override_invalid': { kind: 'invalid', title: 'The rule can not hold like this' },
  'drift.window_not_found': { kind: 'not_found', title: 'There is no such change window' },
  'drift.window_zone': { kind: 'invalid', title: 'There is no such time zone' },
  'drift.window_when': {
    kind: 'invalid',
    title: 'Say when: days, start and durationMinutes for every week, or startsAt and endsAt for once',
  },
  'drift.windows_too_many': { kind: 'conflict', title: 'The tenant has as many change windows as it can have' },
  'drift.nothing_read': { kind: 'upstream', title: 'Nothing of the tenant could be read' },
});

constraintMeans('uq_drift_baselines_tenant_id_version', () => driftError('drift.baseline_conflict'));
