import { Inject, Injectable } from '@nestjs/common';
import type { Actor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { isUuid } from '../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../kernel/paging/cursor.js';
import { LOGGER, type Logger } from '../observability/logger.js';
import type { ServiceAccount, ServiceAccountFilter, UsableCredential } from './service-account.types.js';
import { ServiceAccountCredentialsRepository } from './service-account-credentials.repository.js';
import { accountRecord } from './service-account-records.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { usersError } from './users.errors.js';

/** Programs with accounts of their own: which there are, by what they prove themselves, and their end with their owner. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly accounts: ServiceAccountsRepository,
    private readonly credentials: ServiceAccountCredentialsRepository,
    private readonly audit: AuditService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async list(filter: ServiceAccountFilter, limit: number, cursor?: string): Promise<Page<ServiceAccount>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.accounts.findPage(tx, filter, limit + 1, after)), limit);
  }

  /** @throws DomainError users.service_account_not_found */
  async get(id: string): Promise<ServiceAccount> {
    const account = await this.transactions.read((tx) => this.accounts.findById(tx, id));
    if (account === null) throw usersError('users.service_account_not_found');
    return account;
  }

  find(tx: Transaction, id: string): Promise<ServiceAccount | null> {
    return this.accounts.findById(tx, id);
  }

  /**
   * What a program that claims this client id has to be compared with: the credentials that stand, by the database's clock. None
   * of an account that is disabled, nor of one whose owner is, or whose tenant may not sign in.
   *
   * @param id whatever the program said
   */
  async forAuthentication(id: string): Promise<{ account: ServiceAccount; credentials: UsableCredential[] } | null> {
    return isUuid(id) ? this.transactions.read((tx) => this.credentials.findStanding(tx, id)) : null;
  }

  /** Notes, to the minute, that the credential was used. Never fails its caller: a note is worth no refused program. */
  async noteCredentialUse(credentialId: string): Promise<void> {
    try {
      await this.transactions.read((tx) => this.credentials.noteUse(tx, credentialId));
    } catch (error) {
      this.logger.warn({ err: error, credentialId }, 'the use of a credential was not noted');
    }
  }

  /**
   * Disables every active service account of an owner who ends, and with it whatever was issued to them. They come back one by
   * one and by somebody's decision, never with their owner.
   *
   * @param userId users.id
   * @param reason for the audit trail, e.g. `owner_disabled`
   * @returns how many there were
   */
  async disableOfOwner(tx: Transaction, actor: Actor, userId: string, reason: string): Promise<number> {
    const before = await this.accounts.lockActiveOfOwner(tx, userId);
    for (const account of before) {
      const after = await this.accounts.update(tx, account, { status: 'disabled' }, true);
      await this.audit.record(tx, actor, accountRecord(account, after, reason));
    }
    return before.length;
  }
}
