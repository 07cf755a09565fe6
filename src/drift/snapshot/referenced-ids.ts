import type { JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, stringsAt, text } from '../normalise/json-members.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { SnapshotObject } from './snapshot.types.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const POLICY_PRINCIPALS = ['includeUsers', 'excludeUsers', 'includeGroups', 'excludeGroups'].map(
  (name) => `/conditions/users/${name}`,
);

/**
 * The ids of users and groups that an object in normal form names: the principals of a Conditional Access policy, the holder
 * of a role, the owners of an application, the targets of an authentication method. Words such as "All" aren't ids.
 */
export function referencedIds(object: Pick<SnapshotObject, 'resourceType' | 'value'>): string[] {
  const reader = READERS[object.resourceType];
  return reader === undefined ? [] : reader(object.value).filter((id) => GUID.test(id));
}

/** All users and groups that any of these objects names. */
export function namedBy(objects: Iterable<Pick<SnapshotObject, 'resourceType' | 'value'>>): Set<string> {
  const named = new Set<string>();
  for (const object of objects) for (const id of referencedIds(object)) named.add(id);
  return named;
}

const READERS: Partial<Record<ResourceType, (value: JsonObject) => string[]>> = {
  conditionalAccessPolicy: (value) => POLICY_PRINCIPALS.flatMap((path) => stringsAt(value, path)),
  roleAssignment: (value) => principal(value),
  roleEligibility: (value) => principal(value),
  application: (value) => keysAt(value, '/owners'),
  servicePrincipal: (value) => keysAt(value, '/owners'),
  authenticationMethodConfiguration: (value) => [
    ...keysAt(value, '/includeTargets'),
    ...keysAt(value, '/excludeTargets'),
  ],
};

function principal(value: JsonObject): string[] {
  const id = text(value, 'principalId');
  return id === null ? [] : [id];
}

function keysAt(value: JsonObject, pointer: string): string[] {
  const found = at(value, pointer);
  return isObject(found) ? Object.keys(found) : [];
}
