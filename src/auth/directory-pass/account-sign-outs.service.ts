import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Counter } from 'prom-client';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { METRIC } from '../../observability/metrics.js';
import { ServiceAccountsService } from '../../users/service-accounts.service.js';
import { UsersService } from '../../users/users.service.js';
import { AUTH_ACTIONS } from '../auth.events.js';
import type { EntraLoss } from '../auth.types.js';
import { SessionsService } from '../sessions/sessions.service.js';
import type { WatchedPerson } from './directory-pass.repository.js';

/** What became of a person at Entra ID. */
export interface PersonLoss {
  person: WatchedPerson;
  reason: EntraLoss;
  /** Sessions that began before this moment end. */
  sessionsBefore: Date;
  /** Tokens of Entra ID that were issued at or before this moment are refused. */
  tokensUntil: Date;
}

/** Takes from a person here what Entra ID took from them there, all in the caller's transaction. */
@Injectable()
export class AccountSignOuts {
  constructor(
    private readonly users: UsersService,
    private readonly serviceAccounts: ServiceAccountsService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    @InjectMetric(METRIC.directoryPassEnds) private readonly ended: Counter,
  ) {}

  /** @returns false when there was nothing left to take, and then nothing is recorded */
  async apply(tx: Transaction, actor: Actor, loss: PersonLoss): Promise<boolean> {
    const { person, reason, sessionsBefore, tokensUntil } = loss;
    const isNews = await this.users.recordEntraValidFrom(tx, person.id, tokensUntil);
    const sessions = await this.sessions.endBegunBefore(tx, actor, person, sessionsBefore, reason);
    // Signing out everywhere is of one's own sessions; programs are ended with people who are gone.
    const programs =
      reason === 'entra_sessions_revoked' ? 0 : await this.serviceAccounts.disableOfOwner(tx, actor, person.id, reason);
    if (!isNews && sessions === 0 && programs === 0) return false;
    await this.audit.record(tx, actor, {
      action: AUTH_ACTIONS['auth.account.signed-out'],
      tenantId: person.tenantId,
      target: { type: 'user', id: person.id, displayName: person.displayName },
      outcome: 'success',
      reason,
      after: { sessions, serviceAccounts: programs, entraValidFrom: tokensUntil.toISOString() },
    });
    this.ended.inc({ reason });
    return true;
  }
}
