import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { CollectPlan, ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { withChildren } from './read-children.js';
import type { KnownBelow } from './shown-children.js';
import type { TypeCollector } from './type-collector.js';

/** Objects of one type that are asked for by their ids; of more, the first reading counts. */
export const MOST_READ_AGAIN = 100;

/** Whether one object can be asked for by its key. Only long lists are worth it: the others are read again as they are. */
export function isReadById({ collect, key, flapping }: ResourceTypeDefinition): boolean {
  return flapping === true && collect.kind === 'list' && key({ id: 'id' }) === 'id';
}

/**
 * Some objects of a list, each by its id and with what stands below it. One that is gone is no fault.
 *
 * @param shown what is known of what stands below them
 * @param visit sees each object that was answered
 * @returns keys of those that aren't there
 */
export async function readByKeys(
  client: GraphClient,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { kind: 'list' }>,
  keys: readonly string[],
  signal: AbortSignal,
  shown: KnownBelow | null = null,
  visit: (raw: JsonObject) => void = () => undefined,
): Promise<Set<string>> {
  const [list, query = ''] = plan.path.split('?');
  const select = query.split('&').find((part) => part.startsWith('$select='));
  const keyOf = new Map(
    keys.map((key) => [`${list}/${encodeURIComponent(key)}${select === undefined ? '' : `?${select}`}`, key]),
  );
  const absent = new Set<string>();
  const found: JsonObject[] = [];
  for await (const { path, objects, fault } of client.getEach(keyOf.keys(), signal)) {
    const key = keyOf.get(path) ?? '';
    const [object] = objects ?? [];
    if (fault?.kind === 'not_found') absent.add(key);
    else if (fault !== null) collector.lacks(fault);
    else if (object === undefined || collector.definition.key(object) !== key)
      collector.lacks(new GraphFault('malformed', path.split('?')[0] ?? path, 'the answer is another object'));
    else found.push(object);
  }
  for (const object of found) visit(object);
  const { children } = plan;
  await collector.add(
    children === undefined ? found : await withChildren(client, collector, children, found, signal, shown),
  );
  return absent;
}
