import type { JsonObject } from '../../crypto/canonical-json.js';
import { versionOf } from '../resource-version.js';
import { GROUP_SCHEMA } from '../schemas/group.schema.js';
import type { ScimGroupRow } from './scim-groups.repository.js';

/**
 * @param members users.id of each; null when nobody asked for them
 * @param locationOf addresses of groups and of users
 */
export function groupResource(
  { id, externalId, displayName, version, createdAt, updatedAt }: ScimGroupRow,
  members: readonly string[] | null,
  locationOf: (resourceType: 'Users' | 'Groups', id: string) => string,
): JsonObject {
  return {
    schemas: [GROUP_SCHEMA.core.id],
    id,
    ...(externalId === null ? {} : { externalId }),
    displayName,
    ...(members === null
      ? {}
      : { members: members.map((value) => ({ value, $ref: locationOf('Users', value), type: 'User' })) }),
    meta: {
      resourceType: 'Group',
      created: createdAt.toISOString(),
      lastModified: updatedAt.toISOString(),
      location: locationOf('Groups', id),
      version: versionOf(version),
    },
  };
}
