import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Where drift is told, as far as it concerns the tenant. The address is a secret and stands here as keyed fingerprints, one by each key. */
export const watchEndpoint: ResourceTypeDefinition = {
  type: 'watchEndpoint',
  title: 'Receiver of webhooks',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: ['/eventTypes', '/resourceTypes', '/controls'],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Webhooks, in this service (/webhooks/endpoints)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
