import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { AccessFactsRepository } from './access-facts.repository.js';
import type { AccessIndex } from './access-index.js';
import { AccessIndexFeed } from './access-index-feed.service.js';
import { type DecisionSource, FactsSource } from './decision-source.js';
import { decisionError } from './decisions.errors.js';

/** How long a decision waits for a revision that memory hasn't got yet. */
const WAIT_MS = 1000;

/** Chooses what decides: memory where it is to be believed and knows of the revision, the database else. */
@Injectable()
export class DecisionSources {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly facts: AccessFactsRepository,
    private readonly feed: AccessIndexFeed,
  ) {}

  /** The index, if it may be believed at this moment. Not to be kept over an await. */
  memory(): AccessIndex | null {
    return this.feed.current();
  }

  /**
   * To be used before the next await.
   *
   * @param atLeast the revision that must be known of
   * @throws DomainError rbac.unknown_revision
   */
  async forSubjects(
    ids: readonly string[] | (() => readonly string[]),
    permissions: readonly string[] | (() => readonly string[]),
    atLeast: number = 0,
  ): Promise<{ source: DecisionSource; revision: number }> {
    let index = this.memory();
    if (index !== null && index.revision < atLeast) {
      await this.feed.readNow(WAIT_MS);
      index = this.memory();
    }
    if (index !== null && index.revision >= atLeast) return { source: index, revision: index.revision };
    // What is beyond every revision is found out without reading all roles.
    if (atLeast > 0) assertKnown(await this.transactions.read((tx) => this.facts.revision(tx)), atLeast);
    const facts = await this.transactions.read((tx) =>
      this.facts.loadForDecision(tx, [...new Set(listed(ids))], [...new Set(listed(permissions))]),
    );
    assertKnown(facts.revision, atLeast);
    return { source: new FactsSource(facts), revision: facts.revision };
  }
}

function assertKnown(revision: number, atLeast: number): void {
  if (revision >= atLeast) return;
  throw decisionError('rbac.unknown_revision', {
    detail: `The revision is ${revision} and not yet ${atLeast}.`,
    errors: [{ pointer: '/atLeast', code: 'revision', detail: 'greater than any revision there is' }],
  });
}

function listed(given: readonly string[] | (() => readonly string[])): readonly string[] {
  return typeof given === 'function' ? given() : given;
}
