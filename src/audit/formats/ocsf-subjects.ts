import { isIP } from 'node:net';
import type { JsonObject } from '../../crypto/canonical-json.js';
import type { AuditRow } from '../log/canonical-record.js';

/** The objects of OCSF that records are made of. Members that aren't known are left out: OCSF has no null. */

/** `user.type_id`. */
const USER_TYPES = { user: 1, system: 3, service_account: 4, anonymous: 0 } as const;
/** `managed_entity.type_id`; whatever OCSF has no number for says what it is in `type`. */
const ENTITY_TYPES: Readonly<Record<string, { type: string; type_id: number }>> = {
  user: { type: 'User', type_id: 2 },
  group: { type: 'Group', type_id: 3 },
  tenant: { type: 'Organization', type_id: 4 },
};
const OTHER_ENTITY = 99;
const SERVICE_NAME = 'BlindspotX';

/** What a record says of before and after, as one look-up: after counts before before. */
export class RecordedStates {
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;

  constructor(states: string | null) {
    const { before = null, after = null } =
      states === null ? {} : (JSON.parse(states) as { before?: JsonObject | null; after?: JsonObject | null });
    this.before = before;
    this.after = after;
  }

  text(...names: string[]): string | undefined {
    for (const state of [this.after, this.before]) {
      for (const name of names) {
        const value = state?.[name];
        if (typeof value === 'string' && value !== '') return value;
      }
    }
    return undefined;
  }

  number(name: string): number | undefined {
    const value = this.after?.[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  }
}

/** Without the members that are null or undefined. */
export function present(members: Record<string, JsonObject[string] | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter(
      (entry): entry is [string, JsonObject[string]] => entry[1] !== undefined && entry[1] !== null,
    ),
  );
}

export function service(): JsonObject {
  return { name: SERVICE_NAME };
}

export function actorUser(row: AuditRow): JsonObject {
  if (row.actorId === null) return { name: 'anonymous', type_id: USER_TYPES.anonymous };
  return present({ uid: row.actorId, display_name: row.actorName, type_id: USER_TYPES[row.actorType] });
}

export function actor(row: AuditRow): JsonObject {
  if (row.actorType === 'system') return present({ app_name: SERVICE_NAME, app_uid: row.actorId });
  return present({
    user: actorUser(row),
    session: row.sessionId === null ? undefined : { uid: row.sessionId },
  });
}

/** Whom it was done to: the target when it is somebody, else who the states name, else who did it. */
export function concernedUser(row: AuditRow, states: RecordedStates): JsonObject {
  const { targetType, targetId, targetName } = row;
  if (targetId !== null && (targetType === 'user' || targetType === 'service-account')) {
    const type = targetType === 'user' ? USER_TYPES.user : USER_TYPES.service_account;
    return present({ uid: targetId, display_name: targetName, type_id: type });
  }
  const uid = states.text('user', 'userId', 'subject', 'subjectId', 'serviceAccountId');
  if (uid === undefined) return actorUser(row);
  const program = states.text('subjectType')?.startsWith('service') === true;
  const display = states.text('userDisplayName', 'subjectDisplayName');
  return present({ uid, display_name: display, type_id: program ? USER_TYPES.service_account : USER_TYPES.user });
}

export function concernedGroup(row: AuditRow, states: RecordedStates): JsonObject {
  if (row.targetType === 'group') return present({ uid: row.targetId, name: row.targetName });
  return present({ uid: states.text('subject') ?? 'unknown', name: states.text('subjectDisplayName') });
}

/** What was managed: something of the service, named by its kind. */
export function managedEntity(row: AuditRow): JsonObject {
  const type = row.targetType ?? row.action.split('.')[1] ?? 'unknown';
  return present({
    uid: row.targetId ?? undefined,
    name: row.targetName ?? (row.targetId === null ? type : undefined),
    ...((Object.hasOwn(ENTITY_TYPES, type) ? ENTITY_TYPES[type] : undefined) ?? { type, type_id: OTHER_ENTITY }),
  });
}

/** OCSF knows addresses and names; the network of a counted source is no address. */
export function sourceEndpoint(row: AuditRow): JsonObject {
  if (row.sourceAddress === null) return { svc_name: SERVICE_NAME };
  return isIP(row.sourceAddress) === 0 ? { name: row.sourceAddress } : { ip: row.sourceAddress };
}

const ROUTE = /^(CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE) (\/.*)$/;

/** Of the request that the record was written in; null when there was none. */
export function httpRequest(row: AuditRow): JsonObject | null {
  if (row.requestId === null && row.userAgent === null) return null;
  const [, method, path] = (row.targetType === 'route' ? ROUTE.exec(row.targetId ?? '') : null) ?? [];
  return present({
    uid: row.requestId,
    user_agent: row.userAgent,
    http_method: method,
    url: path === undefined ? undefined : { path },
  });
}
