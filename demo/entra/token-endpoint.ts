import { createHash } from 'node:crypto';
import type { FaultKind, FaultRegistry } from '../faults/fault-registry.js';
import { type DemoReply, type DemoRequest, jsonReply } from '../http/exchange.js';
import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { authenticateClient, type ClientKeys } from './client-authentication.js';
import { type EntraAddresses, issuerOf } from './openid-documents.js';
import type { Authorization, SignInStore } from './sign-in-store.js';
import type { TokenIssuer } from './token-issuer.js';

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

export interface TokenEndpointParts {
  state: () => TenantState;
  store: SignInStore;
  tokens: TokenIssuer;
  faults: FaultRegistry;
  addresses: () => EntraAddresses;
  keys: ClientKeys;
  /** Signs with a new key from now on. */
  rotateKeys: (keepOld: boolean) => void;
}

/** POST /{tenant}/oauth2/v2.0/token: authorization_code with PKCE, refresh_token and client_credentials (RFC 6749, RFC 7636). */
export function handleTokenRequest(parts: TokenEndpointParts, request: DemoRequest): DemoReply {
  const form = new URLSearchParams(request.body);
  const addresses = parts.addresses();
  const audiences = [`${addresses.backChannel}/${addresses.tenantId}/oauth2/v2.0/token`, issuerOf(addresses)];
  const client = authenticateClient(parts.state(), form, request.headers.authorization, {
    ...parts.keys,
    audiences,
  });
  if ('error' in client) return refusal(parts, 401, 'invalid_client', client.error);
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return redeemCode(parts, client.clientId, form);
    case 'refresh_token':
      return refresh(parts, client.clientId, form);
    case 'client_credentials':
      return clientCredentials(parts, client.clientId, form);
    default:
      return refusal(
        parts,
        400,
        'unsupported_grant_type',
        `AADSTS70003: The app requested an unsupported grant type '${form.get('grant_type') ?? ''}'.`,
      );
  }
}

function redeemCode(parts: TokenEndpointParts, clientId: string, form: URLSearchParams): DemoReply {
  const taken = parts.store.takeCode(form.get('code') ?? '');
  if (taken === 'spent')
    return refusal(parts, 400, 'invalid_grant', 'AADSTS54005: OAuth2 Authorization code was already redeemed.');
  if (taken === 'unknown')
    return refusal(
      parts,
      400,
      'invalid_grant',
      "AADSTS9002313: Invalid request. Request is malformed or invalid: the code isn't known.",
    );
  if (taken === 'expired')
    return refusal(parts, 400, 'invalid_grant', 'AADSTS70008: The provided authorization code has expired.');
  if (taken.clientId !== clientId)
    return refusal(
      parts,
      400,
      'invalid_grant',
      'AADSTS700005: The provided authorization code was issued to another client.',
    );
  if (taken.redirectUri !== form.get('redirect_uri'))
    return refusal(
      parts,
      400,
      'invalid_grant',
      'AADSTS50011: The redirect URI does not match the one of the authorization request.',
    );
  const verifier = form.get('code_verifier') ?? '';
  if (createHash('sha256').update(verifier).digest('base64url') !== taken.codeChallenge) {
    return refusal(
      parts,
      400,
      'invalid_grant',
      'AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  }
  return personTokens(parts, taken, form.get('scope') ?? taken.scope, taken.nonce, form.get('code') ?? '');
}

function refresh(parts: TokenEndpointParts, clientId: string, form: URLSearchParams): DemoReply {
  const found = parts.store.findRefreshToken(form.get('refresh_token') ?? '');
  if (!found || found.clientId !== clientId)
    return refusal(parts, 400, 'invalid_grant', 'AADSTS70008: The refresh token has expired or is not valid.');
  return personTokens(parts, found, form.get('scope') ?? found.scope, null, '');
}

function personTokens(
  parts: TokenEndpointParts,
  authorization: Authorization,
  scope: string,
  nonce: string | null,
  code: string,
): DemoReply {
  const { clientId, objectId, sid } = authorization;
  const user = parts.state().collections.users.get(objectId);
  if (!user || user['accountEnabled'] === false)
    return refusal(parts, 400, 'invalid_grant', 'AADSTS50057: The user account is disabled.');
  if (authorization.epoch !== parts.state().sessionEpochOf(objectId))
    return refusal(
      parts,
      400,
      'invalid_grant',
      'AADSTS50173: The grant was revoked after it was given; the person has to sign in again.',
    );
  const strike = (kind: FaultKind) =>
    parts.faults.strike([kind], 'POST', `/${parts.addresses().tenantId}/oauth2/v2.0/token`);
  const rotation = strike('rotateKeys');
  if (rotation) parts.rotateKeys(rotation.keepOld ?? true);
  const idFlaw = strike('idToken')?.flaw;
  const accessFlaw = strike('accessToken')?.flaw;
  const kind = isApiScope(scope, clientId) ? 'api' : 'graph';
  const apiScope = scope.split(' ').flatMap((one) => /^(?:api:\/\/)?[0-9a-f-]{36}\/(.+)$/i.exec(one)?.[1] ?? [])[0];
  const granted = apiScope && apiScope !== '.default' ? { scope: apiScope } : {};
  const openId = scope.split(' ').includes('openid') || authorization.scope.split(' ').includes('openid');
  const accessToken = parts.tokens.mint({
    kind,
    objectId,
    clientId,
    sid,
    ...granted,
    ...(accessFlaw ? { flaw: accessFlaw } : {}),
  });
  const hashes = openId && strike('idTokenHashes') ? { accessToken, code } : {};
  return jsonReply(
    {
      token_type: 'Bearer',
      scope,
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: accessToken,
      ...(authorization.scope.split(' ').includes('offline_access')
        ? { refresh_token: parts.store.issueRefreshToken(authorization) }
        : {}),
      ...(openId
        ? {
            id_token: parts.tokens.mint({
              kind: 'id',
              objectId,
              clientId,
              sid,
              ...(nonce === null ? {} : { nonce }),
              ...hashes,
              ...(idFlaw ? { flaw: idFlaw } : {}),
            }),
          }
        : {}),
      client_info: Buffer.from(JSON.stringify({ uid: objectId, utid: parts.state().tenantId })).toString('base64url'),
    },
    200,
    NO_STORE,
  );
}

function clientCredentials(parts: TokenEndpointParts, clientId: string, form: URLSearchParams): DemoReply {
  const scope = form.get('scope') ?? '';
  if (!scope.endsWith('/.default'))
    return refusal(
      parts,
      400,
      'invalid_scope',
      `AADSTS1002012: The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed.`,
    );
  const flaw = parts.faults.strike(['accessToken'], 'POST', `/${parts.addresses().tenantId}/oauth2/v2.0/token`)?.flaw;
  const kind = isApiScope(scope, clientId) ? 'api' : 'graph';
  return jsonReply(
    {
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: parts.tokens.mint({ kind, clientId, ...(flaw ? { flaw } : {}) }),
    },
    200,
    NO_STORE,
  );
}

function isApiScope(scope: string, clientId: string): boolean {
  return scope.split(' ').some((one) => one.startsWith(`api://${clientId}/`) || one.startsWith(`${clientId}/`));
}

/** An error as Entra writes it (RFC 6749 5.2 with Microsoft's further members). */
function refusal(parts: TokenEndpointParts, status: number, error: string, description: string): DemoReply {
  const number = Number(/AADSTS(\d+)/.exec(description)?.[1] ?? 0);
  const ids = parts.state().ids;
  const [traceId, correlationId] = [ids.guid(), ids.guid()];
  const timestamp = parts.state().now().toISOString().replace('T', ' ').slice(0, 19);
  const body: JsonObject = {
    error,
    error_description: `${description} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}Z`,
    error_codes: [number],
    timestamp: `${timestamp}Z`,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `${parts.addresses().backChannel}/error?code=${number}`,
  };
  return jsonReply(body, status, NO_STORE);
}
