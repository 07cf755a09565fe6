import type { GraphClient } from '../../entra/graph-client.js';
import { GraphFault } from '../../entra/graph-fault.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { storableText } from '../../kernel/text/storable-text.js';
import type { EntraGroup } from './groups.types.js';

const USER = '#microsoft.graph.user';
/** What Graph gives at most on a page. */
const PAGE = 999;
/** Entra ID's own groups are larger only where nobody assigns roles to them. */
const MOST_MEMBERS = 200_000;

/**
 * Reads a group and everybody in it, also by groups in it. Whatever is not whole and plain is a fault: half a list would take roles
 * from the other half.
 *
 * @param objectId Entra's object id of the group, a UUID
 * @throws GraphFault `not_found` when Graph knows no such group
 */
export async function readEntraGroup(
  graph: GraphClient,
  objectId: string,
  signal: AbortSignal,
): Promise<Omit<EntraGroup, 'askedAt'>> {
  const { id, displayName } = await graph.get(`/groups/${objectId}?$select=id,displayName`, signal);
  const path = `/groups/${objectId}/transitiveMembers`;
  if (!isUuid(id) || id.toLowerCase() !== objectId.toLowerCase() || typeof displayName !== 'string') {
    throw new GraphFault('malformed', path, 'the answer is about something else');
  }
  const memberIds = new Set<string>();
  for await (const page of graph.pages(`${path}?$select=id&$top=${PAGE}`, signal)) {
    for (const member of page) {
      const type = member['@odata.type'];
      if (typeof type !== 'string' || !isUuid(member['id'])) {
        throw new GraphFault('malformed', path, 'a member has no type or no id');
      }
      if (type === USER) memberIds.add(member['id'].toLowerCase());
    }
    if (memberIds.size > MOST_MEMBERS) {
      throw new GraphFault('too_large', path, `the group has more than ${MOST_MEMBERS} members`);
    }
  }
  return { displayName: storableText(displayName), memberIds: [...memberIds] };
}
