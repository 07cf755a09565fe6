import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: groupSetting (consent, password rule, guests in groups). Keyed by template, because an id is made anew on each reset. */
export const groupSetting: ResourceTypeDefinition = {
  type: 'groupSetting',
  title: 'Directory setting',
  permission: 'Directory.Read.All',
  collect: { kind: 'list', path: '/groupSettings' },
  key: (raw) => text(raw, 'templateId'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/templateId'],
  sets: [],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  reshape: (raw) => ({ ...raw, values: valuesByName(member(raw, 'values')) }),
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Groups > General, and Enterprise apps > Consent and permissions',
    permission: 'GroupSettings.ReadWrite.All',
    address: inCollection('/groupSettings'),
    lookup: ({ key }) => ({ path: '/groupSettings', where: { '/templateId': key }, member: 'id' }),
    // The values are replaced as one list.
    update: { method: 'PATCH', whole: ['/values'] },
    create: { path: () => '/groupSettings', keyMember: 'templateId', members: ['values'] },
    remove: () => true,
    readOnly: ['/displayName'],
    toGraph: (graph) => ({
      ...graph,
      values: Object.entries(isObject(graph['values']) ? graph['values'] : {}).map(([name, value]) => ({
        name,
        value,
      })),
    }),
  },
  auditActivities: {
    added: ['create group settings'],
    modified: ['update group settings'],
    removed: ['delete group settings'],
  },
};

/** Name and value pairs as one object, so that an empty value is a missing one like anywhere else. */
function valuesByName(values: Json | undefined): JsonObject {
  const byName: JsonObject = {};
  for (const entry of Array.isArray(values) ? values : [values ?? null]) {
    const name = text(entry, 'name');
    const value = text(entry, 'value');
    // Portals and cmdlets write True, true and TRUE for the same thing.
    if (name !== null && value !== null)
      setMember(byName, name, /^(true|false)$/i.test(value) ? value.toLowerCase() : value);
  }
  return byName;
}
