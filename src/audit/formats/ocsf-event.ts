import type { JsonObject } from '../../crypto/canonical-json.js';
import { auditActionCatalogue } from '../audit.types.js';
import type { AuditRow } from '../log/canonical-record.js';
import { classMembers } from './ocsf-class-members.js';
import {
  FINDING_STATUS_NAMES,
  OCSF_CLASSES,
  OCSF_VERSION,
  type OcsfClassName,
  type OcsfSeverity,
  SEVERITY_NAMES,
} from './ocsf-classes.js';
import { OCSF_MAPPING, type OcsfMapping, UNKNOWN_ACTION } from './ocsf-mapping.js';
import { present, RecordedStates } from './ocsf-subjects.js';

/** Where a record lies in the log; null while it isn't sealed. */
export interface SealedPlaceOfRecord {
  leafIndex: number;
  /** Null where the record is lost that had it. */
  leafHash: Buffer | null;
}

/** `severity_id` of what has none of its own. */
const SEVERITY_OF_OUTCOME: Record<AuditRow['outcome'], OcsfSeverity> = { success: 1, failure: 3, denied: 3 };
const [SUCCESS, FAILURE] = [1, 2];
const PRODUCT = { name: 'BlindspotX', vendor_name: 'BlindspotX' };
/** `observable.type_id`. */
const [IP_ADDRESS, USER_UID] = [2, 31];

/**
 * A record as an event of OCSF 1.8.0. The same record always becomes the same event; what OCSF has no place for stands in
 * `unmapped`.
 */
export function ocsfEvent(row: AuditRow, place: SealedPlaceOfRecord | null): JsonObject {
  const states = new RecordedStates(row.states);
  const mapping = settle(mappingOf(row.action), states);
  const { uid, name, category } = OCSF_CLASSES[mapping.class];
  const severity = mapping.severity ?? SEVERITY_OF_OUTCOME[row.outcome];
  const members = classMembers(mapping, row, states);
  return {
    activity_id: mapping.activity,
    activity_name: mapping.activityName,
    category_uid: category.uid,
    category_name: category.name,
    class_uid: uid,
    class_name: name,
    type_uid: uid * 100 + mapping.activity,
    type_name: `${name}: ${mapping.activityName}`,
    severity_id: severity,
    severity: SEVERITY_NAMES[severity],
    ...statusOf(row, mapping),
    time: Date.parse(row.occurredAt),
    message: messageOf(row),
    metadata: metadataOf(row, place, needsHostProfile(mapping.class)),
    ...members,
    ...observablesOf(members),
    unmapped: unmappedOf(row, states, place),
  };
}

/** Names that every object has are actions of nobody. */
function mappingOf(action: string): OcsfMapping {
  return (Object.hasOwn(OCSF_MAPPING, action) ? OCSF_MAPPING[action] : undefined) ?? UNKNOWN_ACTION;
}

/** An account's or a right's record says by its states which of the class's activities it was, and whose rights they were. */
function settle(mapping: OcsfMapping, states: RecordedStates): OcsfMapping {
  const [before, after] = [states.before?.['status'], states.after?.['status']];
  if (mapping.class === 'accountChange' && typeof before === 'string' && before !== after) {
    if (after === 'disabled')
      return { ...mapping, activity: 5, activityName: OCSF_CLASSES.accountChange.activities[5] };
    if (after === 'active') return { ...mapping, activity: 2, activityName: OCSF_CLASSES.accountChange.activities[2] };
  }
  if (mapping.class === 'userAccess' && states.text('subjectType') === 'group')
    return { ...mapping, class: 'groupManagement' };
  return mapping;
}

function statusOf(row: AuditRow, { findingStatus }: OcsfMapping): JsonObject {
  if (findingStatus !== undefined)
    return present({
      status_id: findingStatus,
      status: FINDING_STATUS_NAMES[findingStatus],
      status_code: row.outcome,
      status_detail: row.reason,
    });
  const ok = row.outcome === 'success';
  return present({
    status_id: ok ? SUCCESS : FAILURE,
    status: ok ? 'Success' : 'Failure',
    status_code: row.outcome,
    status_detail: row.reason,
  });
}

function messageOf({ action, reason }: AuditRow): string {
  const sentence = (auditActionCatalogue() as ReadonlyMap<string, string>).get(action) ?? action;
  return reason === null ? sentence : `${sentence} (${reason})`;
}

function metadataOf(row: AuditRow, place: SealedPlaceOfRecord | null, host: boolean): JsonObject {
  return present({
    version: OCSF_VERSION,
    product: PRODUCT,
    profiles: host ? ['host'] : undefined,
    uid: row.id,
    sequence: place?.leafIndex,
    event_code: row.action,
    log_name: 'audit',
    // OCSF's time has milliseconds; the record has microseconds.
    original_time: row.occurredAt,
    tenant_uid: row.tenantId,
    correlation_uid: row.traceId ?? row.requestId,
  });
}

/** Classes that know an actor only where the host profile is applied. */
function needsHostProfile(name: OcsfClassName): boolean {
  return name === 'scanActivity' || name === 'detectionFinding';
}

function observablesOf(members: JsonObject): JsonObject {
  const source = members['src_endpoint'] as { ip?: string } | undefined;
  const { user } = members['actor'] as { user?: { uid?: string } };
  const observables = [
    ...(user?.uid === undefined
      ? []
      : [{ name: 'actor.user.uid', type_id: USER_UID, type: 'User Uid', value: user.uid }]),
    ...(source?.ip === undefined
      ? []
      : [{ name: 'src_endpoint.ip', type_id: IP_ADDRESS, type: 'IP Address', value: source.ip }]),
  ];
  return observables.length === 0 ? {} : { observables };
}

/** Everything of the record that has no place of its own in every class. */
function unmappedOf(row: AuditRow, states: RecordedStates, place: SealedPlaceOfRecord | null): JsonObject {
  return present({
    action: row.action,
    outcome: row.outcome,
    target:
      row.targetType === null
        ? undefined
        : present({ type: row.targetType, id: row.targetId, displayName: row.targetName }),
    actorType: row.actorType,
    sourceAddress: row.sourceAddress,
    userAgent: row.userAgent,
    requestId: row.requestId,
    traceId: row.traceId,
    before: states.before,
    after: states.after,
    leafHash: place?.leafHash?.toString('base64'),
  });
}
