import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { ChildPlan, ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { picked } from './picked.js';
import type { KnownBelow } from './shown-children.js';
import type { TypeCollector } from './type-collector.js';

interface Wanted {
  parent: number;
  child: ChildPlan;
}

/**
 * The objects of a page with what stands below them (owners, members, federation). An object of which a part couldn't be
 * read is left out, so that the part doesn't look emptied; the type is then incomplete and says why.
 *
 * @param shown what is known of it already and isn't asked for
 */
export async function withChildren(
  client: GraphClient,
  collector: TypeCollector,
  children: ChildPlan[],
  page: JsonObject[],
  signal: AbortSignal,
  shown: KnownBelow | null = null,
): Promise<JsonObject[]> {
  const broken = new Set<number>();
  const whole = page.map((raw) => ({ ...raw }));
  const wanted = wantedChildren(collector.definition, children, whole, broken, shown);
  // Half a surrogate pair can't stand in an address, so what is below such an id can't be asked for.
  if (broken.size > 0) collector.lacks(`${broken.size} objects have an id that no address can hold`);
  const keep = (path: string, raw: JsonObject) =>
    picked(raw, wanted.get(path)?.flatMap(({ child }) => child.pick) ?? []);
  const missing = new Map<number, { path: string; fault: GraphFault }>();
  for await (const { path, objects, fault } of client.getMany(wanted.keys(), signal, keep)) {
    for (const { parent, child } of wanted.get(path) ?? []) {
      const object = whole[parent];
      if (objects === null) {
        if (fault.kind === 'not_found' && !missing.has(parent)) missing.set(parent, { path, fault });
        else if (fault.kind !== 'not_found') collector.lacks(fault);
        broken.add(parent);
      } else if (object !== undefined) {
        object[child.into] = objects.map((item) => picked(item, child.pick));
      }
    }
  }
  // What was deleted since the page was read has nothing below it either: it is gone, and nothing is left unread.
  await Promise.all(
    [...missing.values()].map(async ({ path, fault }) => {
      if (!(await isGone(client, parentOf(path), signal))) collector.lacks(fault);
    }),
  );
  return whole.filter((_raw, index) => !broken.has(index));
}

function parentOf(childPath: string): string {
  const path = childPath.split('?')[0] ?? childPath;
  return `${path.slice(0, path.lastIndexOf('/'))}?$select=id`;
}

/** Asked for itself, because a 404 of what stands below an object can also mean that only that isn't there. */
async function isGone(client: GraphClient, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.get(path, signal);
    return false;
  } catch (error) {
    if (error instanceof GraphFault) return error.kind === 'not_found';
    throw error;
  }
}

/** By path, because that is what an answer carries. What is shown already is put into the objects. */
function wantedChildren(
  definition: ResourceTypeDefinition,
  children: ChildPlan[],
  page: JsonObject[],
  unreadable: Set<number>,
  shown: KnownBelow | null,
): Map<string, Wanted[]> {
  const wanted = new Map<string, Wanted[]>();
  page.forEach((raw, parent) => {
    const key = definition.key(raw);
    if (key === null) return;
    if (!key.isWellFormed()) {
      unreadable.add(parent);
      return;
    }
    for (const child of children) {
      if (child.when !== undefined && !child.when(raw)) continue;
      const known = shown?.of(child, key) ?? null;
      if (known !== null) {
        raw[child.into] = isList(known) ? [...known] : known;
        continue;
      }
      const path = child.path(key);
      const list = wanted.get(path);
      if (list === undefined) wanted.set(path, [{ parent, child }]);
      else list.push({ parent, child });
    }
  });
  return wanted;
}

function isList(known: Json | readonly JsonObject[]): known is readonly JsonObject[] {
  return Array.isArray(known);
}
