import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { member, stringsAt } from '../normalise/json-members.js';
import type { CollectPlan, ResourceType } from '../resource-types/resource-type.types.js';
import type { TypeCollector } from './type-collector.js';

/**
 * What stands in a list of its own for each group that decides access: one that can hold a directory role, or that a Conditional
 * Access policy names. One group after the other; when Graph throttles us past what the client waits for, the rest isn't asked.
 *
 * @throws GraphFault of a group that can't be read, after which the others are left unread
 */
export async function readOfDecidingGroups(
  client: GraphClient,
  collectors: ReadonlyMap<ResourceType, TypeCollector>,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { kind: 'ofDecidingGroups' }>,
  signal: AbortSignal,
): Promise<void> {
  const groups = collectors.get('group')?.result();
  if (groups?.status !== 'complete')
    collector.lacks(`Which groups there are isn't known, because they weren't read completely: ${groups?.reason}`);
  const deciding = decidingGroups(collectors);
  // No group decides anything, and all that could have been one was read: a complete answer without a request.
  if (deciding.length === 0 && groups?.status === 'complete') collector.add([]);
  for (const id of deciding) {
    try {
      for await (const page of client.pages(plan.path(id), signal)) collector.add(page);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GraphFault) || !MAY_CONCERN_ONE.has(error.kind)) throw error;
      collector.lacks(error);
    }
  }
}

/** Faults after which another group may still be readable; the rest holds for all of them. */
const MAY_CONCERN_ONE: ReadonlySet<GraphFault['kind']> = new Set(['not_found', 'malformed', 'not_json', 'too_large']);

function decidingGroups(collectors: ReadonlyMap<ResourceType, TypeCollector>): string[] {
  const named = new Set<string>();
  for (const { value } of collectors.get('conditionalAccessPolicy')?.values() ?? []) {
    for (const list of ['includeGroups', 'excludeGroups'])
      for (const id of stringsAt(value, `/conditions/users/${list}`)) named.add(id);
  }
  return [...(collectors.get('group')?.values() ?? [])]
    .filter(({ key, value }) => key.isWellFormed() && (named.has(key) || member(value, 'isAssignableToRole') === true))
    .map(({ key }) => key)
    .sort();
}
