import type { Json } from '../../crypto/canonical-json.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { diffObject, wholeObject } from '../diff/diff-snapshots.js';
import { isObject, text } from '../normalise/json-members.js';
import { hashOf } from '../normalise/normalise-object.js';
import type { ReadableChange } from '../report/readable-change.js';
import { identityOf } from '../report/reconcile-changes.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { ValueChange } from '../snapshot/snapshot.types.js';
import { StoredObject } from '../snapshot/stored-object.js';
import { applyChanges } from './apply-changes.js';
import type { PinnedObject } from './baseline-pins.repository.js';

export type PinnableChange = Pick<
  ReadableChange,
  'id' | 'identity' | 'resourceType' | 'resourceKey' | 'changeType' | 'path' | 'beforeJson' | 'afterJson' | 'matchedBy'
>;

/** One object of a baseline and the changes of it that the next version takes in. */
export interface ObjectChanges {
  type: ResourceType;
  key: string;
  changes: PinnableChange[];
}

export function byObject(changes: readonly PinnableChange[]): ObjectChanges[] {
  const objects = new Map<string, ObjectChanges>();
  for (const change of changes) {
    const { resourceType: type, resourceKey: key } = change;
    const place = JSON.stringify([type, key]);
    const object = objects.get(place) ?? { type, key, changes: [] };
    object.changes.push(change);
    objects.set(place, object);
  }
  return [...objects.values()];
}

/**
 * The object as the next version has it. What comes out is compared with the baseline again: exactly the changes that were
 * chosen must be found, or somebody would approve what they haven't seen.
 *
 * @param base the object in the baseline as it is; undefined where it isn't there
 * @returns null when the changes don't follow from the baseline
 */
export function pinChanges(base: StoredObject | undefined, { type, key, changes }: ObjectChanges): PinnedObject | null {
  const whole = changes.find(({ path }) => path === '');
  if (whole !== undefined && changes.length > 1) return null;
  const object = whole === undefined ? modified(base, changes) : appeared(base, whole);
  if (object === undefined) return null;
  const found = changesBetween(type, base, object);
  const chosen = changes.map(({ identity }) => identity.toString('hex'));
  if (found.sort().join() !== chosen.sort().join()) return null;
  return { type, key, object };
}

function modified(base: StoredObject | undefined, changes: PinnableChange[]): StoredObject | undefined {
  if (base === undefined) return undefined;
  const value = applyChanges(base.value, changes.map(valueChange));
  const name = text(value, 'displayName') ?? base.displayName;
  return new StoredObject(base.resourceType, base.key, base.keyedBy, name, hashOf(value), null, canonicalJson(value));
}

/** An object that is there from now on, or null for one that isn't any more. */
function appeared(base: StoredObject | undefined, change: PinnableChange): StoredObject | null | undefined {
  if (change.changeType === 'removed') return base === undefined ? undefined : null;
  const value = JSON.parse(change.afterJson) as Json;
  if (base !== undefined || !isObject(value)) return undefined;
  const { resourceType, resourceKey, matchedBy } = change;
  const keyedBy = matchedBy === 'name' ? 'name' : undefined;
  const name = text(value, 'displayName');
  return new StoredObject(resourceType, resourceKey, keyedBy, name, hashOf(value), null, canonicalJson(value));
}

function changesBetween(type: ResourceType, before: StoredObject | undefined, after: StoredObject | null): string[] {
  const drift =
    before === undefined || after === null ? wholeObject(type, before ?? null, after) : diffObject(before, after);
  return (drift?.changes ?? []).map((change) =>
    identityOf({
      resourceType: type,
      resourceKey: drift?.key ?? '',
      changeType: drift?.changeType ?? 'modified',
      path: change.path,
      before: change.before ?? null,
      after: change.after ?? null,
    }),
  );
}

function valueChange({ path, beforeJson, afterJson }: PinnableChange): ValueChange {
  const [before, after] = [JSON.parse(beforeJson) as Json, JSON.parse(afterJson) as Json];
  return { path, before: before ?? undefined, after: after ?? undefined };
}
