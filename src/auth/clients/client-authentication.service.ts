import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sha256 } from '../../crypto/digest.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { isUuid } from '../../kernel/ids/ids.js';
import type { ServiceAccount, UsableCredential } from '../../users/service-account.types.js';
import { ServiceAccountsService } from '../../users/service-accounts.service.js';
import { OWN_CLIENT } from '../lifetimes.js';
import { oauthError } from '../oauth/oauth.errors.js';
import { RefusedCredentials } from '../refused-credentials.service.js';
import { signingCredential } from './client-assertion-keys.js';
import { ClientAssertions } from './client-assertions.service.js';
import { type ClientRequest, presentedClient } from './presented-client.js';

/** An OAuth client that proved who it is; `public`: this service's own sign-in, which has nothing to prove it by. */
export type OAuthClient =
  | { kind: 'public'; clientId: string }
  | { kind: 'service_account'; clientId: string; account: ServiceAccount; credentialId: string };

interface Candidate {
  account: ServiceAccount;
  credentials: UsableCredential[];
}

/** How many credentials an account may have at once; so many are compared, whoever asks. */
const COMPARED = 2;
const NOBODYS_SECRET = randomBytes(32);

/**
 * Which client is it? (RFC 6749 2.3.) Service accounts prove it by secret or signed assertion. An unknown client, a wrong or
 * expired credential and a disabled account get the same answer after the same work.
 */
@Injectable()
export class ClientAuthentication {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly assertions: ClientAssertions,
    private readonly refused: RefusedCredentials,
  ) {}

  /** @throws DomainError oauth.invalid_client, oauth.invalid_request; service.unavailable when nobody can say */
  async authenticate(request: ClientRequest): Promise<OAuthClient> {
    try {
      return await this.identify(request);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') this.refused.count(error.code);
      throw error;
    }
  }

  private async identify(request: ClientRequest): Promise<OAuthClient> {
    const presented = presentedClient(request);
    switch (presented.by) {
      case 'name':
        if (presented.clientId !== OWN_CLIENT) throw oauthError('oauth.invalid_client');
        return { kind: 'public', clientId: OWN_CLIENT };
      case 'secret':
        return this.bySecret(presented.clientId, presented.secret);
      case 'assertion':
        return this.byAssertion(presented.clientId, presented.assertion);
    }
  }

  private async bySecret(clientId: string, secret: string): Promise<OAuthClient> {
    const candidate = await this.find(clientId);
    return this.authenticated(candidate, matchingSecret(candidate?.credentials ?? [], sha256(secret)));
  }

  private async byAssertion(clientId: string | undefined, assertion: string): Promise<OAuthClient> {
    const read = this.assertions.read(assertion);
    // RFC 7521 4.2: where both are given they are the same.
    if (clientId !== undefined && clientId !== read.clientId) throw oauthError('oauth.invalid_client');
    const candidate = await this.find(read.clientId);
    const credentialId = signingCredential(read.jws, read.algorithm, candidate?.credentials ?? []);
    if (candidate !== null && credentialId !== null) await this.assertions.use(read);
    return this.authenticated(candidate, credentialId);
  }

  /** A client id is compared character by character: an id in capital letters is another one. */
  private async find(clientId: string): Promise<Candidate | null> {
    const candidate = isUuid(clientId) ? await this.accounts.forAuthentication(clientId) : null;
    return candidate?.account.id === clientId ? candidate : null;
  }

  private async authenticated(candidate: Candidate | null, credentialId: string | null): Promise<OAuthClient> {
    if (candidate === null || credentialId === null) throw oauthError('oauth.invalid_client');
    await this.accounts.noteCredentialUse(credentialId);
    const { account } = candidate;
    return { kind: 'service_account', clientId: account.id, account, credentialId };
  }
}

function matchingSecret(credentials: readonly UsableCredential[], presented: Buffer): string | null {
  const secrets = credentials.filter((credential) => credential.kind === 'secret');
  let matching: string | null = null;
  for (let place = 0; place < Math.max(COMPARED, secrets.length); place++) {
    const secret = secrets[place];
    const isEqual = timingSafeEqual(presented, secret?.secretHash ?? NOBODYS_SECRET);
    if (isEqual && secret !== undefined) matching = secret.id;
  }
  return matching;
}
