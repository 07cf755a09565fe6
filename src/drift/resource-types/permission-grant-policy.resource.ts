import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, join, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { Lookup, PartWay, RequestDraft } from './remediation-way.types.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

const CONDITION_LISTS = [
  'permissions',
  'clientApplicationIds',
  'clientApplicationTenantIds',
  'clientApplicationPublisherIds',
];

/** Condition sets are only ever added and taken away whole. */
function conditionSets(list: 'includes' | 'excludes'): PartWay {
  return {
    path: `/${list}`,
    restore: ({ object, before, after }) => {
      const path = `${object.address}/${list}`;
      const made = objectsIn(before).map((body): RequestDraft => ({ method: 'POST', path, body }));
      const gone = objectsIn(after).map(
        (set): RequestDraft => ({
          method: 'DELETE',
          path: `${path}/{set}`,
          lookups: [{ name: 'set', path, where: saying(set), member: 'id' }],
        }),
      );
      return [...made, ...gone];
    },
    afterCreation: ({ address }, value) =>
      objectsIn(value).map((body): RequestDraft => ({ method: 'POST', path: `${address}/${list}`, body })),
  };
}

/** What tells a set from the others: all that it says. */
function saying(set: JsonObject): Lookup['where'] {
  const where: Lookup['where'] = {};
  for (const [name, value] of Object.entries(set)) {
    if (typeof value === 'string' || typeof value === 'boolean') where[join('', name)] = value;
    else if (Array.isArray(value)) where[join('', name)] = value.filter((one) => typeof one === 'string');
  }
  return where;
}

function objectsIn(list: Json): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/**
 * Graph: permissionGrantPolicy, Microsoft's own included: when consent may be given. A condition set's id is made anew whenever
 * the policy is written, so that sets are told apart by what they say.
 */
export const permissionGrantPolicy: ResourceTypeDefinition = {
  type: 'permissionGrantPolicy',
  title: 'Permission grant policy',
  permission: 'Policy.Read.PermissionGrant',
  // Graph expands includes and excludes by itself.
  collect: { kind: 'list', path: '/policies/permissionGrantPolicies' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/deletedDateTime', '/includes/*/id', '/excludes/*/id'],
  sets: ['includes', 'excludes'].flatMap((list) => [
    `/${list}`,
    ...CONDITION_LISTS.map((name) => `/${list}/*/${name}`),
  ]),
  keyedLists: [],
  defaults: ['includes', 'excludes'].flatMap((list) => [
    { path: `/${list}/*/clientApplicationsFromVerifiedPublisherOnly`, value: false },
    { path: `/${list}/*/certifiedClientApplicationsOnly`, value: false },
  ]),
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Enterprise apps > Consent and permissions',
    permission: 'Policy.ReadWrite.PermissionGrant',
    address: inCollection('/policies/permissionGrantPolicies'),
    create: { path: () => '/policies/permissionGrantPolicies', keyMember: 'id' },
    remove: () => true,
    parts: [conditionSets('includes'), conditionSets('excludes')],
  },
  auditActivities: {
    added: ['add permission grant policy'],
    modified: ['update permission grant policy'],
    removed: ['delete permission grant policy'],
  },
};
