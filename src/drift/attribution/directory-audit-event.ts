import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import type { ChangeActor } from '../report/drift-report.types.js';

/** One property of a target that an event says it wrote; both values as the log has them, JSON within JSON. */
export interface ModifiedProperty {
  /** Lower case. */
  name: string;
  oldText: string;
  newText: string;
}

/** What attribution needs of Graph's directoryAudit. Ids are lower case. */
export interface DirectoryAuditEvent {
  id: string;
  /** See normaliseActivity. */
  activity: string;
  /** Milliseconds since 1970. */
  at: number;
  correlationId: string;
  initiator: ChangeActor | null;
  targetIds: string[];
  /** Ids that the properties name (`Role.TemplateId`, `ServicePrincipal.ObjectID`, ...) beside the targets'. */
  mentionedIds: string[];
  properties: ModifiedProperty[];
  details: ReadonlyMap<string, string>;
}

const DASHES = /[\u2010-\u2015\u2212]/g;

/** One spelling for an activity: some sources write a dash for the hyphen, and trailing space. */
export function normaliseActivity(activity: string): string {
  return activity.replaceAll(DASHES, '-').replaceAll(/\s+/g, ' ').trim().toLowerCase();
}

/** Null for an event that changed nothing (it failed) or that can't be placed. */
export function parseDirectoryAudit(raw: JsonObject): DirectoryAuditEvent | null {
  const at = Date.parse(text(raw, 'activityDateTime') ?? '');
  const activity = text(raw, 'activityDisplayName');
  if (Number.isNaN(at) || activity === null) return null;
  const result = text(raw, 'result')?.toLowerCase() ?? 'success';
  if (result !== 'success') return null;
  const targets = objects(member(raw, 'targetResources'));
  const properties = targets.flatMap((target) => objects(member(target, 'modifiedProperties')).map(propertyOf));
  return {
    id: text(raw, 'id') ?? '',
    activity: normaliseActivity(activity),
    at,
    correlationId: text(raw, 'correlationId') ?? text(raw, 'id') ?? '',
    initiator: initiatorOf(member(raw, 'initiatedBy')),
    targetIds: targets.flatMap((target) => [text(target, 'id'), text(target, 'displayName')]).flatMap(lowerCase),
    mentionedIds: properties.filter(({ name }) => /id$/.test(name)).flatMap(idsOf),
    properties,
    details: new Map(
      objects(member(raw, 'additionalDetails')).map((one) => [
        (text(one, 'key') ?? '').toLowerCase(),
        text(one, 'value') ?? '',
      ]),
    ),
  };
}

/**
 * A value of the log: JSON in a string, at times twice over, at times the one element of a list. Text that isn't JSON is
 * itself.
 */
export function decodeAuditValue(encoded: string): Json {
  let value: Json = encoded;
  for (let layer = 0; layer < 3; layer++) {
    const inner: Json | undefined = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof inner !== 'string' || !/^\s*["[{]|^\s*(?:true|false|null|-?\d[\d.]*)\s*$/.test(inner))
      return inner ?? value;
    try {
      value = JSON.parse(inner) as Json;
    } catch {
      return inner;
    }
  }
  return value;
}

function propertyOf(raw: JsonObject): ModifiedProperty {
  return {
    name: (text(raw, 'displayName') ?? '').toLowerCase(),
    oldText: text(raw, 'oldValue') ?? '',
    newText: text(raw, 'newValue') ?? '',
  };
}

function initiatorOf(raw: Json | undefined): ChangeActor | null {
  const user = member(raw, 'user');
  const userId = text(user, 'id');
  if (userId !== null) {
    return { type: 'user', id: userId, displayName: text(user, 'userPrincipalName') ?? text(user, 'displayName') };
  }
  const app = member(raw, 'app');
  const appId = text(app, 'servicePrincipalId') ?? text(app, 'appId');
  return appId === null ? null : { type: 'app', id: appId, displayName: text(app, 'displayName') };
}

function idsOf({ oldText, newText }: ModifiedProperty): string[] {
  return [oldText, newText]
    .map(decodeAuditValue)
    .flatMap((value) => (typeof value === 'string' ? lowerCase(value) : []));
}

function lowerCase(value: string | null): string[] {
  return value === null || value === '' ? [] : [value.toLowerCase()];
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
