import type { ObjectDrift } from '../diff/drift.types.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { EvaluationContext } from './evaluation-context.js';

/** Types whose objects have no name of their own, but one made of the ids that they join. */
const JOINING: ReadonlySet<ResourceType> = new Set([
  'roleAssignment',
  'roleEligibility',
  'appRoleAssignment',
  'oauth2PermissionGrant',
]);
const NAMED: ResourceType[] = ['user', 'group', 'servicePrincipal', 'roleDefinition'];
const ID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi;

/** What people call the object: with the names of the principals that it joins, where one of the snapshots knows them. */
export function displayNameOf({ resourceType, displayName }: ObjectDrift, context: EvaluationContext): string | null {
  if (displayName === null || !JOINING.has(resourceType)) return displayName;
  return displayName.replaceAll(ID, (id) => nameOf(id.toLowerCase(), context) ?? id);
}

function nameOf(id: string, { before, after }: EvaluationContext): string | null {
  for (const snapshot of [after, before]) {
    for (const type of NAMED) {
      const name = snapshot.find(type, id)?.displayName;
      if (name != null && name !== '') return name;
    }
  }
  return null;
}
