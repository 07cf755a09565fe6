import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { type CompactJws, type JwsAlgorithm, parseCompactJws } from '../../crypto/compact-jws.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { endpointUrls } from '../oauth/endpoint-urls.js';
import { oauthError } from '../oauth/oauth.errors.js';
import { isProofId, UsedProofs } from '../used-proofs.repository.js';

/** An assertion whose claims are right and whose signature nobody has checked yet. */
export interface ReadAssertion {
  clientId: string;
  jti: string;
  /** Unix seconds. */
  expiresAt: number;
  algorithm: JwsAlgorithm;
  jws: CompactJws;
}

/** Signatures that an assertion may have; for the metadata (RFC 8414 2). */
export const ASSERTION_ALGORITHMS: readonly JwsAlgorithm[] = ['ES256', 'RS256', 'PS256'];
/** `typ` of an assertion where it says one: a token that was made for something else is none. */
const ASSERTION_TYPES: readonly unknown[] = [undefined, 'JWT', 'jwt', 'client-authentication+jwt'];
const MAX_LIFETIME_SECONDS = 300;
const SKEW_SECONDS = 30;

/** Assertions by which a client proves who it is: `private_key_jwt` (RFC 7523 3, RFC 9700 2.5). */
@Injectable()
export class ClientAssertions {
  /** The only two names that this server has as an audience. */
  private readonly audiences: readonly unknown[];

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly usedProofs: UsedProofs,
    private readonly clock: DatabaseClock,
    settings: Settings,
  ) {
    const { issuer, token } = endpointUrls(settings);
    this.audiences = [issuer, token];
  }

  /**
   * Reads an assertion and checks all that needs no key.
   *
   * @throws DomainError oauth.invalid_client
   */
  read(assertion: string): ReadAssertion {
    const jws = parseCompactJws(assertion);
    if (jws === null) throw refused('it is not a signed JWT');
    const { header, payload } = jws;
    if (!ASSERTION_TYPES.includes(header['typ'])) throw refused('its typ is that of another kind of token');
    const algorithm = ASSERTION_ALGORITHMS.find((each) => each === header['alg']);
    if (algorithm === undefined) throw refused('alg must be ES256, RS256 or PS256');
    const { iss, sub, aud, exp, iat, nbf, jti } = payload;
    if (typeof sub !== 'string' || iss !== sub) throw refused('iss and sub must both be the client id');
    // A list of audiences would be good at another server too, which could then pass for this client here.
    if (!this.audiences.includes(Array.isArray(aud) && aud.length === 1 ? aud[0] : aud)) {
      throw refused('aud must be this issuer, or this token endpoint, and nothing else');
    }
    const now = this.clock.nowMs() / 1000;
    if (typeof exp !== 'number' || exp <= now) throw refused('exp is missing or past');
    if (exp > now + MAX_LIFETIME_SECONDS + SKEW_SECONDS) throw refused('exp is more than 5 minutes ahead');
    for (const [name, time] of Object.entries({ iat, nbf })) {
      if (time !== undefined && (typeof time !== 'number' || time > now + SKEW_SECONDS)) {
        throw refused(`${name} lies in the future`);
      }
    }
    if (!isProofId(jti)) throw refused('jti must be text of 1 to 256 characters');
    return { clientId: sub, jti, expiresAt: exp, algorithm, jws };
  }

  /**
   * Uses the assertion up, over all instances. To be called when its signature was found right: a stranger can use up nothing.
   *
   * @throws DomainError oauth.invalid_client when it was used before; service.unavailable when that can't be recorded
   */
  async use({ clientId, jti, expiresAt }: ReadAssertion): Promise<void> {
    const taken = await this.transactions.read((tx) =>
      this.usedProofs.take(tx, 'client-assertion', clientId, jti, expiresAt),
    );
    if (!taken) throw refused('it was used before');
  }
}

/** @param reason names the claim and never its value: the texts of RFC 6749 5.2 are ASCII */
function refused(reason: string): DomainError {
  return oauthError('oauth.invalid_client', { detail: `The client assertion is refused: ${reason}.` });
}
