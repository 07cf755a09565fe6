import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, systemActor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import type { JsonObject } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { decodeCursor, encodeCursor, type Page } from '../../kernel/paging/cursor.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { AccountLinkRules } from '../../users/account-link-rules.service.js';
import { GroupMembershipRules } from '../../users/groups/group-membership-rules.service.js';
import { AssignmentRules } from '../assignments/assignment-rules.service.js';
import { ADMINISTRATOR } from '../authority/last-administrator.service.js';
import type { RoleFacts } from '../decisions/access-facts.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { AccessHistoryRepository } from '../decisions/access-history.repository.js';
import { isAllowed } from '../decisions/evaluate-subject.js';
import { ExplainRepository } from '../decisions/explain.repository.js';
import { describeViolation, namedViolation, type ViolationReading } from './describe-violation.js';
import { findViolations, type HeldFacts } from './find-violations.js';
import { separationError } from './separation.errors.js';
import { SEPARATION_ACTIONS } from './separation.events.js';
import { SeparationRepository } from './separation.repository.js';
import type { NamedViolation, Violation, ViolationCandidate } from './separation.types.js';

/** Subjects whose facts are looked at together. */
const CHUNK = 500;
/** Subjects that one page of violations looks at; a page that has not found enough by then ends early. */
const MAX_EXAMINED = 5000;

interface Judged {
  candidate: ViolationCandidate;
  violations: Violation[];
  roles: ReadonlyMap<string, RoleFacts>;
}

/** What a change added. */
interface Added extends Judged {
  /** Those of the violations that would be ones without what the role of administrators allows; the others are only reported. */
  refused: Violation[];
}

/**
 * Separation of duties, static in the sense of ANSI INCITS 359: what counts is what somebody is assigned and not what they use just
 * now. A subject may hold at most `atMost` of a constraint's members at the same time on overlapping scopes.
 *
 * - Inheritance counts: whoever has a role has all that it inherits from, roles and permissions.
 * - Groups count like assignments of one's own. So do assignments that begin later, for their time; what is over doesn't. What one is
 *   eligible for counts from its activation on.
 * - Only what allows counts. Of permissions, an allow doesn't count where one denial covers its scope and all its time that is left;
 *   of roles, denials don't matter, since the role is held nevertheless.
 * - Whether the subject is disabled doesn't matter: it can be enabled.
 * - Nobody is exempt from being listed. The system role administrator has every permission, so that every administrator violates
 *   every constraint of permissions until a denial takes what is not meant. That is reported and never refused, or such a constraint
 *   would shut the way to a further administrator; a constraint of roles can name the role and refuses it like any other.
 *
 * A change is refused when it adds to a violation. What stood before, because a constraint came later, doesn't stand in the way of
 * other changes of that subject. The operator's grant and that of the environment are reported and never refused.
 */
@Injectable()
export class SeparationService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly separation: SeparationRepository,
    private readonly facts: AccessFactsRepository,
    private readonly history: AccessHistoryRepository,
    private readonly names: ExplainRepository,
    private readonly rules: AssignmentRules,
    private readonly membershipRules: GroupMembershipRules,
    private readonly accountLinkRules: AccountLinkRules,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.rules.beforeGiving((tx, actor, subjectIds) => this.assertHolds(tx, actor, subjectIds));
    this.rules.whenGivenAnyway(async (tx, subjectIds) => {
      await this.reportViolations(tx, subjectIds);
    });
    this.membershipRules.afterChange((tx, actor, _groupId, added) => this.assertHolds(tx, actor, added));
    this.membershipRules.afterSync(async (tx, _actor, _groupId, userIds) => {
      await this.reportViolations(tx, userIds);
    });
    this.accountLinkRules.afterLinking((tx, actor, userId) => this.assertHolds(tx, actor, [userId]));
    this.accountLinkRules.afterArrival(async (tx, userId) => {
      await this.reportViolations(tx, [userId]);
    });
  }

  /**
   * Runs in the transaction of a change, after its rows are written and under AssignmentsService.lockChanges.
   *
   * @param actor whoever makes the change, and is told no more of it than they may read
   * @param subjectIds users.id and service_accounts.id whose access grew
   * @throws DomainError rbac.separation_violated naming the constraint, the subject and what brings each member
   */
  async assertHolds(tx: Transaction, actor: Actor, subjectIds: readonly string[]): Promise<void> {
    const added = await this.newViolations(tx, subjectIds);
    for (const { candidate, refused, roles } of added) {
      for (const violation of refused) {
        throw separationError('rbac.separation_violated', {
          detail: describeViolation(violation, {
            subjectName: candidate.displayName,
            roles,
            groupNames: await this.groupNamesOf(tx, violation),
            maySee: await this.sightOf(tx, actor, roles),
          }),
        });
      }
    }
    await this.report(tx, added);
  }

  /**
   * For changes that can't be refused, such as those of a group's members that were made in Entra ID: says what they violate, on record
   * and to webhooks.
   *
   * @param subjectIds users.id whose access may have grown in this transaction
   * @returns how many violations are new
   */
  async reportViolations(tx: Transaction, subjectIds: readonly string[]): Promise<number> {
    return this.report(tx, await this.newViolations(tx, subjectIds));
  }

  private async report(tx: Transaction, added: readonly Judged[]): Promise<number> {
    let reported = 0;
    for (const { candidate, violations, roles } of added) {
      for (const violation of violations) {
        const { constraint, scope, held } = violation;
        const members = [...new Set(held.map(({ member }) => member))];
        const data: JsonObject = { constraint: { id: constraint.id, name: constraint.name }, scope, members };
        await this.audit.record(tx, systemActor('separation'), {
          action: SEPARATION_ACTIONS['rbac.separation.violated'],
          tenantId: candidate.tenantId,
          target: { type: candidate.type, id: candidate.subjectId, displayName: candidate.displayName },
          outcome: 'success',
          reason: describeViolation(violation, {
            subjectName: candidate.displayName,
            roles,
            groupNames: await this.groupNamesOf(tx, violation),
            maySee: () => true,
          }),
          after: data,
        });
        await this.outbox.append(tx, {
          type: 'rbac.separation.violated',
          tenantId: candidate.tenantId,
          data: { ...data, subject: { type: candidate.type, id: candidate.subjectId } },
        });
        reported += 1;
      }
    }
    return reported;
  }

  /**
   * Who violates a constraint now, by subject. A page may hold fewer than the limit and still have a next one.
   *
   * @throws DomainError rbac.constraint_not_found
   */
  violations(constraintId: string, limit: number, cursor?: string): Promise<Page<NamedViolation>> {
    return this.transactions.read(async (tx) => {
      if ((await this.separation.find(tx, constraintId)) === null) throw separationError('rbac.constraint_not_found');
      const items: NamedViolation[] = [];
      let afterId = cursor === undefined ? null : decodeCursor(cursor);
      for (let examined = 0; examined < MAX_EXAMINED; examined += CHUNK) {
        const query = { constraintId, subjectIds: null, afterId, limit: CHUNK };
        const candidates = await this.separation.findCandidates(tx, query);
        for (const { candidate, violations, roles } of await this.judge(tx, candidates)) {
          for (const violation of violations) {
            if (items.length === limit) return { items, nextCursor: afterId === null ? null : encodeCursor(afterId) };
            items.push(namedViolation(violation, candidate, roles));
          }
          afterId = candidate.subjectId;
        }
        if (candidates.length < CHUNK) return { items, nextCursor: null };
      }
      return { items, nextCursor: afterId === null ? null : encodeCursor(afterId) };
    });
  }

  /** How many subjects violate a constraint now. */
  async countViolations(tx: Transaction, constraintId: string): Promise<number> {
    const query = { constraintId, subjectIds: null, afterId: null, limit: null };
    const candidates = await this.separation.findCandidates(tx, query);
    const judged = await this.judge(tx, candidates);
    return judged.filter(({ violations }) => violations.length > 0).length;
  }

  /** What the running transaction added: compared with the history, which gets its changes only when it commits. */
  private async newViolations(tx: Transaction, subjectIds: readonly string[]): Promise<Added[]> {
    const query = { constraintId: null, subjectIds, afterId: null, limit: null };
    const candidates = await this.separation.findCandidates(tx, query);
    if (candidates.length === 0) return [];
    const violating = (await this.judge(tx, candidates)).filter(({ violations }) => violations.length > 0);
    if (violating.length === 0) return [];
    const revision = await this.facts.revision(tx);
    const rolesBefore = await this.history.loadRolesAtRevision(tx, revision);
    const now = await this.separation.now(tx);
    const added: Added[] = [];
    for (const { candidate, violations, roles } of violating) {
      const subjectBefore = await this.history.loadSubjectAtRevision(tx, candidate.subjectId, revision);
      const subject = await this.facts.loadSubject(tx, candidate.subjectId);
      if (subject === null) continue;
      const constraints = violations.map(({ constraint }) => constraint);
      const before = subjectBefore === null ? undefined : { subject: subjectBefore, roles: rolesBefore };
      const found = findViolations({ subject, roles }, constraints, now, before);
      const refused = found.filter(standsOtherwise({ subject, roles }, now, before));
      added.push({ candidate, violations: found, refused, roles });
    }
    return added;
  }

  private groupNamesOf(tx: Transaction, { held }: Violation): Promise<Map<string, string>> {
    const ids = held.flatMap(({ groupId }) => (groupId === null ? [] : [groupId]));
    return this.names.findGroupNames(tx, [...new Set(ids)]);
  }

  /** Where an actor may read what is assigned: by the rows of the transaction that is about to be refused. */
  private async sightOf(
    tx: Transaction,
    actor: Actor,
    roles: ReadonlyMap<string, RoleFacts>,
  ): Promise<ViolationReading['maySee']> {
    if (actor.type === 'system') return () => true;
    const reader = await this.facts.loadSubject(tx, actor.id);
    if (reader === null || (actor.scopes !== null && !actor.scopes.includes('access:read'))) return () => false;
    const now = await this.separation.now(tx);
    return (scope) => isAllowed(reader, roles, 'access:read', scope, now);
  }

  private async judge(tx: Transaction, candidates: readonly ViolationCandidate[]): Promise<Judged[]> {
    if (candidates.length === 0) return [];
    const named = [...new Set(candidates.flatMap(({ constraintIds }) => constraintIds))];
    const constraints = await this.separation.findAll(tx, named);
    const roles = await this.facts.loadRoles(tx);
    const now = await this.separation.now(tx);
    const judged: Judged[] = [];
    for (let start = 0; start < candidates.length; start += CHUNK) {
      const chunk = candidates.slice(start, start + CHUNK);
      const subjects = await this.facts.loadSubjects(
        tx,
        chunk.map(({ subjectId }) => subjectId),
      );
      for (const candidate of chunk) {
        const subject = subjects.get(candidate.subjectId);
        const asked = constraints.filter(({ id }) => candidate.constraintIds.includes(id));
        const violations = subject === undefined ? [] : findViolations({ subject, roles }, asked, now);
        judged.push({ candidate, violations, roles });
      }
    }
    return judged;
  }
}

/** Without what the role of administrators allows, which has every permission by nature. */
function withoutAdministrator({ subject, roles }: HeldFacts): HeldFacts {
  const administrator = [...roles.values()].find(({ name }) => name === ADMINISTRATOR)?.id;
  const assignments = subject.assignments.filter(({ roleId, effect }) => roleId !== administrator || effect === 'deny');
  return { subject: { ...subject, assignments }, roles };
}

/** Whether a violation would be one, and new, without what the role of administrators allows. */
function standsOtherwise(held: HeldFacts, now: number, before: HeldFacts | undefined) {
  return ({ constraint }: Violation): boolean =>
    constraint.kind === 'roles' ||
    findViolations(
      withoutAdministrator(held),
      [constraint],
      now,
      before === undefined ? undefined : withoutAdministrator(before),
    ).length > 0;
}
