import { text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: authenticationContextClassReference (c1 to c99), the names under which applications ask for a step up. */
export const authenticationContextClassReference: ResourceTypeDefinition = {
  type: 'authenticationContextClassReference',
  title: 'Authentication context',
  permission: 'Policy.Read.All',
  collect: {
    kind: 'list',
    path: '/identity/conditionalAccess/authenticationContextClassReferences',
    priority: 'conditionalAccess',
  },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: [],
  keyedLists: [],
  defaults: [{ path: '/isAvailable', value: false }],
  delimitedSets: [],
  remediation: {
    kind: 'graph',
    place: 'Entra ID > Conditional Access > Authentication contexts',
    permission: 'AuthenticationContext.ReadWrite.All',
    address: inCollection('/identity/conditionalAccess/authenticationContextClassReferences'),
    create: {
      path: () => '/identity/conditionalAccess/authenticationContextClassReferences',
      keyMember: 'id',
    },
    remove: () => true,
  },
  auditActivities: {
    added: ['add authenticationcontextclassreference'],
    modified: ['update authenticationcontextclassreference'],
    removed: ['delete authenticationcontextclassreference'],
  },
};
