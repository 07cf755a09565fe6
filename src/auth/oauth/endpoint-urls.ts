import type { Settings } from '../../config/settings.js';
import { publicAddress } from '../public-address.js';

export interface EndpointUrls {
  issuer: string;
  token: string;
  introspection: string;
  revocation: string;
  jwks: string;
}

/** Where clients find the endpoints, which is also what their assertions and proofs must name. */
export function endpointUrls(settings: Settings): EndpointUrls {
  const { url: issuer } = publicAddress(settings);
  return {
    issuer,
    token: `${issuer}/api/v1/auth/token`,
    introspection: `${issuer}/api/v1/auth/introspect`,
    revocation: `${issuer}/api/v1/auth/revoke`,
    jwks: `${issuer}/.well-known/jwks.json`,
  };
}
