import { canonicalJson, type Json, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { membersUnknownTo } from '../normalise/members-since.js';
import { RESOURCE_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, CollectionStatus, SnapshotObject, TenantSnapshot } from './snapshot.types.js';

/**
 * Our own export: NDJSON in UTF-8. The first line is the header, each other line one object in normal form. The members of a
 * line stand in a fixed order with the type first, so that a reader can tell a line's type from its first bytes.
 */
export const SNAPSHOT_FORMAT = 'blindspotx-snapshot';
export const SNAPSHOT_FORMAT_VERSION = 1;

export interface SnapshotHeader {
  tenantId: string | null;
  takenAt: string | null;
  normaliserVersion: number;
  types: Map<ResourceType, Omit<CollectedType, 'resourceType' | 'objects'>>;
}

/** The header line, without its line end. */
export function headerLine(header: SnapshotHeader): string {
  const types: JsonObject = {};
  for (const [type, { status, reason, selection, scope, notCarried, carries }] of header.types) {
    types[type] = {
      status,
      reason,
      ...(selection === undefined ? {} : { selection }),
      ...(scope === undefined ? {} : { scope: { member: scope.member, values: scope.values } }),
      ...(notCarried === undefined ? {} : { notCarried }),
      ...(carries === undefined ? {} : { carries }),
    };
  }
  return JSON.stringify({
    format: SNAPSHOT_FORMAT,
    version: SNAPSHOT_FORMAT_VERSION,
    normaliserVersion: header.normaliserVersion,
    tenantId: header.tenantId,
    takenAt: header.takenAt,
    types,
  });
}

/** An object as its line holds it: the hash follows from the value. */
export type UnhashedObject = Omit<SnapshotObject, 'hash'>;

/** One object's line, without its line end. */
export function objectLine(object: UnhashedObject): string {
  const { resourceType, key, keyedBy, displayName, modifiedAt, value } = object;
  const start = JSON.stringify({ type: resourceType, key, ...(keyedBy ? { keyedBy } : {}), displayName, modifiedAt });
  return `${start.slice(0, -1)},"value":${canonicalJson(value)}}`;
}

/** All lines of a snapshot, header first, each with its line end. */
export function* snapshotLines(snapshot: TenantSnapshot, normaliserVersion: number): Generator<string> {
  const { tenantId, takenAt, types } = snapshot;
  yield `${headerLine({ tenantId, takenAt, normaliserVersion, types })}\n`;
  for (const { objects } of types.values()) for (const object of objects) yield `${objectLine(object)}\n`;
}

/** @throws Error with the reason when the line isn't a header that this release reads */
export function parseHeader(json: Json): SnapshotHeader {
  if (text(json, 'format') !== SNAPSHOT_FORMAT)
    throw new Error('the first line is not the header of a blindspotx snapshot');
  const version = member(json, 'version');
  if (version !== SNAPSHOT_FORMAT_VERSION) {
    throw new Error(
      `the export has version ${JSON.stringify(version)} and this release reads version ${SNAPSHOT_FORMAT_VERSION}`,
    );
  }
  const types: SnapshotHeader['types'] = new Map();
  const listed = member(json, 'types');
  const stated = member(json, 'normaliserVersion');
  const normaliserVersion = typeof stated === 'number' ? stated : 0;
  if (!isObject(listed)) throw new Error('the header has no "types"');
  for (const [name, content] of Object.entries(listed)) {
    // A type that a newer release knows is left out, which the comparison lists as not compared.
    if (!isResourceType(name)) continue;
    const state = typeHeader(content);
    const unknown = membersUnknownTo(normaliserVersion, name);
    types.set(name, unknown.length === 0 ? state : { ...state, notCarried: [...(state.notCarried ?? []), ...unknown] });
  }
  return {
    tenantId: text(json, 'tenantId'),
    takenAt: text(json, 'takenAt'),
    normaliserVersion,
    types,
  };
}

function typeHeader(content: Json): Omit<CollectedType, 'resourceType' | 'objects'> {
  const status = text(content, 'status');
  if (!isStatus(status)) throw new Error('the header has a type without a known status');
  const reason = text(content, 'reason');
  const scope = member(content, 'scope');
  const scopeMember = text(scope, 'member');
  const notCarried = strings(member(content, 'notCarried'));
  const carries = strings(member(content, 'carries'));
  return {
    status,
    reason: status === 'complete' ? null : (reason ?? 'the export gives no reason'),
    ...(member(content, 'selection') === true ? { selection: true as const } : {}),
    ...(scopeMember === null ? {} : { scope: { member: scopeMember, values: strings(member(scope, 'values')) } }),
    ...(notCarried.length === 0 ? {} : { notCarried }),
    ...(carries.length === 0 ? {} : { carries }),
  };
}

/** @throws Error with the reason when the value isn't an object's line; null when its type is one that only newer releases know */
export function parseObject(json: Json): UnhashedObject | null {
  const resourceType = text(json, 'type');
  const key = text(json, 'key');
  const value = member(json, 'value');
  if (resourceType === null || key === null || !isObject(value))
    throw new Error('"type", "key" and "value" are expected');
  if (!isResourceType(resourceType)) return null;
  return {
    resourceType,
    key,
    ...(text(json, 'keyedBy') === 'name' ? { keyedBy: 'name' as const } : {}),
    displayName: text(json, 'displayName'),
    value,
    modifiedAt: text(json, 'modifiedAt'),
  };
}

export function isResourceType(name: string): name is ResourceType {
  return (RESOURCE_TYPES as readonly string[]).includes(name);
}

function isStatus(status: string | null): status is CollectionStatus {
  return status === 'complete' || status === 'partial' || status === 'failed';
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
