import type { JsonObject } from '../store/json.types.js';

/** Where the tenant's sign-in lives: the back channel is https, the page that a browser sees is http on loopback. */
export interface EntraAddresses {
  tenantId: string;
  /** `https://localhost:P` */
  backChannel: string;
  /** `http://localhost:Q` */
  browser: string;
}

export function issuerOf(addresses: EntraAddresses): string {
  return `${addresses.backChannel}/${addresses.tenantId}/v2.0`;
}

/** OpenID Connect Discovery 1.0 with the members that Entra sends. */
export function openIdConfiguration(addresses: EntraAddresses): JsonObject {
  const { backChannel, browser, tenantId } = addresses;
  return {
    token_endpoint: `${backChannel}/${tenantId}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${backChannel}/${tenantId}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: issuerOf(addresses),
    request_uri_parameter_supported: false,
    authorization_endpoint: `${browser}/${tenantId}/oauth2/v2.0/authorize`,
    // Entra has front-channel logout and no back-channel logout.
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${browser}/${tenantId}/oauth2/v2.0/logout`,
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'nbf',
      'sid',
      'nonce',
      'name',
      'oid',
      'tid',
      'preferred_username',
      'ver',
      'uti',
      'at_hash',
      'c_hash',
      'login_hint',
    ],
    tenant_region_scope: null,
    cloud_instance_name: new URL(backChannel).host,
    cloud_graph_host_name: new URL(backChannel).host,
    msgraph_host: new URL(backChannel).host,
    rbac_url: `${backChannel}/rbac`,
  };
}

/** Instance discovery: which hosts are one cloud. */
export function instanceDiscovery(addresses: EntraAddresses): JsonObject {
  const { host } = new URL(addresses.backChannel);
  return {
    tenant_discovery_endpoint: `${addresses.backChannel}/${addresses.tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}
