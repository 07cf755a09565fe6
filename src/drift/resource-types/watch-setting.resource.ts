import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** What of a tenant decides what drift is told and who decides on it: scans, a second person, execution, accounts for emergencies. */
export const watchSetting: ResourceTypeDefinition = {
  type: 'watchSetting',
  title: 'Setting of the watch over a tenant',
  permission: null,
  collect: { kind: 'own' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: ['/breakGlassObjectIds'],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  remediation: byHand(
    'Settings of the tenant, in this service (/tenants/{id})',
    'It is configuration of this service and not of Entra ID.',
  ),
  auditActivities: { added: [], modified: [], removed: [] },
};
