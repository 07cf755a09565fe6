import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import type { RoleFacts, SubjectFacts } from '../decisions/access-facts.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { accessDifferences } from './access-differences.js';
import { AccessDocumentRepository, type StoredAccess } from './access-document.repository.js';
import type { AffectedSubject, DocumentMapping, PlannedChange } from './access-document.types.js';
import type { DocumentTarget } from './document-target.service.js';
import { mappingKey } from './sort-document.js';
import type { TimeLimit } from './time-limit.js';

/** So many are told; the others are counted. */
export const MAX_AFFECTED = 1000;
/** Then others have their turn. */
const COMPARED_AT_ONCE = 50;

/** What there was before, to be compared with what there is after. */
export interface FactsBefore {
  roles: Map<string, RoleFacts>;
  subjects: Map<string, SubjectFacts>;
  nowMs: number;
}

/** Whose access changes, told from the facts before and after. */
@Injectable()
export class AffectedSubjects {
  constructor(
    private readonly facts: AccessFactsRepository,
    private readonly roles: RolesRepository,
    private readonly rows: AccessDocumentRepository,
  ) {}

  /** Before the changes are made: whom they can concern, and what those hold. */
  async before(
    tx: Transaction,
    stored: StoredAccess,
    target: DocumentTarget,
    changes: readonly PlannedChange[],
    nowMs: number,
  ): Promise<FactsBefore> {
    const ids = new Set<string>();
    const groupIds = new Set<string>();
    const roleIds: string[] = [];
    for (const { kind, name, before, after } of changes) {
      const role = kind === 'role' ? stored.roles.find((candidate) => candidate.name === name) : undefined;
      if (role !== undefined) roleIds.push(role.id);
      if (kind === 'mapping') {
        const key = mappingKey((after ?? before) as DocumentMapping);
        const groupId =
          target.groupIds.get(key) ?? stored.mappings.find((mapping) => mappingKey(mapping) === key)?.holderId;
        if (groupId !== undefined) groupIds.add(groupId);
      }
    }
    for (const id of await this.roles.findHolders(tx, roleIds)) ids.add(id);
    for (const groupId of groupIds) for (const id of await this.facts.subjectsOfGroup(tx, groupId)) ids.add(id);
    return {
      roles: await this.facts.loadRoles(tx),
      subjects: await this.facts.loadSubjects(tx, [...ids]),
      nowMs,
    };
  }

  /** After they are made, in the same transaction. */
  async after(
    tx: Transaction,
    before: FactsBefore,
    limit: TimeLimit,
  ): Promise<{ affected: AffectedSubject[]; affectedTotal: number }> {
    const roles = await this.facts.loadRoles(tx);
    const subjects = await this.facts.loadSubjects(tx, [...before.subjects.keys()]);
    // What begins with the changes has begun.
    const nowMs = Math.max(before.nowMs, await this.rows.now(tx)) + 1;
    const affected: AffectedSubject[] = [];
    let affectedTotal = 0;
    let compared = 0;
    for (const [id, subject] of subjects) {
      limit.assertLeft();
      if (++compared % COMPARED_AT_ONCE === 0) await otherWork();
      const was = before.subjects.get(id);
      if (was === undefined) continue;
      const { gains, loses } = accessDifferences({ subject: was, roles: before.roles }, { subject, roles }, nowMs);
      if (gains.length === 0 && loses.length === 0) continue;
      affectedTotal++;
      if (affected.length < MAX_AFFECTED) {
        affected.push({ subject: { type: subject.type, id }, displayName: '', gains, loses });
      }
    }
    const names = await this.rows.findDisplayNames(
      tx,
      affected.map(({ subject }) => subject.id),
    );
    const told = affected.map((entry) => ({ ...entry, displayName: names.get(entry.subject.id) ?? '' }));
    return { affected: told, affectedTotal };
  }
}
