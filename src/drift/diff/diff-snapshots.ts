import { at, text } from '../normalise/json-members.js';
import { isCovered } from '../normalise/path-patterns.js';
import type { IncompleteType } from '../report/drift-report.types.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { RESOURCE_TYPES, type ResourceType } from '../resource-types/resource-type.types.js';
import { namedBy } from '../snapshot/referenced-ids.js';
import type { CollectedType, SnapshotObject, TenantSnapshot } from '../snapshot/snapshot.types.js';
import { diffValues } from './diff-values.js';
import type { ObjectDrift, SnapshotDrift } from './drift.types.js';
import { pairObjects } from './pair-objects.js';

/**
 * What changed between two snapshots of a tenant. Absence counts only where the collection after is complete, appearance
 * only where the one before was; what one side can't carry is not compared and listed with its reason.
 *
 * Equal objects may be left out of both sides. Whoever does so passes `namedAfter`, which is asked only when a user or
 * group is missing: whether it is still named decides.
 */
export function diffSnapshots(
  before: TenantSnapshot,
  after: TenantSnapshot,
  namedAfter: () => ReadonlySet<string> = () => namedBy(allObjects(after)),
): SnapshotDrift {
  const drift: SnapshotDrift = { objects: [], incomplete: [] };
  for (const type of RESOURCE_TYPES) {
    const was = before.types.get(type);
    const is = after.types.get(type);
    if (was === undefined && is === undefined) continue;
    if (was === undefined || is === undefined) {
      drift.incomplete.push(notIn(type, was === undefined ? 'before' : 'after'));
      continue;
    }
    const shared = sharedScope(was, is);
    const unknown = new Set<string>();
    // One by one here and below: as many as a tenant has don't fit into the arguments of one call.
    for (const object of diffType(was, is, shared, unknown)) drift.objects.push(object);
    drift.incomplete.push(...reasonsOf(type, was, is, shared, unknown));
  }
  drift.objects = withoutUnreferenced(withoutEmbeddedCopies(drift.objects), namedAfter);
  return drift;
}

/**
 * What changed within one type; both sides in full. Paths that one side's source doesn't know are left out and added to
 * `unknown`.
 */
export function diffType(
  before: CollectedType,
  after: CollectedType,
  scope: TypeScope | null = null,
  unknown: Set<string> = new Set(),
): ObjectDrift[] {
  const type = before.resourceType;
  const inScope = (object: SnapshotObject) =>
    scope === null || scope.values.has(text(object.value, scope.member) ?? '');
  const { pairs, removed, added } = pairObjects(before.objects.filter(inScope), after.objects.filter(inScope));
  const selection = before.selection === true || after.selection === true;
  const notCarried = [...(before.notCarried ?? []), ...(after.notCarried ?? [])];
  const drifts: ObjectDrift[] = [];
  for (const pair of pairs) {
    const drift = withoutUnknown(
      diffObject(pair.before, pair.after, pair.matchedBy, notCarried),
      before,
      after,
      unknown,
    );
    if (drift !== null) drifts.push(drift);
  }
  if (after.status === 'complete' && !selection)
    for (const object of removed) drifts.push(wholeObject(type, object, null));
  if (before.status === 'complete' && !selection)
    for (const object of added) drifts.push(wholeObject(type, null, object));
  return drifts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** What changed within one object that is on both sides; null when nothing did. */
export function diffObject(
  before: SnapshotObject,
  after: SnapshotObject,
  matchedBy: 'id' | 'name' = 'id',
  notCarried: string[] = [],
): ObjectDrift | null {
  if (before.hash === after.hash) return null;
  const all = diffValues(before.value, after.value, RESOURCE_TYPE_CATALOGUE[before.resourceType]);
  const changes = all.filter(({ path }) => !notCarried.some((pattern) => isCovered(path, pattern)));
  if (changes.length === 0) return null;
  return {
    resourceType: before.resourceType,
    key: before.keyedBy === 'name' ? after.key : before.key,
    displayName: after.displayName ?? before.displayName,
    changeType: 'modified',
    matchedBy,
    before,
    after,
    changes,
  };
}

function withoutUnknown(
  drift: ObjectDrift | null,
  before: CollectedType,
  after: CollectedType,
  unknown: Set<string>,
): ObjectDrift | null {
  if (drift === null) return null;
  const changes = drift.changes.filter(({ path }) => {
    const lost = isUnknown(path, drift.before, before) || isUnknown(path, drift.after, after);
    if (lost) unknown.add(path);
    return !lost;
  });
  return changes.length === 0 ? null : { ...drift, changes };
}

/** Whether a value is missing because its source has no such member: a sibling of it is known, and it isn't. */
function isUnknown(path: string, object: SnapshotObject | null, { carries: all, carriesBy }: CollectedType): boolean {
  const carries = carriesBy?.known.get(text(object?.value, carriesBy.member) ?? '') ?? all;
  if (carries === undefined || at(object?.value, path) !== undefined) return false;
  const known = new Set(carries);
  let prefix = path;
  while (prefix !== '' && !known.has(prefix)) prefix = prefix.slice(0, prefix.lastIndexOf('/'));
  return prefix !== path && carries.some((member) => member.startsWith(`${prefix}/`));
}

/** An object that came (before is null) or went (after is null). */
export function wholeObject(
  type: ResourceType,
  before: SnapshotObject | null,
  after: SnapshotObject | null,
): ObjectDrift {
  const object = after ?? before;
  return {
    resourceType: type,
    key: object?.key ?? '',
    displayName: object?.displayName ?? null,
    changeType: before === null ? 'added' : 'removed',
    matchedBy: object?.keyedBy === 'name' ? 'name' : 'id',
    before,
    after,
    changes: [{ path: '', before: before?.value, after: after?.value }],
  };
}

/** The objects that both collections speak for. */
export interface TypeScope {
  member: string;
  values: ReadonlySet<string>;
}

function sharedScope(before: CollectedType, after: CollectedType): TypeScope | null {
  if (before.scope === undefined && after.scope === undefined) return null;
  const member = (before.scope ?? after.scope)?.member ?? '';
  const values = (before.scope ?? after.scope)?.values ?? [];
  const others = new Set(after.scope?.values ?? values);
  return { member, values: new Set(values.filter((value) => others.has(value))) };
}

function reasonsOf(
  type: ResourceType,
  before: CollectedType,
  after: CollectedType,
  shared: TypeScope | null,
  unknown: ReadonlySet<string>,
): IncompleteType[] {
  const reasons: string[] = [];
  const [was, is] = [lackingIn(before), lackingIn(after)];
  for (const sentence of was) reasons.push(`${is.includes(sentence) ? 'before and after' : 'before'}: ${sentence}`);
  for (const sentence of is) if (!was.includes(sentence)) reasons.push(`after: ${sentence}`);
  const paths = [...differences(before.notCarried ?? [], after.notCarried ?? []), ...[...unknown].sort()];
  if (paths.length > 0)
    reasons.push(`not compared, because one of the two exports doesn't carry it: ${paths.join(', ')}`);
  if (shared !== null) {
    const all = new Set([...(before.scope?.values ?? []), ...(after.scope?.values ?? [])]);
    const left = [...all].filter((value) => !shared.values.has(value)).sort();
    if (left.length > 0)
      reasons.push(`of ${shared.member} these are read by one of the two exports only: ${left.join(', ')}`);
  }
  return reasons.length === 0 ? [] : [{ resourceType: type, reason: reasons.join('; '), since: null }];
}

/** Why one side can't answer for the type, or for parts of it. */
function lackingIn({ status, reason, notAssessed = [] }: CollectedType): string[] {
  return status === 'complete' ? notAssessed : [reason ?? status, ...notAssessed];
}

function differences(a: string[], b: string[]): string[] {
  return [...a.filter((item) => !b.includes(item)), ...b.filter((item) => !a.includes(item))].sort();
}

function notIn(type: ResourceType, side: 'before' | 'after'): IncompleteType {
  const title = RESOURCE_TYPE_CATALOGUE[type].title;
  return {
    resourceType: type,
    reason: `${title}: the ${side} side doesn't carry this type, so it isn't compared`,
    since: null,
  };
}

/**
 * Users and groups are collected because something names them, so coming and going with that is no drift of theirs. What
 * stays named and is gone was deleted.
 */
function withoutUnreferenced(drifts: ObjectDrift[], namedAfter: () => ReadonlySet<string>): ObjectDrift[] {
  const follows = (type: ResourceType) => RESOURCE_TYPE_CATALOGUE[type].collect.kind === 'referenced';
  if (!drifts.some((drift) => follows(drift.resourceType) && drift.changeType !== 'modified')) return drifts;
  const named = namedAfter();
  return drifts.filter(
    ({ resourceType, changeType, key }) =>
      !follows(resourceType) || changeType === 'modified' || (changeType === 'removed' && named.has(key)),
  );
}

function* allObjects(snapshot: TenantSnapshot): Generator<SnapshotObject> {
  for (const { objects } of snapshot.types.values()) yield* objects;
}

const EMBEDDED_STRENGTH = '/grantControls/authenticationStrength';

/**
 * A policy carries a copy of its authentication strength; where the strength itself is reported, the copy says nothing new.
 */
function withoutEmbeddedCopies(drifts: ObjectDrift[]): ObjectDrift[] {
  const reported = new Set(drifts.filter(isStrength).map(({ key }) => key));
  if (reported.size === 0) return drifts;
  return drifts.flatMap((drift) => {
    const id = at(drift.after?.value, `${EMBEDDED_STRENGTH}/id`);
    const same = id === at(drift.before?.value, `${EMBEDDED_STRENGTH}/id`);
    if (drift.changeType !== 'modified' || typeof id !== 'string' || !same || !reported.has(id)) return [drift];
    const changes = drift.changes.filter(({ path }) => !isCovered(path, EMBEDDED_STRENGTH));
    return changes.length === 0 ? [] : [{ ...drift, changes }];
  });
}

function isStrength({ resourceType, changeType }: ObjectDrift): boolean {
  return resourceType === 'authenticationStrengthPolicy' && changeType === 'modified';
}
