import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { CallerActor } from '../../access/actor.js';
import type { Permission } from '../../access/permissions.js';
import { TransactionRunner } from '../../database/transaction-runner.js';
import { rbacError } from '../rbac.errors.js';
import { ROOT_SCOPE } from '../scope.js';
import type { Question } from './access-facts.js';
import { AccessFactsRepository } from './access-facts.repository.js';
import { AccessIndex } from './access-index.js';
import { type Answers, answerList, answerMatrix, type QuestionMatrix } from './bulk-answers.js';
import type { DecisionSource } from './decision-source.js';
import { DecisionSources } from './decision-sources.service.js';
import { allowedPermissionsOf } from './evaluate-subject.js';
import { type ScopeRoots, scopeRoots } from './scope-roots.js';

/** A decision may be demanded to know of everything up to a revision. */
export interface Demands {
  atLeast?: number | undefined;
}

/** After so many a bulk isn't interrupted any more: access changes so often that it would never end. */
const ATTEMPTS = 3;

/** Answers who may do what, at the time of the database: from memory where the change feed vouches for it. */
@Injectable()
export class AccessDecisions {
  constructor(
    private readonly sources: DecisionSources,
    private readonly transactions: TransactionRunner,
    private readonly facts: AccessFactsRepository,
  ) {}

  /** Whether a caller may, everywhere; null when memory can't say. Its token may narrow, never widen. */
  recall(actor: CallerActor, permission: Permission): boolean | null {
    const index = this.sources.memory();
    if (index === null) return null;
    return index.isAllowed(actor.id, permission, ROOT_SCOPE) === true && isWithinScopes(actor, permission);
  }

  /** Whether there is some scope where a caller may; null when memory can't say. */
  recallAnywhere(actor: CallerActor, permission: Permission): boolean | null {
    const index = this.sources.memory();
    if (index === null) return null;
    return index.isAllowedAnywhere(actor.id, permission) === true && isWithinScopes(actor, permission);
  }

  /** The same as recall, on any scope, asking the database where memory can't say. */
  async may(actor: CallerActor, permission: Permission, scope: string = ROOT_SCOPE): Promise<boolean> {
    if (!isWithinScopes(actor, permission)) return false;
    const { source } = await this.sources.forSubjects([actor.id], [permission]);
    return source.isAllowed(actor.id, permission, scope) === true;
  }

  async mayAnywhere(actor: CallerActor, permission: Permission): Promise<boolean> {
    return (await this.scopesWhere(actor, permission)).allowed.length > 0;
  }

  /** Where a caller may: the fewest scopes that say it. */
  async scopesWhere(actor: CallerActor, permission: Permission): Promise<ScopeRoots> {
    if (!isWithinScopes(actor, permission)) return { allowed: [], denied: [] };
    const { source } = await this.sources.forSubjects([actor.id], [permission]);
    return scopeRoots(source.scopesNaming(actor.id, permission));
  }

  /**
   * Unknown and disabled subjects may do nothing, nor may programs whose owner is disabled.
   *
   * @throws DomainError rbac.unknown_permission, rbac.unknown_revision
   */
  async check({ subjectId, permission, scope }: Question, demands: Demands = {}): Promise<CheckedAt<boolean>> {
    const { source, revision } = await this.sources.forSubjects([subjectId], [permission], demands.atLeast);
    const allowed = source.isAllowed(subjectId, permission, scope);
    if (allowed === undefined) throw unknownPermission(['/permission']);
    return { allowed, revision };
  }

  /**
   * All at one revision, in the order of the questions.
   *
   * @throws DomainError rbac.unknown_permission with a pointer to each, rbac.unknown_revision
   */
  checkMany(questions: readonly Question[], demands: Demands = {}): Promise<CheckedAt<boolean[]>> {
    const ids = () => questions.map(({ subjectId }) => subjectId);
    const permissions = () => questions.map(({ permission }) => permission);
    return this.atOneRevision(ids, permissions, demands, (source) => answerList(source, questions));
  }

  /**
   * All at one revision. @returns a text of `1` and `0` a subject: for each scope, each permission
   *
   * @throws DomainError rbac.unknown_permission with a pointer to each, rbac.unknown_revision
   */
  checkMatrix(matrix: QuestionMatrix, demands: Demands = {}): Promise<CheckedAt<string[]>> {
    return this.atOneRevision(matrix.subjectIds, matrix.permissions, demands, (source) => answerMatrix(source, matrix));
  }

  /** Where somebody may. @throws DomainError rbac.unknown_permission, rbac.unknown_revision */
  async listScopes(
    { subjectId, permission }: Omit<Question, 'scope'>,
    demands: Demands = {},
  ): Promise<{ scopes: ScopeRoots; revision: number }> {
    const { source, revision } = await this.sources.forSubjects([subjectId], [permission], demands.atLeast);
    if (!source.hasPermission(permission)) throw unknownPermission(['/permission']);
    return { scopes: scopeRoots(source.scopesNaming(subjectId, permission)), revision };
  }

  /** Names of everything that a subject may do at a scope. @param subjectId users.id or service_accounts.id */
  async permissionsOf(subjectId: string, scope: string = ROOT_SCOPE): Promise<Set<string>> {
    const index = this.sources.memory();
    if (index !== null) return index.permissionsOf(subjectId, scope);
    const { subjects, roles, nowMs } = await this.transactions.read((tx) =>
      this.facts.loadForDecision(tx, [subjectId], []),
    );
    const subject = subjects.get(subjectId);
    return subject === undefined ? new Set() : allowedPermissionsOf(subject, roles, scope, nowMs);
  }

  /** The first of these scopes on which a caller may not; undefined when there is none. */
  async firstForbidden(
    actor: CallerActor,
    permission: Permission,
    scopes: () => Iterable<string>,
  ): Promise<string | undefined> {
    if (!isWithinScopes(actor, permission)) return ROOT_SCOPE;
    if (this.sources.memory()?.isAllowedEverywhere(actor.id, permission) === true) return undefined;
    const { source } = await this.sources.forSubjects([actor.id], [permission]);
    for (const scope of new Set(scopes())) {
      if (source.isAllowed(actor.id, permission, scope) !== true) return scope;
    }
    return undefined;
  }

  /** Works in slices, others having their turn between them; from the beginning when access has changed meanwhile. */
  private async atOneRevision<T>(
    ids: readonly string[] | (() => readonly string[]),
    permissions: readonly string[] | (() => readonly string[]),
    { atLeast }: Demands,
    work: (source: DecisionSource) => Generator<undefined, Answers<T>>,
  ): Promise<CheckedAt<T>> {
    for (let attempt = 1; ; attempt++) {
      const { source, revision } = await this.sources.forSubjects(ids, permissions, atLeast);
      const slices = work(source);
      let slice = slices.next();
      while (slice.done !== true && (attempt >= ATTEMPTS || (await this.standsStill(source, revision)))) {
        slice = slices.next();
      }
      if (slice.done !== true) continue;
      const { allowed, unknown } = slice.value;
      if (unknown.length > 0) throw unknownPermission(unknown);
      return { allowed, revision };
    }
  }

  /** Lets others work. @returns whether the source still says what it said */
  private async standsStill(source: DecisionSource, revision: number): Promise<boolean> {
    await otherWork();
    const index = this.sources.memory();
    return !(source instanceof AccessIndex) || (source === index && index.revision === revision);
  }

  /** The revision of what is decided by now. */
  async revision(): Promise<number> {
    return this.sources.memory()?.revision ?? this.transactions.read((tx) => this.facts.revision(tx));
  }
}

/** A decision and the revision it was made at. */
export interface CheckedAt<T> {
  allowed: T;
  revision: number;
}

function isWithinScopes(actor: CallerActor, permission: Permission): boolean {
  return actor.scopes === null || actor.scopes.includes(permission);
}

export function unknownPermission(pointers: readonly string[]) {
  return rbacError('rbac.unknown_permission', {
    errors: pointers.map((pointer) => ({ pointer, code: 'permission', detail: 'not a permission of this service' })),
  });
}
