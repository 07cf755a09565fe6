import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../config/settings.js';
import { type CompactJws, isSignedBy, parseCompactJws } from '../crypto/compact-jws.js';
import { KeyRing } from '../crypto/key-ring.js';
import { isUuid, newId } from '../kernel/ids/ids.js';
import { authError } from './auth.errors.js';
import { LIFETIME, OWN_CLIENT } from './lifetimes.js';
import { publicAddress } from './public-address.js';

export interface AccessTokenClaims {
  /** users.id */
  userId: string;
  /** user_sessions.id */
  sessionId: string;
}

/** `typ` of our access tokens (RFC 9068 2.1): no other JWT can be taken for one. */
const TOKEN_TYPE = 'at+jwt';

/** Signs and checks our own access tokens: JWTs of RFC 9068, ES256, ten minutes. */
@Injectable()
export class AccessTokens {
  private readonly issuer: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly keyRing: KeyRing,
    settings: Settings,
  ) {
    this.issuer = publicAddress(settings).url;
  }

  async issue({ userId, sessionId }: AccessTokenClaims): Promise<string> {
    const { kid, algorithm, privateKey } = await this.keyRing.signingKey();
    return this.jwt.signAsync(
      { sid: sessionId, client_id: OWN_CLIENT },
      {
        privateKey,
        algorithm,
        header: { alg: algorithm, typ: TOKEN_TYPE, kid },
        issuer: this.issuer,
        audience: this.issuer,
        subject: userId,
        jwtid: newId(),
        expiresIn: LIFETIME.accessTokenSeconds,
      },
    );
  }

  /** Whether the token claims to be one of ours; nothing is checked yet. */
  isOwn(token: string): boolean {
    return parseCompactJws(token)?.header['typ'] === TOKEN_TYPE;
  }

  /**
   * Checks signature, type, issuer, audience and times. Says nothing of the session: that is for its callers.
   *
   * @throws DomainError auth.token_invalid, auth.token_expired
   */
  async verify(token: string): Promise<AccessTokenClaims> {
    const jws = parseCompactJws(token);
    if (jws === null || jws.header['typ'] !== TOKEN_TYPE || !(await this.isSigned(jws)))
      throw authError('auth.token_invalid');
    const { iss, aud, sub, sid, jti, exp, iat, client_id: client } = jws.payload;
    const namesUs = iss === this.issuer && aud === this.issuer && client === OWN_CLIENT;
    if (
      !namesUs ||
      !isUuid(sub) ||
      !isUuid(sid) ||
      !isUuid(jti) ||
      typeof exp !== 'number' ||
      typeof iat !== 'number'
    ) {
      throw authError('auth.token_invalid');
    }
    if (exp * 1000 <= Date.now()) throw authError('auth.token_expired');
    return { userId: sub, sessionId: sid };
  }

  private async isSigned(jws: CompactJws): Promise<boolean> {
    const key = (await this.keyRing.verificationKeys()).find(({ kid }) => kid === jws.header['kid']);
    return key !== undefined && isSignedBy(jws, 'ES256', key.publicKey);
  }
}
