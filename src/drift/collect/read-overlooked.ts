import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import type { CollectPlan } from '../resource-types/resource-type.types.js';
import type { TypeCollector } from './type-collector.js';

/**
 * The parents of what the snapshot before holds that this reading would not have asked: one that a replica left out of its list, or
 * that nothing names any more. That a list wasn't read doesn't say that it is empty. A parent that is gone has none.
 *
 * @param asked parents that were asked
 * @throws GraphFault of a parent that can't be read, after which the others are left unread
 */
export async function readOverlooked(
  client: GraphClient,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { parentOf: unknown }>,
  asked: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const overlooked = new Set<string>();
  for await (const key of collector.unread()) {
    const parent = plan.parentOf(key);
    if (parent?.isWellFormed() && !asked.has(parent)) overlooked.add(parent);
  }
  for (const id of [...overlooked].sort()) {
    try {
      for await (const page of client.rawPages(plan.path(id), signal)) await collector.addPage(page);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GraphFault) || error.kind !== 'not_found') throw error;
    }
  }
}
