import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** A constraint of separation of duties in this service: what nobody may hold together. */
export const accessConstraint: ResourceTypeDefinition = {
  type: 'accessConstraint',
  title: 'Separation of duties in this service',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: ['/permissions'],
  // By id, so that a renamed role is one that stayed.
  keyedLists: [{ path: '/roles', by: 'id' }],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Separation of duties, in this service (/rbac/constraints)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
