import { createHash, createHmac, type KeyObject, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import type { TokenFlaw } from '../faults/fault-registry.js';
import { isJsonObject, type Json, type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { halfHash } from './half-hash.js';
import { loginHintOf } from './login-hint.js';
import { makeSigningKey, type SigningKeys } from './signing-keys.js';
import { flawedClaims } from './token-flaws.js';

export const GRAPH_AUDIENCE = 'https://graph.microsoft.com';
const LIFETIME_SECONDS = 3599;
const LOGOUT_LIFETIME_SECONDS = 120;
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export const TOKEN_KINDS = ['id', 'api', 'graph', 'logout'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** A token to be made for a test or a person; claims given as undefined are left out. */
export interface TokenPlan {
  /**
   * `id`: OpenID Connect id token. `api`: access token for the registered application. `graph`: for Microsoft Graph.
   * `logout`: logout token (OpenID Connect Back-Channel Logout 1.0), with `sub` of the person, `sid`, or both.
   */
  kind: TokenKind;
  /** Object id of the person; without one the token is the application's own, or a logout token about a session only. */
  objectId?: string;
  /** The application that asks; default: the registered one. */
  clientId?: string;
  nonce?: string;
  sid?: string;
  scope?: string;
  /** id: what `at_hash` is made of; without it the claim is left out. */
  accessToken?: string;
  /** id: what `c_hash` is made of; without it the claim is left out. */
  code?: string;
  claims?: Record<string, Json | undefined>;
  header?: Record<string, Json | undefined>;
  flaw?: TokenFlaw;
}

/** Makes and checks the tenant's JSON Web Tokens (RFC 7519) with the claims that Entra puts into them. */
export class TokenIssuer {
  private readonly foreignKey = makeSigningKey();

  constructor(
    private readonly state: () => TenantState,
    readonly keys: SigningKeys,
    private readonly clientId: string,
    private readonly issuer: () => string,
  ) {}

  mint(plan: TokenPlan): string {
    const claims = { ...this.claimsOf(plan), ...flawedClaims(plan.flaw, this.nowSeconds()), ...plan.claims };
    return this.encode(claims, { typ: plan.kind === 'logout' ? 'logout+jwt' : 'JWT', ...plan.header }, plan.flaw);
  }

  /** The claims of a token that this tenant signed, or a sentence about what is wrong with it. */
  verify(token: string): JsonObject | string {
    const [head, payload, signature, ...rest] = token.split('.');
    const header = decode(head);
    const claims = decode(payload);
    if (!header || !claims || !signature || rest.length > 0) return 'CompactToken parsing failed.';
    const key = header['alg'] === 'RS256' ? this.keys.find(textOf(header, 'kid')) : undefined;
    if (
      !key ||
      !verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), key.publicKey, Buffer.from(signature, 'base64url'))
    ) {
      return 'Access token validation failure. Signature is not valid.';
    }
    const now = this.nowSeconds();
    if (Number(claims['exp']) <= now) return 'Lifetime validation failed, the token is expired.';
    if (Number(claims['nbf']) > now + 300) return 'Lifetime validation failed, the token is not yet valid.';
    return claims;
  }

  /** Entra's pairwise subject: the same person has another one at each application. */
  subjectOf(objectId: string, clientId: string): string {
    return createHash('sha256').update(`${this.state().tenantId}|${clientId}|${objectId}`).digest('base64url');
  }

  private claimsOf(plan: TokenPlan): Record<string, Json | undefined> {
    const now = this.nowSeconds();
    const clientId = plan.clientId ?? this.clientId;
    const user = plan.objectId ? this.state().collections.users.get(plan.objectId) : undefined;
    if (plan.objectId && !user) throw new Error(`The demo tenant has no user ${plan.objectId}.`);
    if (plan.kind === 'logout') return this.logoutClaims(plan, clientId, now);
    const times = { iat: now, nbf: now, exp: now + LIFETIME_SECONDS };
    const common = {
      ...times,
      tid: this.state().tenantId,
      uti: randomBytes(16).toString('base64url'),
      rh: '1.demo',
      aio: randomBytes(24).toString('base64url'),
    };
    const person = user && {
      name: textOf(user, 'displayName'),
      oid: plan.objectId,
      sub: this.subjectOf(plan.objectId ?? '', clientId),
      sid: plan.sid ?? this.subjectOf(plan.objectId ?? '', 'session').slice(0, 36),
      preferred_username: textOf(user, 'userPrincipalName'),
    };
    const application = this.applicationClaims(clientId);
    if (plan.kind === 'id')
      return {
        ...common,
        aud: clientId,
        iss: this.issuer(),
        ...person,
        ...(plan.objectId ? { login_hint: loginHintOf(plan.objectId) } : {}),
        nonce: plan.nonce,
        ...(plan.accessToken ? { at_hash: halfHash(plan.accessToken) } : {}),
        ...(plan.code ? { c_hash: halfHash(plan.code) } : {}),
        ver: '2.0',
      };
    if (plan.kind === 'api') {
      const about = person ? { ...person, scp: plan.scope ?? 'access_as_user' } : { ...application, roles: [] };
      return { ...common, aud: this.clientId, iss: this.issuer(), azp: clientId, azpacr: '1', ...about, ver: '2.0' };
    }
    const about = person
      ? { ...person, upn: person.preferred_username, scp: plan.scope ?? 'openid profile User.Read', idtyp: 'user' }
      : { ...application, idtyp: 'app' };
    return {
      ...common,
      aud: GRAPH_AUDIENCE,
      iss: `https://sts.windows.net/${this.state().tenantId}/`,
      appid: clientId,
      appidacr: '1',
      ...about,
      ver: '1.0',
    };
  }

  /** Back-Channel Logout 1.0, 2.4: about a person, a session or both, and never with a nonce. */
  private logoutClaims(plan: TokenPlan, clientId: string, now: number): JsonObject {
    if (!plan.objectId && !plan.sid) throw new Error('A logout token needs an objectId, a sid, or both.');
    return {
      iss: this.issuer(),
      aud: clientId,
      iat: now,
      exp: now + LOGOUT_LIFETIME_SECONDS,
      jti: randomUUID(),
      tid: this.state().tenantId,
      ...(plan.objectId ? { sub: this.subjectOf(plan.objectId, clientId) } : {}),
      ...(plan.sid ? { sid: plan.sid } : {}),
      events: { [LOGOUT_EVENT]: {} },
    };
  }

  /** An application's own token carries the app roles that its service principal holds on Microsoft Graph now. */
  private applicationClaims(clientId: string): JsonObject {
    const { servicePrincipals, appRoleAssignments } = this.state().collections;
    const [sp] = servicePrincipals.where('appId', clientId);
    const [graph] = servicePrincipals.where('appId', '00000003-0000-0000-c000-000000000000');
    const names = new Map(
      (Array.isArray(graph?.['appRoles']) ? graph['appRoles'] : [])
        .filter(isJsonObject)
        .map((role) => [role['id'], textOf(role, 'value')]),
    );
    const held = appRoleAssignments
      .where('principalId', textOf(sp ?? {}, 'id'))
      .filter((row) => row['resourceId'] === graph?.['id']);
    const id = textOf(sp ?? {}, 'id') || clientId;
    return { oid: id, sub: id, roles: held.flatMap((row) => names.get(row['appRoleId'] ?? null) ?? []) };
  }

  private encode(
    claims: Record<string, Json | undefined>,
    header: Record<string, Json | undefined>,
    flaw: TokenFlaw | undefined,
  ): string {
    const key = flaw === 'unknownKey' ? this.foreignKey : this.keys.current;
    const algorithm = flaw === 'algNone' ? 'none' : flaw === 'hs256' ? 'HS256' : 'RS256';
    const kid = flaw === 'missingKid' ? undefined : key.kid;
    const text = `${part({ alg: algorithm, kid, ...header })}.${part(claims)}`;
    return `${text}.${signatureOf(text, algorithm, flaw === 'badSignature' ? this.foreignKey.privateKey : key.privateKey, key.publicKey)}`;
  }

  private nowSeconds(): number {
    return Math.floor(this.state().now().getTime() / 1000);
  }
}

/** `HS256` is signed with the public key as its secret: the classic confusion of algorithms (RFC 8725 2.1). */
function signatureOf(text: string, algorithm: string, privateKey: KeyObject, publicKey: KeyObject): string {
  if (algorithm === 'none') return '';
  if (algorithm === 'HS256')
    return createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }))
      .update(text)
      .digest('base64url');
  return sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url');
}

function part(content: Record<string, Json | undefined>): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function decode(part: string | undefined): JsonObject | undefined {
  try {
    const parsed: Json = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
