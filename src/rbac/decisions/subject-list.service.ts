import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, encodeCursor, type Page } from '../../kernel/paging/cursor.js';
import { unknownPermission } from './access-decisions.service.js';
import { AccessFactsRepository, type DescribedSubject } from './access-facts.repository.js';
import type { AccessIndex } from './access-index.js';
import { FactsSource } from './decision-source.js';
import { DecisionSources } from './decision-sources.service.js';
import { LowestIds } from './lowest-ids.js';

/** Assignments that are looked at before others get their turn: about a millisecond. */
const SLICE = 5_000;
/** Subjects that are read from the database at once. */
const READ_AT_ONCE = 500;

/** Who may do something somewhere, in the order of their ids. */
@Injectable()
export class SubjectList {
  constructor(
    private readonly sources: DecisionSources,
    private readonly transactions: TransactionRunner,
    private readonly facts: AccessFactsRepository,
  ) {}

  /**
   * With their names: whoever may ask here is told them by `explain` too, for any subject.
   *
   * @returns the revision is that at which the look began; of what changes meanwhile it may show something
   * @throws DomainError rbac.unknown_permission, request.invalid for a forged cursor
   */
  async list(
    permission: string,
    scope: string,
    limit: number,
    cursor?: string,
  ): Promise<Page<DescribedSubject> & { revision: number }> {
    const after = cursor === undefined ? '' : decodeCursor(cursor);
    const index = this.sources.memory();
    const { ids, revision } =
      (index === null ? null : await this.fromMemory(index, permission, scope, limit + 1, after)) ??
      (await this.fromDatabase(permission, scope, limit + 1, after));
    const page = ids.slice(0, limit);
    const last = page.at(-1);
    const subjects = await this.transactions.read((tx) => this.facts.describe(tx, page));
    return {
      items: page.flatMap((id) => {
        const subject = subjects.get(id);
        return subject === undefined ? [] : [subject];
      }),
      nextCursor: ids.length > limit && last !== undefined ? encodeCursor(last) : null,
      revision,
    };
  }

  /** @returns null when memory stopped being believable meanwhile */
  private async fromMemory(index: AccessIndex, permission: string, scope: string, limit: number, after: string) {
    if (!index.hasPermission(permission)) throw unknownPermission(['/permission']);
    const { revision } = index;
    const lowest = new LowestIds(limit, after);
    for (const id of index.candidates(permission, scope, SLICE)) {
      if (id === null) {
        await otherWork();
        if (this.sources.memory() !== index) return null;
      } else if (lowest.wants(id) && index.isAllowed(id, permission, scope) === true) lowest.add(id);
    }
    return { ids: lowest.sorted(), revision };
  }

  private async fromDatabase(permission: string, scope: string, limit: number, after: string) {
    const ids: string[] = [];
    let revision: number | undefined;
    let last = after;
    for (;;) {
      const some = await this.transactions.read((tx) => this.facts.subjectIdsAfter(tx, last, READ_AT_ONCE));
      const facts = await this.transactions.read((tx) => this.facts.loadForDecision(tx, some, [permission]));
      const source = new FactsSource(facts);
      if (!source.hasPermission(permission)) throw unknownPermission(['/permission']);
      revision ??= facts.revision;
      ids.push(...some.filter((id) => source.isAllowed(id, permission, scope) === true));
      last = some.at(-1) ?? last;
      if (ids.length >= limit || some.length < READ_AT_ONCE) return { ids: ids.slice(0, limit), revision };
    }
  }
}
