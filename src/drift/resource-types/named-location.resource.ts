import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: ipNamedLocation and countryNamedLocation. */
export const namedLocation: ResourceTypeDefinition = {
  type: 'namedLocation',
  title: 'Named location',
  permission: 'Policy.Read.All',
  collect: { kind: 'list', path: '/identity/conditionalAccess/namedLocations', priority: 'conditionalAccess' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  modifiedAtProperty: 'modifiedDateTime',
  ignore: ['/id', '/createdDateTime', '/modifiedDateTime'],
  sets: ['/ipRanges', '/countriesAndRegions'],
  keyedLists: [],
  defaults: [
    { path: '/isTrusted', value: false },
    { path: '/includeUnknownCountriesAndRegions', value: false },
  ],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Conditional Access > Named locations',
    permission: 'Policy.ReadWrite.ConditionalAccess',
    address: inCollection('/identity/conditionalAccess/namedLocations'),
    create: { path: () => '/identity/conditionalAccess/namedLocations' },
    remove: () => true,
    // Graph deletes no location that is trusted.
    beforeRemoval: ({ address, graph }) =>
      graph['isTrusted'] === true
        ? [{ method: 'PATCH', path: address, body: { '@odata.type': graph['@odata.type'] ?? null, isTrusted: false } }]
        : [],
    readOnly: ['/deletedDateTime'],
    toGraph: withLocationTypes,
    referredBy: ['conditionalAccessPolicy'],
  },
  auditActivities: {
    added: ['add named location'],
    modified: ['update named location'],
    removed: ['delete named location'],
  },
};

/** Which kind of location it is, and of each range whether it is of IPv4 or IPv6, are classes of Graph. */
function withLocationTypes(graph: JsonObject): JsonObject {
  const ranges = member(graph, 'ipRanges');
  if (!Array.isArray(ranges)) return { '@odata.type': '#microsoft.graph.countryNamedLocation', ...graph };
  const typed = ranges.map((range): Json => {
    const version = text(range, 'cidrAddress')?.includes(':') ? 6 : 4;
    return isObject(range) ? { '@odata.type': `#microsoft.graph.iPv${version}CidrRange`, ...range } : range;
  });
  return { '@odata.type': '#microsoft.graph.ipNamedLocation', ...graph, ipRanges: typed };
}
