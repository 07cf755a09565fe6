import { canonicalJson, type JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { normaliseObject } from '../normalise/normalise-object.js';
import type { ChildPlan, ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { referencedIds } from '../snapshot/referenced-ids.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import type { CollectionMark } from './collection-mark.js';
import { isReadById, readByKeys } from './read-again.js';
import { noteResource, type PlanOf, type Reading } from './reading.js';
import { ShownChildren } from './shown-children.js';
import type { TypeCollector } from './type-collector.js';

/** Of more objects than this the list is shorter than asking for each. */
const MOST_SINCE = 1000;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What changed can't be told, or it is so much that reading everything is less work. */
export class UnknownSince extends Error {}

/**
 * Reads a type on from the newest snapshot. A delta query only names objects: what became of each is asked for by its id, so that
 * nothing is gone, new or otherwise on its word. What delta queries don't tell of, what stands below applications and service principals,
 * is read from lists that show it; they also show objects of which the delta query was silent.
 *
 * @returns from where the next reading goes on
 * @throws UnknownSince, GraphFault with the collector as it was: everything has to be read
 */
export async function readSince(
  reading: Reading,
  collector: TypeCollector,
  plan: PlanOf<'list'>,
  mark: CollectionMark,
): Promise<string> {
  const { client, signal, heads } = reading;
  const { definition } = collector;
  const told = new Set<string>();
  const children = plan.children ?? [];
  const [link, shown] = await Promise.all([
    client.delta(mark.deltaLink, (rows) => noteTold(told, rows), signal),
    ShownChildren.read(client, children, signal),
  ]);
  if (!isReadById(definition)) {
    // The rows of what was removed don't say which object that was.
    if (told.size > 0 || waiting(reading, definition).length > 0) throw new UnknownSince();
    await collector.readOn([], new Set());
    return link;
  }
  for (const key of waiting(reading, definition)) told.add(key);
  const { all, any } = shown.parents();
  const named = new Set<string>();
  const resources: { id: string; appId: string | null }[] = [];
  const known = new Set<string>();
  for await (const page of heads.all(definition.type)) {
    for (const { object } of page) {
      const { key } = object;
      known.add(key);
      if (told.has(key)) continue;
      if (
        children.length > 0 &&
        (!all.has(key) || children.some((child) => isOther(definition, child, object, shown)))
      ) {
        told.add(key);
        continue;
      }
      for (const id of referencedIds(object)) named.add(id);
      resources.push({ id: key, appId: text(object.value, 'appId') });
    }
  }
  for (const key of any) if (!known.has(key)) told.add(key);
  if (told.size > MOST_SINCE || [...told].some((key) => !GUID.test(key))) throw new UnknownSince();

  for (const id of named) collector.note(id);
  if (definition.type === 'servicePrincipal') for (const { id, appId } of resources) noteResource(reading, id, appId);
  const absent = await readByKeys(client, collector, plan, [...told], signal, shown, (raw) => {
    if (definition.type === 'servicePrincipal') noteResource(reading, text(raw, 'id'), text(raw, 'appId'));
  });
  await collector.readOn([...told], absent);
  return link;
}

/** @throws UnknownSince for a row without an id */
function noteTold(told: Set<string>, rows: readonly JsonObject[]): void {
  for (const row of rows) {
    const id = text(row, 'id');
    if (id === null || told.size > MOST_SINCE) throw new UnknownSince();
    told.add(id);
  }
}

/** What was seen to come or go once isn't told a second time: it has to be asked for. */
function waiting({ chain }: Reading, { type }: ResourceTypeDefinition): string[] {
  const sightings = chain.before(type)?.sightings;
  return [...(sightings?.appeared ?? []), ...(sightings?.missing ?? [])];
}

/** Whether what is shown below an object isn't what the snapshot has there. */
function isOther(
  definition: ResourceTypeDefinition,
  child: ChildPlan,
  { key, value }: StoredObject,
  shown: ShownChildren,
): boolean {
  const isAsked = child.when === undefined || child.when(value);
  if (child.shownIn === undefined) return true;
  if (!isAsked) return false;
  const now = shown.of(child, key);
  if (now === null) return true;
  const before = member(value, child.into);
  if (now.length === 0) return before !== undefined;
  const normal = normaliseObject(definition, { id: key, [child.into]: [...now] });
  const after = normal === null ? undefined : member(normal.value, child.into);
  return after === undefined || !isObject(before) || canonicalJson(after) !== canonicalJson(before);
}
