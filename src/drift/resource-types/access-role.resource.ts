import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/**
 * A role of this service: what it holds itself, what it inherits, and what activating it asks for. The installation has one set
 * of them; each tenant's snapshot holds it, since each tenant is reached by it.
 */
export const accessRole: ResourceTypeDefinition = {
  type: 'accessRole',
  title: 'Role of this service',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: ['/permissions', '/inheritedPermissions'],
  keyedLists: [{ path: '/parents', by: 'id' }],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Roles, in this service (/rbac/roles)',
    'It is configuration of this service and not of Entra ID.',
  ),
  // Our changes are in our own trail and not in the directory's.
  auditActivities: { added: [], modified: [], removed: [] },
};
