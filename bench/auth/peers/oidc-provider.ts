/**
 * oidc-provider with payloads in PostgreSQL, a public client and rotation, one ES256 signature an answer. `usual`: scope openid,
 * so an opaque access token, which it stores, and an id token. `jwt`: its cheapest, an access token that is a JWT and isn't
 * stored, and no id token, which is what ours does too.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { openPayloadStore } from './oidc-payloads.js';
import { ANY_PORT, announce, LOOPBACK, peerSettings } from './peer-process.js';

interface Settings {
  databaseUrl: string;
  connections: number;
  shape: 'usual' | 'jwt';
  /** How many refresh token families to begin with. */
  grants: number;
}

const settings = peerSettings<Settings>();
const RESOURCE = 'urn:peer:api';
const isJwt = settings.shape === 'jwt';
const CLIENT_ID = 'blindspotx';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const provider = new Provider('http://oidc.peer', {
  adapter: await openPayloadStore(settings.databaseUrl, settings.connections),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'peer', alg: 'ES256', use: 'sig' }] },
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://client.peer/callback'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  rotateRefreshToken: true,
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => (isJwt ? RESOURCE : []),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'api',
        audience: RESOURCE,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  ttl: { Grant: 43_200, RefreshToken: 7200 },
});

async function beginFamily(): Promise<string> {
  const client = await provider.Client.find(CLIENT_ID);
  if (client === undefined) throw new Error(`there is no client ${CLIENT_ID}`);
  const accountId = randomUUID();
  const grant = new provider.Grant({ accountId, clientId: CLIENT_ID });
  if (isJwt) grant.addResourceScope(RESOURCE, 'api');
  grant.addOIDCScope(isJwt ? 'offline_access' : 'openid offline_access');
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    client,
    accountId,
    grantId,
    scope: isJwt ? 'offline_access api' : 'openid offline_access',
    ...(isJwt ? { resource: RESOURCE } : {}),
    gty: 'authorization_code',
    authTime: Math.floor(Date.now() / 1000),
    expiresWithSession: false,
  });
  return token.save();
}

const refreshTokens = await Promise.all(Array.from({ length: settings.grants }, beginFamily));
const server = createServer(provider.callback());
server.listen(ANY_PORT, LOOPBACK, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) announce(address.port, refreshTokens);
});
