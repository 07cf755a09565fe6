import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** A time in which changes are expected and less grave; an exclusive one makes those outside of it graver. */
export const watchChangeWindow: ResourceTypeDefinition = {
  type: 'watchChangeWindow',
  title: 'Change window',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Change windows, in this service (/drift/change-windows)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
