import { constants, createPublicKey, type KeyObject, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { digestOf } from '../mutations/application-mutations.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';

export interface ClientKeys {
  /** Public key or certificate (PEM) that a registered application signs its assertions with, by client id. */
  certificates: Map<string, string>;
}

/** The client id of a token request that proves who it is (secret, basic, or private_key_jwt), or what is wrong. */
export function authenticateClient(
  state: TenantState,
  form: URLSearchParams,
  authorization: string | undefined,
  about: ClientKeys & { audiences: string[] },
): { clientId: string } | { error: string } {
  const basic = basicCredentials(authorization);
  const assertion = form.get('client_assertion');
  const clientId = form.get('client_id') ?? basic?.clientId ?? (assertion ? textOf(claimsOf(assertion), 'iss') : '');
  if (state.collections.applications.where('appId', clientId).length === 0) {
    return { error: `AADSTS700016: Application with identifier '${clientId}' was not found in the directory.` };
  }
  if (assertion)
    return assertionHolds(state, clientId, assertion, about)
      ? { clientId }
      : { error: 'AADSTS700027: The client assertion is not valid.' };
  const secret = form.get('client_secret') ?? basic?.secret;
  if (!secret)
    return {
      error:
        "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    };
  const error = secretFault(state, clientId, secret);
  return error === null ? { clientId } : { error };
}

function secretFault(state: TenantState, clientId: string, secret: string): string | null {
  const digest = Buffer.from(digestOf(secret));
  let fault: string | null = `AADSTS7000215: Invalid client secret provided for app '${clientId}'.`;
  for (const { appId, digest: known, endsAt } of state.secretDigests.values()) {
    if (appId !== clientId || !timingSafeEqual(Buffer.from(known), digest)) continue;
    const isOver = endsAt !== undefined && endsAt <= state.now();
    fault = isOver ? `AADSTS7000222: The provided client secret keys for app '${clientId}' are expired.` : null;
  }
  return fault;
}

/** RFC 7523: signed by the client's key, about the client, for us, not expired. Like Entra this takes an assertion again until it expires. */
function assertionHolds(
  state: TenantState,
  clientId: string,
  assertion: string,
  about: ClientKeys & { audiences: string[] },
): boolean {
  const pem = about.certificates.get(clientId);
  const [head, payload, signature] = assertion.split('.');
  const claims = claimsOf(assertion);
  const algorithm = textOf(json(head), 'alg');
  if (!pem || !signature || !['RS256', 'PS256'].includes(algorithm)) return false;
  const padding = algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  if (
    !verify(
      'sha256',
      Buffer.from(`${head}.${payload}`),
      { key: publicKeyOf(pem), ...padding },
      Buffer.from(signature, 'base64url'),
    )
  )
    return false;
  const now = state.now().getTime() / 1000;
  const audience = claims['aud'];
  const forUs = typeof audience === 'string' && about.audiences.includes(audience);
  return claims['iss'] === clientId && claims['sub'] === clientId && forUs && Number(claims['exp']) > now;
}

function publicKeyOf(pem: string): KeyObject {
  return pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
}

function basicCredentials(authorization: string | undefined): { clientId: string; secret: string } | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1];
  const text = encoded ? Buffer.from(encoded, 'base64').toString('utf8') : '';
  const colon = text.indexOf(':');
  return colon < 0
    ? undefined
    : { clientId: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) };
}

function claimsOf(token: string): JsonObject {
  return json(token.split('.')[1]);
}

function json(part: string | undefined): JsonObject {
  try {
    const parsed: Json = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
