import { Injectable } from '@nestjs/common';
import type { ServiceAccountActor } from '../../access/actor.js';
import { sha256 } from '../../crypto/digest.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { rateLimited } from '../../limits/rate-limited.js';
import { RateLimits } from '../../limits/rate-limits.service.js';
import { SCIM_TOKEN_PREFIX } from '../../users/service-account.types.js';
import { ServiceAccountsService } from '../../users/service-accounts.service.js';
import { authError } from '../auth.errors.js';
import { ScimTokensRepository } from './scim-tokens.repository.js';

/** Templates of the routes that such a token opens, and no others. */
const SCIM_ROUTE = /^\/scim\/v2\//;

/** Whether the text claims to be a token for SCIM. Nothing is checked yet. */
export function isScimToken(token: string): boolean {
  return token.startsWith(SCIM_TOKEN_PREFIX);
}

/**
 * Tokens that live for months, because provisioning services can hold nothing else. They are asked for in the database each
 * time, so that their end is felt at once. They open SCIM alone, and there act with all that their service account holds: whoever
 * puts people into groups that hold roles must hold these.
 */
@Injectable()
export class ScimTokens {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly tokens: ScimTokensRepository,
    private readonly accounts: ServiceAccountsService,
    private readonly limits: RateLimits,
  ) {}

  /**
   * @param route template of the route that is called
   * @throws DomainError auth.token_invalid; request.rate_limited after too many of them from one address
   */
  async authenticate(token: string, route: string | undefined): Promise<ServiceAccountActor> {
    if (route === undefined || !SCIM_ROUTE.test(route)) throw authError('auth.token_invalid');
    const waitMs = this.limits.wait('failures');
    if (waitMs > 0) throw rateLimited('failures', waitMs);
    const standing = await this.transactions.read((tx) => this.tokens.findStanding(tx, sha256(token)));
    if (standing === null) {
      this.limits.noteFailure();
      throw authError('auth.token_invalid');
    }
    await this.accounts.noteCredentialUse(standing.credentialId);
    const { serviceAccountId: id, displayName, tenantId } = standing;
    return { type: 'service_account', id, displayName, tenantId, scopes: null };
  }
}
