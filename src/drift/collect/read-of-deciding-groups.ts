import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { member, stringsAt } from '../normalise/json-members.js';
import type { CollectPlan, ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import { readOverlooked } from './read-overlooked.js';
import type { TypeCollector } from './type-collector.js';

interface OfDecidingGroups {
  client: GraphClient;
  collectors: ReadonlyMap<ResourceType, TypeCollector>;
  decidingGroups: DecidingGroups;
  signal: AbortSignal;
}

/**
 * What stands in a list of its own for each group that decides access: one that can hold a directory role, or that a Conditional
 * Access policy names. One group after the other; when Graph throttles us past what the client waits for, the rest isn't asked.
 *
 * @throws GraphFault of a group that can't be read, after which the others are left unread
 */
export async function readOfDecidingGroups(
  { client, collectors, decidingGroups, signal }: OfDecidingGroups,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { kind: 'ofDecidingGroups' }>,
): Promise<void> {
  const groups = collectors.get('group');
  if (groups?.status !== 'complete')
    collector.lacks(`Which groups there are isn't known, because they weren't read completely: ${groups?.reason}`);
  const deciding = decidingGroups.ids();
  // No group decides anything, and all that could have been one was read: a complete answer without a request.
  if (deciding.length === 0 && groups?.status === 'complete') await collector.add([]);
  for (const id of deciding) {
    try {
      for await (const page of client.rawPages(plan.path(id), signal)) await collector.addPage(page);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GraphFault) || !MAY_CONCERN_ONE.has(error.kind)) throw error;
      collector.lacks(error);
    }
  }
  await readOverlooked(client, collector, plan, new Set(deciding), signal);
}

/** Faults after which another group may still be readable; the rest holds for all of them. */
const MAY_CONCERN_ONE: ReadonlySet<GraphFault['kind']> = new Set(['not_found', 'malformed', 'not_json', 'too_large']);

/** Finds the groups that decide access, while the policies and then the groups are read. */
export class DecidingGroups {
  private readonly named = new Set<string>();
  private readonly deciding = new Set<string>();

  notePolicy({ value }: Pick<StoredObject, 'value'>): void {
    for (const list of ['includeGroups', 'excludeGroups'])
      for (const id of stringsAt(value, `/conditions/users/${list}`)) this.named.add(id);
  }

  noteGroup({ key, value }: Pick<StoredObject, 'key' | 'value'>): void {
    if (!key.isWellFormed()) return;
    if (this.named.has(key) || member(value, 'isAssignableToRole') === true) this.deciding.add(key);
  }

  /** In the order in which they are asked for. */
  ids(): string[] {
    return [...this.deciding].sort();
  }
}
