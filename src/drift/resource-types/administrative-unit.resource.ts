import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { inCollection, references } from './remediation-parts.js';
import type { PartWay } from './remediation-way.types.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Who administers just that: each a membership with an id that is no part of a snapshot. */
const SCOPED_HOLDERS: PartWay = {
  path: '/scopedRoleMembers',
  restore: ({ object, before, after }) => {
    const path = `${object.address}/scopedRoleMembers`;
    const permission = 'RoleManagement.ReadWrite.Directory';
    const holder = before ?? after;
    const [roleId, principalId] = [text(holder, 'roleId') ?? '', text(holder, 'principalId') ?? ''];
    if (before !== null)
      return [{ method: 'POST', path, body: { roleId, roleMemberInfo: { id: principalId } }, permission }];
    const where = { '/roleId': roleId, '/roleMemberInfo/id': principalId };
    return [
      {
        method: 'DELETE',
        path: `${path}/{membership}`,
        lookups: [{ name: 'membership', path, where, member: 'id' }],
        permission,
      },
    ];
  },
};

/** Graph: administrativeUnit with who is in it and who administers just that. */
export const administrativeUnit: ResourceTypeDefinition = {
  type: 'administrativeUnit',
  title: 'Administrative unit',
  permission: 'AdministrativeUnit.Read.All',
  collect: {
    kind: 'list',
    path: '/directory/administrativeUnits',
    children: [
      {
        into: 'members',
        path: (key) => `/directory/administrativeUnits/${encodeURIComponent(key)}/members?$select=id&$top=999`,
        pick: ['id'],
      },
      {
        into: 'scopedRoleMembers',
        path: (key) => `/directory/administrativeUnits/${encodeURIComponent(key)}/scopedRoleMembers`,
        pick: ['roleId', 'roleMemberInfo'],
      },
    ],
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id', '/deletedDateTime'],
  sets: [],
  keyedLists: [
    { path: '/members', by: 'id' },
    { path: '/scopedRoleMembers', by: ['roleId', 'principalId'] },
  ],
  defaults: [{ path: '/isMemberManagementRestricted', value: false }],
  delimitedSets: [],
  reshape: (raw) => {
    const holders = member(raw, 'scopedRoleMembers');
    return Array.isArray(holders) ? { ...raw, scopedRoleMembers: holders.map(holding) } : raw;
  },
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Roles & admins > Admin units',
    permission: 'AdministrativeUnit.ReadWrite.All',
    address: inCollection('/directory/administrativeUnits'),
    restorable: true,
    remove: () => true,
    readOnly: ['/isMemberManagementRestricted'],
    parts: [references('members', 'AdministrativeUnit.ReadWrite.All'), SCOPED_HOLDERS],
  },
  auditActivities: {
    added: ['add administrative unit'],
    modified: [
      'update administrative unit',
      'add member to administrative unit',
      'remove member from administrative unit',
      'add member to restricted management administrative unit',
      'remove member from restricted management administrative unit',
      'add scoped member to role',
      'remove scoped member from role',
      'add member to role scoped over restricted management administrative unit',
      'remove member from role scoped over restricted management administrative unit',
    ],
    removed: ['delete administrative unit', 'hard delete administrative unit'],
  },
};

/** A scopedRoleMembership names its holder with the name, which changes by itself. */
function holding(membership: Json): Json {
  const holder = member(membership, 'roleMemberInfo');
  if (!isObject(membership) || !isObject(holder)) return membership;
  return { roleId: text(membership, 'roleId'), principalId: text(holder, 'id') } satisfies JsonObject;
}
