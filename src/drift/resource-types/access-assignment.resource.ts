import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';
import { tupleKey } from './tuple-key.js';

/**
 * A role of this service given to somebody of the tenant, denied, or to be activated. People and groups of Entra ID are named by
 * their object id. Keyed by who, what and where: the same thing given again is no change. An activation is an event and not
 * configuration; its source leaves it out.
 */
export const accessAssignment: ResourceTypeDefinition = {
  type: 'accessAssignment',
  title: 'Role assignment of this service',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => tupleKey(raw, ['assignmentType', 'principalType', 'principalId', 'roleId', 'scope', 'effect']),
  displayName: (raw) => {
    const [role, principal, scope] = ['roleName', 'principalDisplayName', 'scope'].map((name) => text(raw, name));
    if (role == null || principal == null || scope == null) return null;
    const what = text(raw, 'effect') === 'deny' ? `${role} denied` : role;
    return `${what} to ${principal} on ${scope}${text(raw, 'assignmentType') === 'eligible' ? ', to be activated' : ''}`;
  },
  ignore: ['/roleName', '/principalDisplayName'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Assignments, in this service (/rbac/assignments)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
