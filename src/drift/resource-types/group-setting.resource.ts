import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { member, setMember, text } from '../normalise/json-members.js';
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
