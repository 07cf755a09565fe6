import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { AccessTokenClaims } from '../tokens/access-tokens.service.js';
import { StandingsRepository } from '../tokens/standings.repository.js';

/** The end of one access token alone: what a program has, and what a client gives back of what was issued to it. */
@Injectable()
export class TokenRevocations {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly standings: StandingsRepository,
    private readonly audit: AuditService,
  ) {}

  /**
   * @param actor who revokes
   * @param subject whom the token speaks for
   * @throws DomainError service.unavailable, and then the token is as good as before
   */
  async revoke(
    actor: CallerActor,
    { jti, expiresAt, clientId }: AccessTokenClaims,
    subject: CallerActor,
  ): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.standings.revoke(tx, jti, expiresAt);
      await this.standings.deleteExpired(tx);
      await this.audit.record(tx, actor, {
        action: AUTH_ACTIONS['auth.token.revoked'],
        tenantId: subject.tenantId,
        target: { type: 'access-token', id: jti },
        outcome: 'success',
        before: { subjectType: subject.type, subjectId: subject.id, clientId },
      });
    });
  }
}
