import { text } from '../normalise/json-members.js';
import type { ResourceTypeDefinition } from './resource-type.types.js';

/** Graph: customAuthenticationExtension, a server that is asked during sign-in and may add claims or refuse. */
export const customAuthenticationExtension: ResourceTypeDefinition = {
  type: 'customAuthenticationExtension',
  title: 'Custom authentication extension',
  permission: 'CustomAuthenticationExtension.Read.All',
  collect: { kind: 'list', path: '/identity/customAuthenticationExtensions' },
  key: (raw) => text(raw, 'id'),
  displayName: (raw) => text(raw, 'displayName'),
  ignore: ['/id'],
  sets: [],
  keyedLists: [{ path: '/claimsForTokenConfiguration', by: 'claimIdInApiResponse' }],
  defaults: [],
  delimitedSets: [],
  auditActivities: {
    added: ['create customauthenticationextension'],
    modified: ['update customauthenticationextension'],
    removed: ['delete customauthenticationextension'],
  },
};
