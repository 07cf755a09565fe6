import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import type { ChildPlan, ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import type { TypeCollector } from './type-collector.js';

interface Wanted {
  parent: number;
  child: ChildPlan;
}

/**
 * The objects of a page with what stands below them (owners, members, federation). An object of which a part couldn't be
 * read is left out, so that the part doesn't look emptied; the type is then incomplete and says why.
 */
export async function withChildren(
  client: GraphClient,
  collector: TypeCollector,
  children: ChildPlan[],
  page: JsonObject[],
  signal: AbortSignal,
): Promise<JsonObject[]> {
  const wanted = wantedChildren(collector.definition, children, page);
  const whole = page.map((raw) => ({ ...raw }));
  const broken = new Set<number>();
  for await (const { path, objects, fault } of client.getMany(wanted.keys(), signal)) {
    for (const { parent, child } of wanted.get(path) ?? []) {
      const object = whole[parent];
      if (objects === null) {
        broken.add(parent);
        collector.lacks(fault);
      } else if (object !== undefined) {
        object[child.into] = objects.map((item) => picked(item, child.pick));
      }
    }
  }
  return whole.filter((_raw, index) => !broken.has(index));
}

/** By path, because that is what an answer carries. */
function wantedChildren(
  definition: ResourceTypeDefinition,
  children: ChildPlan[],
  page: JsonObject[],
): Map<string, Wanted[]> {
  const wanted = new Map<string, Wanted[]>();
  page.forEach((raw, parent) => {
    const key = definition.key(raw);
    if (key === null) return;
    for (const child of children) {
      if (child.when !== undefined && !child.when(raw)) continue;
      const path = child.path(key);
      const list = wanted.get(path);
      if (list === undefined) wanted.set(path, [{ parent, child }]);
      else list.push({ parent, child });
    }
  });
  return wanted;
}

export function picked(raw: JsonObject, names: string[]): JsonObject {
  const out: JsonObject = {};
  for (const name of names) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value !== undefined) out[name] = value;
  }
  return out;
}
