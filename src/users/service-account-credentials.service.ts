import { Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import type { JsonObject } from '../crypto/canonical-json.js';
import { randomToken, sha256 } from '../crypto/digest.js';
import { importPublicJwk, JwkRefused } from '../crypto/import-public-jwk.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import {
  type CredentialContent,
  type NewCredential,
  SCIM_TOKEN_PREFIX,
  type ServiceAccount,
  type ServiceAccountCredential,
} from './service-account.types.js';
import { ServiceAccountCredentialsRepository } from './service-account-credentials.repository.js';
import { credentialRecord } from './service-account-records.js';
import { ServiceAccountRules } from './service-account-rules.service.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { usersError } from './users.errors.js';

/** The old one and the new one, while a program changes over. */
const MAX_USABLE = 2;
/** By it, scanners of source code and logs find a secret that strayed. */
const PREFIX = { secret: 'bxs_', scim_token: SCIM_TOKEN_PREFIX };

/** By what service accounts prove themselves: secrets that are shown once, and public keys. */
@Injectable()
export class ServiceAccountCredentials {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: ServiceAccountsRepository,
    private readonly credentials: ServiceAccountCredentialsRepository,
    private readonly rules: ServiceAccountRules,
    private readonly audit: AuditService,
  ) {}

  /**
   * Those that nobody revoked, expired ones too.
   *
   * @throws DomainError users.service_account_not_found
   */
  list(accountId: string, limit: number, cursor?: string): Promise<Page<ServiceAccountCredential>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return this.transactions.read(async (tx) => {
      if ((await this.accounts.findById(tx, accountId)) === null) throw usersError('users.service_account_not_found');
      return pageOf(await this.credentials.findPage(tx, accountId, limit + 1, after), limit);
    });
  }

  /**
   * @returns also the secret, which is kept nowhere and never shown again; null for a public key
   * @throws DomainError users.service_account_not_found, rbac.no_way_up, users.too_many_credentials, users.invalid_public_key,
   *   users.bound_tokens_only
   */
  create(
    actor: Actor,
    accountId: string,
    { kind, publicJwk, expiresInDays }: NewCredential,
  ): Promise<{ account: ServiceAccount; credential: ServiceAccountCredential; secret: string | null }> {
    if (kind !== 'public_key' && publicJwk !== undefined) throw refusedKey('A secret has no public key.');
    const secret = kind === 'public_key' ? null : PREFIX[kind] + randomToken();
    const content: CredentialContent =
      secret === null || kind === 'public_key'
        ? { publicJwk: checkedJwk(publicJwk) }
        : { kind, secretHash: sha256(secret) };
    return this.transactions.run(async (tx) => {
      const account = await this.controlled(tx, actor, accountId);
      if (kind === 'scim_token' && account.dpopRequired) throw usersError('users.bound_tokens_only');
      if ((await this.credentials.countUsable(tx, accountId)) >= MAX_USABLE) {
        throw usersError('users.too_many_credentials', { detail: 'Revoke one of the two that stand first.' });
      }
      const credential = await this.credentials.insert(tx, accountId, content, expiresInDays);
      await this.audit.record(tx, actor, credentialRecord('users.credential.created', account, credential));
      return { account, credential, secret };
    });
  }

  /**
   * Ends a credential, and every token of the account with it: nobody knows which of them it brought.
   *
   * @throws DomainError users.service_account_not_found, users.credential_not_found, rbac.no_way_up
   */
  async revoke(actor: Actor, accountId: string, credentialId: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      const account = await this.controlled(tx, actor, accountId);
      const revoked = await this.credentials.revoke(tx, accountId, credentialId);
      if (revoked === null) throw usersError('users.credential_not_found');
      await this.accounts.raiseSecurityStamp(tx, accountId);
      await this.audit.record(tx, actor, credentialRecord('users.credential.revoked', account, revoked));
    });
  }

  /** The account, if the actor may act as it; locked, so that two requests at once count each other's credentials. */
  private async controlled(tx: Transaction, actor: Actor, accountId: string): Promise<ServiceAccount> {
    const seen = await this.accounts.findById(tx, accountId);
    if (seen === null) throw usersError('users.service_account_not_found');
    await this.rules.assertMayControl(tx, actor, accountId);
    return (await this.accounts.lock(tx, accountId)) ?? seen;
  }
}

/** What may be kept of a key that somebody sent: its public members, and the one algorithm if the key names one. */
function checkedJwk(value: unknown): JsonObject {
  try {
    const { jwk, algorithms } = importPublicJwk(value);
    const [algorithm = ''] = algorithms;
    return algorithms.length === 1 ? { ...jwk, alg: algorithm } : { ...jwk };
  } catch (error) {
    if (!(error instanceof JwkRefused)) throw error;
    throw refusedKey(error.message);
  }
}

function refusedKey(detail: string) {
  return usersError('users.invalid_public_key', {
    detail,
    errors: [{ pointer: '/publicJwk', code: 'publicJwk', detail }],
  });
}
