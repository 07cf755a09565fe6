import type { JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, text } from '../normalise/json-members.js';
import { inCollection } from './remediation-parts.js';
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
  remediation: {
    kind: 'graph',
    place: 'Entra ID > External Identities > Custom authentication extensions',
    permission: 'CustomAuthenticationExtension.ReadWrite.All',
    address: inCollection('/identity/customAuthenticationExtensions'),
    update: { method: 'PATCH', whole: ['/*'] },
    create: { path: () => '/identity/customAuthenticationExtensions' },
    remove: () => true,
    toGraph: withExtensionTypes,
    losses: ['Whatever asked it at sign-in (event listeners, applications) has to be pointed at it again.'],
  },
  auditActivities: {
    added: ['create customauthenticationextension'],
    modified: ['update customauthenticationextension'],
    removed: ['delete customauthenticationextension'],
  },
};

/** Classes that the normal form leaves out, told by the members that only they have. */
function withExtensionTypes(graph: JsonObject): JsonObject {
  const endpoint = member(graph, 'endpointConfiguration');
  const authentication = member(graph, 'authenticationConfiguration');
  const isWorkflow = text(endpoint, 'logicAppWorkflowName') !== null;
  const kind = Array.isArray(graph['claimsForTokenConfiguration']) ? 'onTokenIssuanceStart' : null;
  return {
    ...(kind === null ? {} : { '@odata.type': `#microsoft.graph.${kind}CustomExtension` }),
    ...graph,
    ...(isObject(endpoint)
      ? {
          endpointConfiguration: {
            '@odata.type': `#microsoft.graph.${isWorkflow ? 'logicAppTriggerEndpointConfiguration' : 'httpRequestEndpoint'}`,
            ...endpoint,
          },
        }
      : {}),
    ...(isObject(authentication)
      ? {
          authenticationConfiguration: {
            '@odata.type': '#microsoft.graph.azureAdTokenAuthentication',
            ...authentication,
          },
        }
      : {}),
  };
}
