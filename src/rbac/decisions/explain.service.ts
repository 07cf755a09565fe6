import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { rbacError } from '../rbac.errors.js';
import { AccessDecisions } from './access-decisions.service.js';
import type { SubjectFacts } from './access-facts.js';
import { AccessHistoryRepository } from './access-history.repository.js';
import { AskingCaller } from './asking-caller.service.js';
import { isAllowed } from './evaluate-subject.js';
import { ExplainRepository, type NamedSubject } from './explain.repository.js';
import type { AccessPath, ExplainedFacts } from './explain.types.js';
import { explainPaths } from './explain-paths.js';
import { type ExplanationNames, summarise, summariseUnknown } from './explain-summary.js';
import { explainedTo } from './explained-to.js';
import { PastFacts } from './past-facts.service.js';
import type { ScopeRoots } from './scope-roots.js';
import { type ProposedChanges, smallestChanges } from './smallest-changes.js';

export interface AskedExplanation {
  /** users.id or service_accounts.id */
  subjectId: string;
  permission: string;
  scope: string;
  /** Null for now. */
  asOf: Date | null;
}

/** A decision with its reasons. */
export interface Explanation {
  allowed: boolean;
  /** One sentence for people. */
  summary: string;
  revision: number;
  /** The moment of the decision. */
  asOf: Date;
  subject: NamedSubject;
  paths: AccessPath[];
  /** Smallest first; empty for a past time, which nothing turns any more. */
  changes: ProposedChanges;
  names: ExplanationNames;
  /** Why assignments were made, by id; those that are gone absent. */
  reasons: ReadonlyMap<string, string>;
  facts: ExplainedFacts;
}

/** Says why somebody may or may not do something, and what would turn the answer. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly decisions: AccessDecisions,
    private readonly caller: AskingCaller,
    private readonly past: PastFacts,
    private readonly history: AccessHistoryRepository,
    private readonly descriptions: ExplainRepository,
  ) {}

  /**
   * Of assignments on other scopes, the caller is told those on scopes where they may read access. At a time when a subject of now
   * wasn't known yet it was allowed nothing, and the answer says since when it is known.
   *
   * @throws DomainError access.denied, rbac.unknown_subject, rbac.unknown_permission, rbac.before_history, rbac.as_of_future
   */
  async explain(actor: CallerActor, asked: AskedExplanation): Promise<Explanation> {
    await this.caller.assertMayAsk(actor, 'access:read', 'POST /rbac/explain', () => [asked.scope]);
    const readable = await this.decisions.scopesWhere(actor, 'access:read');
    return this.transactions.read((tx) => this.explainWithin(tx, readable, asked));
  }

  private async explainWithin(tx: Transaction, readable: ScopeRoots, asked: AskedExplanation): Promise<Explanation> {
    const { subjectId, permission, scope, asOf } = asked;
    const loaded = await this.past.load(tx, subjectId, [permission], asOf);
    const { roles, permissions, revision, nowMs } = loaded;
    if (!permissions.has(permission)) {
      throw rbacError('rbac.unknown_permission', {
        errors: [{ pointer: '/permission', code: 'permission', detail: 'not a permission of this service' }],
      });
    }
    const named = await this.descriptions.findSubject(tx, subjectId);
    if (named === null || (loaded.subject === null && asOf === null)) throw rbacError('rbac.unknown_subject');
    const subject = loaded.subject ?? unknownThen(named);
    const holders = [subjectId, ...subject.groupIds];
    const eligible = asOf !== null || subject.type !== 'user' ? [] : await this.descriptions.findEligible(tx, holders);
    const removed = await this.history.findRemoved(tx, holders, revision);
    const all = { subject, roles, permission, scope, nowMs, eligible, removed, toEnable: toEnable(named) };
    const facts = explainedTo(readable, all);
    const allowed = isAllowed(subject, roles, permission, scope, nowMs);
    const paths = explainPaths(facts);
    const changes = asOf === null ? smallestChanges(facts) : { changes: [], hasLonger: false };
    const names = await this.namesOf(tx, named, facts, paths);
    const summary =
      loaded.subject === null
        ? summariseUnknown(facts, names.subject, await this.history.findBeginning(tx, named.type, named.id))
        : summarise(facts, allowed, paths, names);
    const reasons = await this.descriptions.findReasons(
      tx,
      paths.map(({ assignment }) => assignment.id),
    );
    return {
      allowed,
      summary,
      revision,
      asOf: new Date(nowMs),
      subject: named,
      paths,
      changes,
      names,
      reasons,
      facts,
    };
  }

  private async namesOf(
    tx: Transaction,
    { displayName }: NamedSubject,
    { subject, roles }: ExplainedFacts,
    paths: readonly AccessPath[],
  ): Promise<ExplanationNames> {
    const groupIds = paths.flatMap(({ groupId }) => (groupId === null ? [] : [groupId]));
    const groups = await this.descriptions.findGroupNames(tx, [...new Set([...subject.groupIds, ...groupIds])]);
    return {
      subject: displayName,
      role: (id) => roles.get(id)?.name ?? id,
      group: (id) => groups.get(id) ?? id,
    };
  }
}

/** The facts on a subject at a time when it wasn't known yet. */
function unknownThen({ type, id, tenantId }: NamedSubject): SubjectFacts {
  return { type, id, tenantId, active: false, groupIds: [], assignments: [] };
}

function toEnable({ status, ownerStatus }: NamedSubject): ExplainedFacts['toEnable'] {
  if (status === 'deleted' || ownerStatus === 'deleted') return null;
  return [
    ...(status === 'disabled' ? (['subject'] as const) : []),
    ...(ownerStatus === 'disabled' ? (['owner'] as const) : []),
  ];
}
