import { Injectable } from '@nestjs/common';
import { type CompactJws, isSignedBy, type JwsAlgorithm, parseCompactJws } from '../../crypto/compact-jws.js';
import { sha256 } from '../../crypto/digest.js';
import { type ImportedJwk, importPublicJwk, JwkRefused } from '../../crypto/import-public-jwk.js';
import { DatabaseClock } from '../../database/database-clock.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import type { DomainError } from '../../kernel/errors/domain-error.js';
import { oauthError } from '../oauth/oauth.errors.js';
import { isProofId, UsedProofs } from '../used-proofs.repository.js';
import { isSameTarget } from './same-target.js';

/** What a DPoP proof is checked against. */
export interface DpopPresentation {
  /** The `DPoP` header as it came. Several of them, also joined to one by commas, are refused. */
  proof: string | readonly string[] | undefined;
  /** Of the request: `POST`. */
  method: string;
  /** Of the request as the client sees it: PUBLIC_URL and path. */
  url: string;
  /** The access token that is presented with the proof, where there is one. */
  accessToken?: string;
}

/** `typ` of a proof (RFC 9449 4.2): no other JWT can be taken for one. */
const PROOF_TYPE = 'dpop+jwt';
/** Signatures that a proof may have; for the metadata (RFC 9449 5.1). */
export const DPOP_ALGORITHMS: readonly JwsAlgorithm[] = ['ES256', 'RS256', 'PS256'];
/** A proof holds so long from its `iat`; so much may the sender's clock be ahead. */
const PROOF_SECONDS = 60;
const AHEAD_SECONDS = 10;

/** Proofs that the sender holds a key (RFC 9449): each is good for one request of a minute, over all instances. */
@Injectable()
export class DpopProofs {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly usedProofs: UsedProofs,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Checks a proof (RFC 9449 4.3) and uses it up.
   *
   * @returns the thumbprint of the sender's key (RFC 7638), to be compared with what a token is bound to
   * @throws DomainError oauth.invalid_dpop_proof; service.unavailable when its one use can't be recorded
   */
  async verify({ proof, method, url, accessToken }: DpopPresentation): Promise<string> {
    const jws = typeof proof === 'string' ? parseCompactJws(proof) : null;
    if (jws === null) throw refused('there must be exactly one DPoP header with a signed JWT');
    const jti = this.readClaims(jws, method, url);
    if (accessToken !== undefined && jws.payload['ath'] !== sha256(accessToken).toString('base64url')) {
      throw refused('ath is not the hash of the access token');
    }
    const { thumbprint } = signerOf(jws);
    const until = Number(jws.payload['iat']) + PROOF_SECONDS;
    const taken = await this.transactions.read((tx) => this.usedProofs.take(tx, 'dpop', thumbprint, jti, until));
    if (!taken) throw refused('it was used before');
    return thumbprint;
  }

  /** @returns the `jti` */
  private readClaims({ header, payload }: CompactJws, method: string, url: string): string {
    if (header['typ'] !== PROOF_TYPE) throw refused('typ is not dpop+jwt');
    const { htm, htu, iat, exp, nbf, jti } = payload;
    if (htm !== method) throw refused('htm is not the method of the request');
    if (typeof htu !== 'string' || !isSameTarget(htu, url)) throw refused('htu is not the address of the request');
    const now = this.clock.nowMs() / 1000;
    if (typeof iat !== 'number') throw refused('iat is missing');
    if (iat < now - PROOF_SECONDS) throw refused('iat is too long ago');
    if (iat > now + AHEAD_SECONDS) throw refused('iat lies in the future');
    if (exp !== undefined && (typeof exp !== 'number' || exp <= now)) throw refused('exp is past');
    if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + AHEAD_SECONDS))
      throw refused('nbf lies in the future');
    if (!isProofId(jti)) throw refused('jti must be text of 1 to 256 characters');
    return jti;
  }
}

function signerOf(jws: CompactJws): ImportedJwk {
  const key = senderKey(jws.header['jwk']);
  const algorithm = DPOP_ALGORITHMS.find((each) => each === jws.header['alg'] && key.algorithms.includes(each));
  if (algorithm === undefined) throw refused('alg must be ES256, RS256 or PS256, and fit the key');
  if (!isSignedBy(jws, algorithm, key.key)) throw refused('the signature is wrong');
  return key;
}

function senderKey(jwk: unknown): ImportedJwk {
  try {
    return importPublicJwk(jwk);
  } catch (error) {
    if (error instanceof JwkRefused) throw refused(`its jwk is no key for proofs, ${error.message}`);
    throw error;
  }
}

/** @param reason names the claim and never its value: the texts of RFC 6749 5.2 are ASCII */
function refused(reason: string): DomainError {
  return oauthError('oauth.invalid_dpop_proof', { detail: `The DPoP proof is refused: ${reason}.` });
}
