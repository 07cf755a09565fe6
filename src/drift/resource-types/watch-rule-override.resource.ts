import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** A drift rule that says something else for the tenant than it comes with. `saysLess`: at some time from now on it says less than it would. */
export const watchRuleOverride: ResourceTypeDefinition = {
  type: 'watchRuleOverride',
  title: 'Rule that holds otherwise',
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
    'Rules, in this service (/drift/rules)',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
