import type { AuditRow } from '../../audit/log/canonical-record.js';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import type { Attribution, ChangeActor, ChangeType } from '../report/drift-report.types.js';
import {
  type AttributableChange,
  type AttributionEvidence,
  type AttributionVerdict,
  NOBODY,
} from './attribution.types.js';

const EVIDENCE_KEPT = 5;
/** What somebody gets by another role: that role's record says it, and this one's own only where it began or ceased to inherit. */
const INHERITED = '/inheritedPermissions';

/** The actions of our own trail that make a change of such an object, by the noun that the trail has for it. */
const acts = (noun: string): Record<ChangeType, string> => ({
  added: `rbac.${noun}.created`,
  modified: `rbac.${noun}.updated`,
  removed: `rbac.${noun}.deleted`,
});
/** One that is changed was taken and given again. */
const givings = (noun: string): Record<ChangeType, string> => ({ ...acts(noun), modified: `rbac.${noun}.created` });
/** What is made and taken back, and never changed. */
const oneAct = (made: string, taken: string): Record<ChangeType, string> => ({
  added: made,
  modified: made,
  removed: taken,
});
const ACTIONS = {
  accessRole: acts('role'),
  accessConstraint: acts('constraint'),
  accessAssignment: givings('assignment'),
  eligible: givings('eligibility'),
  watchSetting: {
    added: 'tenants.tenant.created',
    modified: 'tenants.tenant.updated',
    removed: 'tenants.tenant.updated',
  },
  watchRuleOverride: {
    added: 'drift.rule.overridden',
    modified: 'drift.rule.overridden',
    removed: 'drift.rule.restored',
  },
  watchIgnoreRule: oneAct('drift.ignore_rule.created', 'drift.ignore_rule.withdrawn'),
  watchChangeWindow: oneAct('drift.window.approved', 'drift.window.withdrawn'),
  watchEndpoint: {
    added: 'webhooks.endpoint.created',
    modified: 'webhooks.endpoint.updated',
    removed: 'webhooks.endpoint.deleted',
  },
};

/** The action to look for in our own trail for a change of our own access; null for a change of anything else. */
export function ownActionOf({ resourceType, resourceKey, changeType }: AttributableChange): string | null {
  if (resourceType === 'accessAssignment') {
    return ACTIONS[resourceKey.startsWith('eligible|') ? 'eligible' : 'accessAssignment'][changeType];
  }
  return Object.hasOwn(ACTIONS, resourceType) ? ACTIONS[resourceType as keyof typeof ACTIONS][changeType] : null;
}

/**
 * Who made a change of our own access, by our own trail: `exact`, since a record stands exactly if its change does. Only where several
 * people edited one object, or a role holds something else by another one, the last is merely `probable`. Pure.
 *
 * @param records newest first
 */
export function attributeOwnChange(change: AttributableChange, records: readonly AuditRow[]): AttributionVerdict {
  const action = ownActionOf(change);
  const all = records.filter((record) => record.action === action && concerns(change, record));
  // Who edited another member of the object since didn't make this change.
  const touching = all.filter((record) => touches(change.path, record));
  const found = touching.length > 0 ? touching : all;
  const [last] = found;
  if (last === undefined) return NOBODY;
  const isEdit = action?.endsWith('.updated') === true;
  const isShared = isEdit && new Set(found.map(({ actorId }) => actorId)).size > 1;
  const grade = isShared || change.path.startsWith(INHERITED) ? 'probable' : 'exact';
  return {
    attribution: grade,
    actor: actorOf(last),
    correlationId: correlationOf(last),
    evidence: found.slice(0, EVIDENCE_KEPT).map((record) => evidenceOf(record, grade)),
  };
}

/** Whether the record says that the member in which the change lies became another. Some members aren't called so in records. */
function touches(path: string, record: AuditRow): boolean {
  const member = path.split('/')[1];
  if (member === undefined) return false;
  const { before, after } = statesOf(record);
  return canonicalJson((before?.[member] ?? null) as Json) !== canonicalJson((after?.[member] ?? null) as Json);
}

function concerns({ resourceType, resourceKey, changeType }: AttributableChange, record: AuditRow): boolean {
  if (actorOf(record) === null) return false;
  if (resourceType !== 'accessAssignment') return record.targetId === resourceKey;
  const state = statesOf(record)[changeType === 'removed' ? 'before' : 'after'];
  const kind = record.action.startsWith('rbac.eligibility.') ? 'eligible' : 'active';
  const parts = [
    kind,
    state?.['subjectType'],
    state?.['subjectObjectId'] ?? state?.['subject'],
    state?.['roleId'],
    state?.['scope'],
    state?.['effect'] ?? 'allow',
  ];
  return parts.join('|') === resourceKey;
}

function statesOf({ states }: AuditRow): Partial<Record<'before' | 'after', Record<string, unknown> | null>> {
  try {
    return states === null ? {} : JSON.parse(states);
  } catch {
    return {};
  }
}

/** The service itself and its operator act as an application does. */
function actorOf({ actorType, actorId, actorName }: AuditRow): ChangeActor | null {
  if (actorId === null) return null;
  return { type: actorType === 'user' ? 'user' : 'app', id: actorId, displayName: actorName };
}

function correlationOf({ requestId, id }: AuditRow): string {
  return requestId ?? id;
}

function evidenceOf(record: AuditRow, grade: Attribution): AttributionEvidence {
  return {
    eventId: record.id,
    correlationId: correlationOf(record),
    activity: record.action,
    at: new Date(record.occurredAt).toISOString(),
    actor: actorOf(record),
    grade,
  };
}
