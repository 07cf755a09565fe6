import { text } from '../normalise/json-members.js';
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
  auditActivities: {
    added: ['add named location'],
    modified: ['update named location'],
    removed: ['delete named location'],
  },
};
