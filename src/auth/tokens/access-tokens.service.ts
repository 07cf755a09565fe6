import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Permission } from '../../access/permissions.js';
import { Settings } from '../../config/settings.js';
import { type CompactJws, isSignedBy, parseCompactJws } from '../../crypto/compact-jws.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { isUuid, newId } from '../../kernel/ids/ids.js';
import { authError } from '../auth.errors.js';
import { LIFETIME } from '../lifetimes.js';
import { publicAddress } from '../public-address.js';
import { formatScope, parseScope } from './token-scope.js';
import { OWN_TOKEN_TYPE } from './token-type.js';

/** Who an access token speaks for. */
export type TokenSubject =
  /** users.id and user_sessions.id */
  | { type: 'user'; userId: string; sessionId: string }
  /** service_accounts.id and the security stamp that it had when the token was issued */
  | { type: 'service_account'; serviceAccountId: string; securityStamp: number };

export interface AccessTokenPlan {
  subject: TokenSubject;
  /** OAuth client id: this service's own sign-in or a service account's id. */
  clientId: string;
  /** Null: everything that the account may do. */
  scopes: readonly Permission[] | null;
  /** Thumbprint of the sender's key (RFC 9449 6.1); null for a bearer token. */
  dpopJkt: string | null;
  /** Never longer than this many seconds, nor than ten minutes. */
  atMostSeconds?: number;
}

export interface AccessTokenClaims extends Omit<AccessTokenPlan, 'atMostSeconds'> {
  jti: string;
  /** Unix seconds. */
  issuedAt: number;
  expiresAt: number;
}

export interface IssuedAccessToken {
  token: string;
  expiresInSeconds: number;
}

/** Between the clocks of two instances, which both follow the database's. */
const SKEW_SECONDS = 30;
/** RFC 7638: SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/** Signs and checks our own access tokens: JWTs of RFC 9068, ES256, ten minutes by the database's clock. */
@Injectable()
export class AccessTokens {
  private readonly issuer: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly keyRing: KeyRing,
    private readonly clock: DatabaseClock,
    settings: Settings,
  ) {
    this.issuer = publicAddress(settings).url;
  }

  async issue({ subject, clientId, scopes, dpopJkt, atMostSeconds }: AccessTokenPlan): Promise<IssuedAccessToken> {
    const { kid, algorithm, privateKey } = await this.keyRing.signingKey();
    const issuedAt = this.clock.nowSeconds();
    const lifetime = Math.max(1, Math.min(LIFETIME.accessTokenSeconds, Math.floor(atMostSeconds ?? Infinity)));
    // Not signAsync: it goes through streams, and signing takes microseconds.
    const token = this.jwt.sign(
      {
        iss: this.issuer,
        aud: this.issuer,
        sub: subject.type === 'user' ? subject.userId : subject.serviceAccountId,
        ...(subject.type === 'user' ? { sid: subject.sessionId } : { stamp: subject.securityStamp }),
        client_id: clientId,
        iat: issuedAt,
        exp: issuedAt + lifetime,
        jti: newId(),
        ...(scopes === null ? {} : { scope: formatScope(scopes) }),
        ...(dpopJkt === null ? {} : { cnf: { jkt: dpopJkt } }),
      },
      { privateKey, algorithm, header: { alg: algorithm, typ: OWN_TOKEN_TYPE, kid } },
    );
    return { token, expiresInSeconds: lifetime };
  }

  /**
   * Checks signature, type, issuer, audience and times. Says nothing of session and account: that is for its callers.
   *
   * @throws DomainError auth.token_invalid, auth.token_expired
   */
  async verify(token: string): Promise<AccessTokenClaims> {
    const jws = parseCompactJws(token);
    if (jws === null || jws.header['typ'] !== OWN_TOKEN_TYPE || !(await this.isSigned(jws)))
      throw authError('auth.token_invalid');
    const { iss, aud, sub, jti, exp, iat, client_id: clientId, scope, cnf } = jws.payload;
    const namesUs = iss === this.issuer && aud === this.issuer;
    const scopes = scope === undefined ? null : typeof scope === 'string' ? parseScope(scope) : undefined;
    const dpopJkt = jktOf(cnf);
    if (
      !namesUs ||
      !isUuid(sub) ||
      !isUuid(jti) ||
      typeof clientId !== 'string' ||
      typeof exp !== 'number' ||
      typeof iat !== 'number' ||
      scopes === undefined ||
      dpopJkt === undefined
    ) {
      throw authError('auth.token_invalid');
    }
    // Whoever signs with a key of ours that leaked doesn't choose how long that is good for.
    const lifetime = exp - iat;
    if (lifetime > LIFETIME.accessTokenSeconds || iat > this.clock.nowSeconds() + SKEW_SECONDS)
      throw authError('auth.token_invalid');
    if (exp * 1000 <= this.clock.nowMs()) throw authError('auth.token_expired');
    return { subject: subjectOf(sub, clientId, jws), clientId, scopes, dpopJkt, jti, issuedAt: iat, expiresAt: exp };
  }

  private async isSigned(jws: CompactJws): Promise<boolean> {
    const { kid } = jws.header;
    if (typeof kid !== 'string') return false;
    const key = await this.keyRing.verificationKey(kid);
    return key !== null && isSignedBy(jws, 'ES256', key.publicKey);
  }
}

function subjectOf(sub: string, clientId: string, { payload: { sid, stamp } }: CompactJws): TokenSubject {
  if (isUuid(sid) && stamp === undefined) return { type: 'user', userId: sub, sessionId: sid };
  if (sid === undefined && typeof stamp === 'number' && clientId === sub) {
    return { type: 'service_account', serviceAccountId: sub, securityStamp: stamp };
  }
  throw authError('auth.token_invalid');
}

/** Undefined when there is a confirmation that isn't a key thumbprint: a bound token must never pass for an unbound one. */
function jktOf(cnf: unknown): string | null | undefined {
  if (cnf === undefined) return null;
  const jkt = cnf !== null && typeof cnf === 'object' && 'jkt' in cnf ? cnf.jkt : undefined;
  return typeof jkt === 'string' && THUMBPRINT.test(jkt) ? jkt : undefined;
}
