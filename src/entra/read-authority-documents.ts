/** The members of OpenID Connect Discovery 1.0 that are used here. */
export interface AuthorityDocument {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  jwksUri: string;
  /** Where a browser signs out (OpenID Connect RP-Initiated Logout 1.0, 2.1); null when the authority has no such page. */
  endSessionEndpoint: string | null;
  /** Whole, as the authority sent it: MSAL takes it instead of asking again. */
  text: string;
}

export interface PublishedKey {
  kid: string;
  jwk: { kty: 'RSA'; n: string; e: string };
}

const MAX_KEYS = 100;
/** 2048 bits as base64url; ASVS 11.2.3 asks more of new keys, but Entra's own have this size. */
const MIN_MODULUS_LENGTH = 340;

/**
 * Checks a discovery document against the authority that was configured: the issuer must be exactly this authority's
 * (OpenID Connect Discovery 4.3), and secrets and keys travel only over https to its own origin. The page that a browser
 * visits may stand elsewhere.
 *
 * @throws Error saying which member is wrong
 */
export function readAuthorityDocument(value: unknown, authority: string): AuthorityDocument {
  const members = objectOf(value, 'the discovery document');
  const issuer = textOf(members, 'issuer');
  if (issuer !== `${authority}/v2.0`) throw new Error('the discovery document names another issuer');
  const { origin } = new URL(authority);
  const tokenEndpoint = textOf(members, 'token_endpoint');
  const jwksUri = textOf(members, 'jwks_uri');
  for (const url of [tokenEndpoint, jwksUri]) {
    if (new URL(url).origin !== origin)
      throw new Error('the discovery document sends secrets or keys to another origin');
  }
  const authorizationEndpoint = textOf(members, 'authorization_endpoint');
  if (!isBrowserAddress(new URL(authorizationEndpoint)))
    throw new Error('the authorization endpoint is neither https nor on loopback');
  const endSessionEndpoint =
    members['end_session_endpoint'] === undefined ? null : textOf(members, 'end_session_endpoint');
  if (endSessionEndpoint !== null && !isBrowserAddress(new URL(endSessionEndpoint)))
    throw new Error('the end session endpoint is neither https nor on loopback');
  return { issuer, authorizationEndpoint, tokenEndpoint, jwksUri, endSessionEndpoint, text: JSON.stringify(members) };
}

/**
 * RSA keys for signatures, each with an id. Others are left out: they aren't an error, and not for us.
 *
 * @throws Error when it isn't a key set at all
 */
export function readSigningKeys(value: unknown): PublishedKey[] {
  const { keys } = objectOf(value, 'the key set');
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw new Error('the key set has no list of keys, or a huge one');
  const usable = keys.flatMap((entry: unknown): PublishedKey[] => {
    const { kty, use, kid, n, e } = objectOf(entry, 'a key of the key set');
    if (kty !== 'RSA' || (use !== undefined && use !== 'sig')) return [];
    if (typeof kid !== 'string' || typeof n !== 'string' || typeof e !== 'string' || n.length < MIN_MODULUS_LENGTH)
      return [];
    return [{ kid, jwk: { kty, n, e } }];
  });
  if (usable.length === 0) throw new Error('the key set has no usable signing key');
  return usable;
}

function isBrowserAddress({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function textOf(members: Record<string, unknown>, name: string): string {
  const value = members[name];
  if (typeof value !== 'string' || value === '') throw new Error(`the discovery document has no ${name}`);
  return value;
}
