import type { JsonObject } from '../../crypto/canonical-json.js';
import type { AuditRow } from '../log/canonical-record.js';
import type { OcsfClassName } from './ocsf-classes.js';
import type { OcsfMapping } from './ocsf-mapping.js';
import {
  actor,
  concernedGroup,
  concernedUser,
  httpRequest,
  managedEntity,
  present,
  type RecordedStates,
  service,
  sourceEndpoint,
} from './ocsf-subjects.js';

type Members = (row: AuditRow, states: RecordedStates, mapping: OcsfMapping) => JsonObject;

/** `auth_protocol_id`. */
const [OPENID, OAUTH] = [4, 6];
/** `scan.type_id`. */
const [MANUAL, SCHEDULED] = [1, 2];
const MINUTE_MS = 60_000;

/** What each class has of its own. */
const MEMBERS: Record<OcsfClassName, Members> = {
  authentication: (row, states) => ({
    ...request(row),
    user: concernedUser(row, states),
    service: service(),
    ...protocolOf(row),
    ...present({ session: sessionOf(row), ...counted(row, states) }),
  }),
  accountChange: (row, states) => ({ ...request(row), user: concernedUser(row, states) }),
  entityManagement: (row) => ({
    ...request(row),
    entity: managedEntity(row),
    ...present({ comment: row.reason }),
  }),
  userAccess: (row, states) => ({
    ...request(row),
    user: concernedUser(row, states),
    privileges: privilegesOf(row, states),
    ...resourcesOf(states),
  }),
  groupManagement: (row, states, { activity }) => ({
    ...request(row),
    group: concernedGroup(row, states),
    ...(activity === 1 || activity === 2 ? { privileges: privilegesOf(row, states) } : {}),
  }),
  apiActivity: (row) => ({
    ...request(row),
    api: present({
      operation: row.targetType === 'route' && row.targetId !== null ? row.targetId : row.action,
      service: service(),
      request: row.requestId === null ? undefined : { uid: row.requestId },
    }),
    ...(row.targetType === null || row.targetType === 'route'
      ? {}
      : { resources: [present({ type: row.targetType, uid: row.targetId, name: row.targetName })] }),
  }),
  scanActivity: (row, states) => ({
    actor: actor(row),
    scan: {
      uid: row.targetId ?? row.id,
      type_id: states.text('trigger') === 'schedule' || row.actorType === 'system' ? SCHEDULED : MANUAL,
    },
    ...present({ num_detections: states.number('opened'), num_resolutions: states.number('closed') }),
  }),
  detectionFinding: (row) => ({
    actor: actor(row),
    finding_info: present({ uid: row.targetId ?? row.id, title: row.targetName ?? row.action, types: [row.action] }),
    evidences: [present({ actor: actor(row), src_endpoint: sourceEndpoint(row), http_request: httpRequest(row) })],
    ...present({ comment: row.reason }),
  }),
};

export function classMembers(mapping: OcsfMapping, row: AuditRow, states: RecordedStates): JsonObject {
  return MEMBERS[mapping.class](row, states, mapping);
}

/** Who called and from where, as most classes have it. */
function request(row: AuditRow): JsonObject {
  return present({ actor: actor(row), src_endpoint: sourceEndpoint(row), http_request: httpRequest(row) });
}

function sessionOf(row: AuditRow): JsonObject | undefined {
  const uid = row.targetType === 'session' ? row.targetId : row.sessionId;
  return uid === null ? undefined : { uid };
}

function protocolOf({ action }: AuditRow): JsonObject {
  if (action.startsWith('auth.token.') || action.startsWith('auth.refresh.'))
    return { auth_protocol_id: OAUTH, auth_protocol: 'OAUTH 2.0' };
  return action === 'auth.anonymous.failed' ? {} : { auth_protocol_id: OPENID, auth_protocol: 'OpenID' };
}

/** Failures of nobody known come as one record for a source and a minute. */
function counted({ action }: AuditRow, states: RecordedStates): Record<string, number | undefined> {
  const minute = states.text('minute');
  if (action !== 'auth.anonymous.failed' || minute === undefined) return {};
  const start = Date.parse(minute);
  return { count: states.number('count'), start_time: start, end_time: start + MINUTE_MS };
}

/** A denial of a role is a privilege of its own kind. */
function privilegesOf(row: AuditRow, states: RecordedStates): string[] {
  const role = states.text('role') ?? row.targetName ?? row.targetId ?? 'unknown';
  return [states.text('effect') === 'deny' ? `deny ${role}` : role];
}

function resourcesOf(states: RecordedStates): JsonObject {
  const scope = states.text('scope');
  return scope === undefined ? {} : { resources: [{ type: 'scope', name: scope }] };
}
