import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { CollectPlan, ResourceTypeDefinition } from '../resource-types/resource-type.types.js';
import { withChildren } from './read-children.js';
import type { TypeCollector } from './type-collector.js';

/** Objects of one type that are asked for by their ids; of more, the first reading counts. */
export const MOST_READ_AGAIN = 100;

/** Whether one object can be asked for by its key. Only long lists are worth it: the others are read again as they are. */
export function isReadById({ collect, key, flapping }: ResourceTypeDefinition): boolean {
  return flapping === true && collect.kind === 'list' && key({ id: 'id' }) === 'id';
}

/** Some objects of a list, each by its id and with what stands below it. One that is gone is no fault. */
export async function readByKeys(
  client: GraphClient,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { kind: 'list' }>,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const [list, query = ''] = plan.path.split('?');
  const select = query.split('&').find((part) => part.startsWith('$select='));
  for (const key of keys) {
    try {
      const path = `${list}/${encodeURIComponent(key)}${select === undefined ? '' : `?${select}`}`;
      const object = await client.get(path, signal);
      const { children } = plan;
      await collector.add(
        children === undefined ? [object] : await withChildren(client, collector, children, [object], signal),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GraphFault)) throw error;
      if (error.kind !== 'not_found') collector.lacks(error);
    }
  }
}
