import type { JsonObject } from '../../crypto/canonical-json.js';
import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { CollectPlan, ResourceType } from '../resource-types/resource-type.types.js';
import type { StoredObject } from '../snapshot/stored-object.js';
import { picked } from './picked.js';
import { withChildren } from './read-children.js';
import type { TypeCollector } from './type-collector.js';

/** Graph: directoryObject getByIds takes at most 1,000 ids. */
const IDS_PER_REQUEST = 1000;
/** Groups come first: those that hold a role name further users. */
const REFERENCED_TYPES = ['group', 'user'] as const;
const ROLE_TYPES: ResourceType[] = ['roleAssignment', 'roleEligibility'];

/**
 * The users and groups that the objects read before name, and the members of the groups that hold a role, who hold it too.
 * Where an object that names them wasn't read, they may be missing as well, and their type says so.
 */
export async function readReferenced(
  client: GraphClient,
  collectors: Map<ResourceType, TypeCollector>,
  roleGroups: RoleGroups,
  signal: AbortSignal,
): Promise<void> {
  const named = new Set<string>();
  const unread: string[] = [];
  for (const [type, collector] of collectors) {
    const { collect, title } = RESOURCE_TYPE_CATALOGUE[type];
    if (collect.kind === 'referenced') continue;
    if (NAMING_TYPES.has(type) && collector.status !== 'complete') unread.push(title);
    for (const id of collector.namedIds) {
      named.add(id);
      if (ROLE_TYPES.includes(type)) roleGroups.holders.add(id);
    }
  }
  for (const type of REFERENCED_TYPES) {
    const collector = collectors.get(type);
    const { collect } = RESOURCE_TYPE_CATALOGUE[type];
    if (collector === undefined || collect.kind !== 'referenced') continue;
    if (unread.length > 0) {
      collector.lacks(`Those that are named only by what wasn't read completely are missing: ${unread.join(', ')}`);
    }
    try {
      // Nobody is named, and everything that could name somebody was read: that is a complete answer without a request.
      if (named.size === 0 && unread.length === 0) await collector.add([]);
      await readByIds(client, collector, collect, [...named], signal);
    } catch (error) {
      signal.throwIfAborted();
      // The others are read all the same: one odd object must not blind the scan.
      collector.lacks(error instanceof GraphFault ? error : 'It could not be read by a fault of ours.');
    }
    for (const id of roleGroups.members) named.add(id);
  }
}

/** What is found out about groups that hold a role while the groups are read. */
export interface RoleGroups {
  /** Whoever holds or may activate a role, by id. */
  holders: Set<string>;
  /** Members of those of them that are groups. */
  members: Set<string>;
}

/** Looks at each group that is read, because none of them is kept. */
export function noteMembers({ holders, members }: RoleGroups): (group: StoredObject) => void {
  return ({ key, value }) => {
    if (!holders.has(key)) return;
    const listed = member(value, 'members');
    if (isObject(listed)) for (const id of Object.keys(listed)) members.add(id);
  };
}

/** Types whose objects name users and groups: each of them has to be looked into at every reading. */
export const NAMING_TYPES: ReadonlySet<ResourceType> = new Set([
  'conditionalAccessPolicy',
  ...ROLE_TYPES,
  'application',
  'servicePrincipal',
  'authenticationMethodConfiguration',
]);

/** Users or groups by their ids. */
export async function readByIds(
  client: GraphClient,
  collector: TypeCollector,
  plan: Extract<CollectPlan, { kind: 'referenced' }>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { type } = collector.definition;
  collector.asks(ids);
  const path = `/directoryObjects/getByIds?$select=${plan.select.join(',')}`;
  for (let start = 0; start < ids.length; start += IDS_PER_REQUEST) {
    const body = { ids: ids.slice(start, start + IDS_PER_REQUEST), types: [type] };
    const found = objectsOf(await client.post(path, body, signal), type, path);
    const raws = found.map((raw) => picked(raw, plan.select));
    await collector.add(
      plan.children === undefined ? raws : await withChildren(client, collector, plan.children, raws, signal),
    );
  }
}

/** Only those of the wanted kind: an answer that ignores `types` must not turn service principals into users. */
function objectsOf(answer: JsonObject, type: ResourceType, path: string): JsonObject[] {
  const value = answer['value'];
  if (!Array.isArray(value) || !value.every(isObject))
    throw new GraphFault('malformed', path.split('?')[0] ?? path, 'the answer is not a list');
  return value.filter((raw) => {
    const kind = text(raw, '@odata.type');
    return kind === null || kind === `#microsoft.graph.${type}`;
  });
}
