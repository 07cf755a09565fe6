import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { RoleFacts, SubjectFacts } from './access-facts.js';
import { AccessFactsRepository } from './access-facts.repository.js';
import { AccessHistoryRepository } from './access-history.repository.js';
import { explainError } from './explain.errors.js';

/** The facts on one subject at one moment. */
export interface FactsOfMoment {
  revision: number;
  /** Unix milliseconds. */
  nowMs: number;
  /** Null for a subject that there isn't or wasn't. */
  subject: SubjectFacts | null;
  roles: ReadonlyMap<string, RoleFacts>;
  /** Those of the asked permissions that exist or existed. */
  permissions: ReadonlySet<string>;
}

/** The facts of now, or of a past time. */
@Injectable()
export class PastFacts {
  constructor(
    private readonly facts: AccessFactsRepository,
    private readonly history: AccessHistoryRepository,
  ) {}

  /**
   * @param subjectId users.id or service_accounts.id
   * @param at null for now, by the database's clock
   * @throws DomainError rbac.before_history, rbac.as_of_future
   */
  async load(
    tx: Transaction,
    subjectId: string,
    permissions: readonly string[],
    at: Date | null,
  ): Promise<FactsOfMoment> {
    if (at === null) {
      const loaded = await this.facts.loadForDecision(tx, [subjectId], permissions);
      return { ...loaded, subject: loaded.subjects.get(subjectId) ?? null };
    }
    const { revision, nowMs, isFuture, interruptedAt } = await this.history.findPoint(tx, at);
    if (isFuture) throw explainError('rbac.as_of_future');
    if (revision === null) throw explainError('rbac.before_history');
    if (interruptedAt !== null) {
      throw explainError('rbac.before_history', {
        detail: `What was so is known only until ${interruptedAt.toISOString()}: rows were loaded or emptied then without a record.`,
      });
    }
    const subject = await this.history.loadSubjectAtRevision(tx, subjectId, revision);
    const known = new Set<string>();
    for (const name of permissions) if (await this.history.hasPermissionAt(tx, name, revision)) known.add(name);
    return {
      revision,
      nowMs,
      subject,
      roles: await this.history.loadRolesAtRevision(tx, revision),
      permissions: known,
    };
  }
}
