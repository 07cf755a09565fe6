import { text } from '../normalise/json-members.js';
import { byHand } from './remediation-parts.js';
import type { ResourceTypeDefinition, WatchType } from './resource-type.types.js';

/** What decides how this service watches a tenant: objects of its own with an id and a name, which its own trail says who changed. */
function watched(type: WatchType, title: string, place: string, sets: string[] = []): ResourceTypeDefinition {
  return {
    type,
    title,
    permission: null,
    collect: { kind: 'own' },
    key: (raw) => text(raw, 'id'),
    displayName: (raw) => text(raw, 'displayName'),
    ignore: ['/id'],
    sets,
    keyedLists: [],
    defaults: [],
    delimitedSets: [],
    remediation: byHand(place, 'It is configuration of this service and not of Entra ID.'),
    auditActivities: { added: [], modified: [], removed: [] },
  };
}

export const WATCH_SETTINGS: Readonly<Record<WatchType, ResourceTypeDefinition>> = {
  /** What of a tenant decides what drift is told and who decides on it: scans, a second person, execution, accounts for emergencies. */
  watchSetting: watched(
    'watchSetting',
    'Setting of the watch over a tenant',
    'Settings of the tenant, in this service (/tenants/{id})',
    ['/breakGlassObjectIds'],
  ),
  /** A drift rule that says something else for the tenant than it comes with. `saysLess`: at some time from now on it says less than it would. */
  watchRuleOverride: watched('watchRuleOverride', 'Rule that holds otherwise', 'Rules, in this service (/drift/rules)'),
  /** A rule that sets changes aside, while it holds. */
  watchIgnoreRule: watched(
    'watchIgnoreRule',
    'Rule that ignores',
    'Rules that ignore, in this service (/drift/ignore-rules)',
  ),
  /** A time in which changes are expected and less grave; an exclusive one makes those outside of it graver. */
  watchChangeWindow: watched(
    'watchChangeWindow',
    'Change window',
    'Change windows, in this service (/drift/change-windows)',
  ),
  /** Where drift is told, as far as it concerns the tenant. The address is a secret and stands here as keyed fingerprints, one by each key. */
  watchEndpoint: watched('watchEndpoint', 'Receiver of webhooks', 'Webhooks, in this service (/webhooks/endpoints)', [
    '/eventTypes',
    '/resourceTypes',
    '/controls',
  ]),
};
