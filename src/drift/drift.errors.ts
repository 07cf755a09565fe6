import { constraintMeans } from '../database/database-errors.js';
import { defineErrors } from '../kernel/errors/domain-error.js';

export const driftError = defineErrors({
  'drift.scan_not_found': { kind: 'not_found', title: 'There is no such scan' },
  'drift.snapshot_not_found': { kind: 'not_found', title: 'There is no such snapshot' },
  'drift.report_not_found': { kind: 'not_found', title: 'There is no such report' },
  'drift.change_not_found': { kind: 'not_found', title: 'There is no such change' },
  'drift.change_closed': { kind: 'conflict', title: 'The change is closed; there is nothing left to decide' },
  'drift.change_undecided': { kind: 'conflict', title: 'The change is open already' },
  'drift.ignored_by_rule': { kind: 'conflict', title: 'A rule ignores the change; withdraw the rule' },
  'drift.ignore_rule_not_found': { kind: 'not_found', title: 'There is no such rule' },
  'drift.ignore_rule_over': { kind: 'conflict', title: 'The rule is over already' },
  'drift.ignore_rule_too_wide': { kind: 'invalid', title: 'The rule would ignore everything of a type' },
  'drift.too_many_ignore_rules': { kind: 'conflict', title: 'The tenant has as many rules as it may have' },
  'drift.second_person_required': {
    kind: 'conflict',
    title: 'A second person has to approve this; propose it instead',
  },
  'drift.own_proposal': { kind: 'denied', title: 'Somebody else has to decide on what you proposed' },
  'drift.not_your_proposal': { kind: 'denied', title: 'Only whoever proposed it can withdraw it' },
  'drift.people_only': { kind: 'denied', title: 'Only people propose and approve' },
  'drift.proposal_not_found': { kind: 'not_found', title: 'There is no such proposal' },
  'drift.proposal_over': { kind: 'conflict', title: 'The proposal is decided, withdrawn or expired' },
  'drift.baseline_not_found': { kind: 'not_found', title: 'There is no such baseline' },
  'drift.no_baseline': { kind: 'conflict', title: 'The tenant has no baseline yet' },
  'drift.changes_of_many_tenants': { kind: 'invalid', title: 'The changes belong to different tenants' },
  'drift.change_not_applicable': {
    kind: 'conflict',
    title: 'The change does not follow from the baseline as it is now; scan again',
  },
  'drift.bulk_not_found': { kind: 'not_found', title: 'There is no such bulk decision' },
  'drift.idempotency_key_required': { kind: 'invalid', title: 'This request needs an Idempotency-Key header' },
  'drift.idempotency_key_reused': { kind: 'conflict', title: 'The Idempotency-Key was used for another request' },
  'drift.snapshot_incomplete': { kind: 'conflict', title: 'Parts of the tenant were not read for this snapshot' },
  'drift.baseline_conflict': { kind: 'conflict', title: 'Somebody else approved a baseline at the same moment' },
  'drift.tenant_not_found': { kind: 'not_found', title: 'There is no such watched tenant' },
  'drift.report_too_large': {
    kind: 'invalid',
    title: 'The report has more changes than a page holds; take json, ndjson, sarif or csv',
  },
  'drift.plan_of_several_tenants': { kind: 'invalid', title: 'A plan is for the changes of one tenant' },
  'drift.plan_too_large': { kind: 'invalid', title: 'The report has more open changes than one plan takes' },
  'drift.tenant_required': { kind: 'invalid', title: 'Say which tenant' },
  'drift.until_past': { kind: 'invalid', title: 'The end of the decision lies in the past' },
  'drift.until_too_far': { kind: 'invalid', title: 'The end of the decision lies too far in the future' },
  'drift.content_changed': { kind: 'unavailable', title: 'A stored content is not the one that was stored' },
  'drift.nothing_read': { kind: 'upstream', title: 'Nothing of the tenant could be read' },
});

constraintMeans('uq_drift_baselines_tenant_id_version', () => driftError('drift.baseline_conflict'));
