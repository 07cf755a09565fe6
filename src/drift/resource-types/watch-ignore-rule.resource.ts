import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** A rule that sets changes aside, while it holds. */
export const watchIgnoreRule: ResourceTypeDefinition = {
  type: 'watchIgnoreRule',
  title: 'Rule that ignores',
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
    'Rules that ignore, in this service (/drift/ignore-rules)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
