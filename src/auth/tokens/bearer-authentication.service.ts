import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { sha256 } from '../../crypto/digest.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import type { LiveEntry } from '../../database/live-cache.js';
import { EntraBearer } from '../../entra/entra-bearer.js';
import type { EntraClaims } from '../../entra/verify-entra-token.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { authError } from '../auth.errors.js';
import { type AccessTokenClaims, AccessTokens } from './access-tokens.service.js';
import { BearerCache } from './bearer-cache.js';
import { isScimToken, ScimTokens } from './scim-tokens.service.js';
import { type Standing, Standings } from './standings.service.js';
import { isOwnToken } from './token-type.js';

/** A token whose signature and claims were checked, with what it depends on. */
interface KnownToken {
  actor: CallerActor;
  /** Unix milliseconds of the database's clock; never later than the token's own end. */
  untilMs: number;
  standing: LiveEntry<Standing>;
  /** Null for tokens of Entra ID. */
  own: AccessTokenClaims | null;
}

/** A caller, and the key that its token is bound to. */
export interface AuthenticatedBearer {
  actor: CallerActor;
  dpopJkt: string | null;
}

/** Tokens kept; some 1.5 kB each, twice as many at most. */
const CAPACITY = 10_000;
/** A token of Entra is checked again after this, so that a key that Entra withdrew doesn't live on here. */
const ENTRA_KEPT_MS = 10 * 60_000;

/**
 * From a presented token to who acts. A signature is checked once: the token is then known by its exact text until it ends, and
 * each call asks memory whether session and account still stand. Tokens that are bound to a key are recognised here too, but
 * it is the guard that demands their proof.
 */
@Injectable()
export class BearerAuthentication implements OnModuleInit {
  private readonly tokens = new BearerCache<KnownToken>(CAPACITY);
  /** Of keys: what was begun under older ones isn't kept. */
  private generation = 0;

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly entraBearer: EntraBearer,
    private readonly standings: Standings,
    private readonly clock: DatabaseClock,
    private readonly keyRing: KeyRing,
    private readonly scimTokens: ScimTokens,
  ) {}

  onModuleInit(): void {
    // Keys change once a month, or because one leaked: then no signature that was checked before counts.
    this.keyRing.whenKeysChange(() => {
      this.generation += 1;
      this.tokens.clear();
    });
  }

  /**
   * Who it is, if memory can say so without any doubt; null means ask `authenticate`, not no. A token that is bound to a key is
   * never recognised here.
   *
   * @param authorization the whole header, as it came: that and nothing else is the key
   */
  recognise(authorization: string): CallerActor | null {
    const known = this.tokens.get(authorization);
    if (known === undefined || !this.standings.isCurrent(known.standing) || this.clock.nowMs() >= known.untilMs)
      return null;
    const { own } = known;
    if (own !== null && (own.dpopJkt !== null || this.standings.isKnownRevoked(own.jti))) return null;
    return known.actor;
  }

  /**
   * Checks the token, and asks the database where memory can't say.
   *
   * @param route template of the route that is called: a token for SCIM opens no other
   * @throws DomainError auth.token_invalid, auth.token_expired, auth.token_revoked, auth.session_ended, auth.account_unknown;
   *   entra.authority_unavailable and service.unavailable when it can't be checked now
   */
  async authenticate(token: string, route?: string): Promise<AuthenticatedBearer> {
    if (isScimToken(token)) return { actor: await this.scimTokens.authenticate(token, route), dpopJkt: null };
    const key = keyOf(token);
    const { generation } = this;
    const known = this.tokens.get(key);
    const checked = isOwnToken(token) ? await this.checkOwn(token, known?.own ?? null) : await this.checkEntras(token);
    if (generation === this.generation) this.tokens.set(key, checked);
    return { actor: checked.actor, dpopJkt: checked.own?.dpopJkt ?? null };
  }

  private async checkOwn(token: string, checkedBefore: AccessTokenClaims | null): Promise<KnownToken> {
    const own = checkedBefore ?? (await this.accessTokens.verify(token));
    const untilMs = own.expiresAt * 1000;
    if (this.clock.nowMs() >= untilMs) {
      this.tokens.delete(keyOf(token));
      throw authError('auth.token_expired');
    }
    await this.standings.assertNotRevoked(own.jti);
    const { subject } = own;
    if (subject.type === 'service_account') {
      const standing = await this.standings.serviceAccount(subject.serviceAccountId);
      const { serviceAccountId: id, displayName, tenantId, securityStamp } = standing.value;
      if (securityStamp !== subject.securityStamp) throw authError('auth.session_ended');
      const actor = { type: 'service_account' as const, id, displayName, tenantId, scopes: own.scopes };
      return { actor, untilMs, standing, own };
    }
    const standing = await this.standings.session(subject.sessionId);
    const session = standing.value;
    if (session.userId !== subject.userId || session.clientId !== own.clientId || session.dpopJkt !== own.dpopJkt) {
      throw authError('auth.token_invalid');
    }
    const { userId, displayName, tenantId, sessionId } = session;
    const scopes = narrowest(own.scopes, session.scopes);
    return { actor: { type: 'user', id: userId, displayName, tenantId, sessionId, scopes }, untilMs, standing, own };
  }

  private async checkEntras(token: string): Promise<KnownToken> {
    const claims = await this.entraClaims(token);
    const { entraTenantId, objectId } = claims;
    const standing =
      this.standings.recallAccount(entraTenantId, objectId) ?? (await this.standings.account(entraTenantId, objectId));
    const { userId, displayName, tenantId, notBeforeMs } = standing.value;
    // Whole seconds: a token of the very second in which the account was signed out is as old as the sign-out.
    if (claims.issuedAt.getTime() <= notBeforeMs) throw authError('auth.session_ended');
    const sessionId = entraSessionOf(claims);
    return {
      actor: { type: 'user', id: userId, displayName, tenantId, sessionId, scopes: null },
      untilMs: Math.min(claims.expiresAt.getTime(), this.clock.nowMs() + ENTRA_KEPT_MS),
      standing,
      own: null,
    };
  }

  private async entraClaims(token: string): Promise<EntraClaims> {
    try {
      return await this.entraBearer.verify(token);
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind !== 'unauthenticated') throw error;
      const { detail } = error;
      throw authError('auth.token_invalid', { ...(detail === undefined ? {} : { detail }), cause: error });
    }
  }
}

/** The Authorization header that brings it, written as RFC 6750 2.1 does. */
function keyOf(token: string): string {
  return `Bearer ${token}`;
}

function narrowest(
  token: readonly Permission[] | null,
  session: readonly Permission[] | null,
): readonly Permission[] | null {
  if (token === null || session === null) return token ?? session;
  return token.filter((permission) => session.includes(permission));
}

const MAX_REMEMBERED_SESSIONS = 1000;
const entraSessions = new Map<string, string>();

/** Entra's session in the form of ours (a name-based UUID, RFC 9562 5.8), so that records of one session can be found together. */
function entraSessionOf(claims: EntraClaims): string {
  const name = `entra|${claims.entraTenantId}|${claims.sessionId ?? claims.subject}`;
  const known = entraSessions.get(name);
  if (known !== undefined) return known;
  const digest = sha256(name).toString('hex');
  const id = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  if (entraSessions.size >= MAX_REMEMBERED_SESSIONS) entraSessions.clear();
  entraSessions.set(name, id);
  return id;
}
