import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, setMember, text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: deviceRegistrationPolicy, who may join devices and who is their administrator. */
export const deviceRegistrationPolicy: ResourceTypeDefinition = {
  type: 'deviceRegistrationPolicy',
  title: 'Device registration policy',
  permission: 'Policy.Read.DeviceConfiguration',
  collect: {
    kind: 'singleton',
    path: '/policies/deviceRegistrationPolicy',
    requires: ['multiFactorAuthConfiguration', 'azureADJoin'],
  },
  key: () => 'deviceRegistrationPolicy',
  displayName: () => 'Device registration policy',
  ignore: ['/id', '/displayName', '/description'],
  sets: [
    '/azureADJoin/allowedToJoin/users',
    '/azureADJoin/allowedToJoin/groups',
    '/azureADJoin/localAdmins/registeringUsers/users',
    '/azureADJoin/localAdmins/registeringUsers/groups',
    '/azureADRegistration/allowedToRegister/users',
    '/azureADRegistration/allowedToRegister/groups',
  ],
  keyedLists: [],
  defaults: [],
  delimitedSets: [],
  reshape: (raw) => {
    const shaped = withMemberships(raw);
    return isObject(shaped) ? shaped : raw;
  },
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Devices > Device settings',
    permission: 'Policy.ReadWrite.DeviceConfiguration',
    address: () => '/policies/deviceRegistrationPolicy',
    // Graph replaces it whole.
    update: { method: 'PUT', whole: [''] },
    remove: () => 'There is exactly one in every tenant.',
    createdByHand: 'There is exactly one in every tenant.',
    toGraph: (graph) => {
      const named = withClassNames(graph);
      return isObject(named) ? named : graph;
    },
  },
  auditActivities: {
    added: ['set device registration policies'],
    modified: ['set device registration policies'],
    removed: ['set device registration policies'],
  },
};

const MEMBERSHIP = /^#microsoft\.graph\.(all|enumerated|no)DeviceRegistrationMembership$/;
/** Deeper than the policy is; past it the normal form refuses the object anyway. */
const REACH = 4;

/** Only the name of its class says whether a membership is for all, some or nobody, and such names are no content. */
function withMemberships(value: Json, depth = 0): Json {
  if (!isObject(value) || depth > REACH) return value;
  const out: JsonObject = {};
  for (const name of Object.keys(value)) {
    if (name !== '__proto__') out[name] = withMemberships(member(value, name) ?? null, depth + 1);
  }
  const kind = MEMBERSHIP.exec(text(value, '@odata.type') ?? '')?.[1];
  if (kind !== undefined) out['membership'] = kind === 'no' ? 'none' : kind;
  return out;
}

const KINDS: Record<string, string> = { all: 'all', enumerated: 'enumerated', none: 'no' };

/** The other way round: the member is a class again. */
function withClassNames(value: Json): Json {
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, content] of Object.entries(value)) setMember(out, name, withClassNames(content));
  const kind = KINDS[text(value, 'membership') ?? ''];
  if (kind === undefined) return out;
  const { membership: _class, ...rest } = out;
  return { '@odata.type': `#microsoft.graph.${kind}DeviceRegistrationMembership`, ...rest };
}
