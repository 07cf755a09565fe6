import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalJson } from '../../crypto/canonical-json.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { DomainError } from '../../kernel/errors/domain-error.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessFactsRepository } from '../decisions/access-facts.repository.js';
import { MAX_ROLE_EDGES } from '../roles/role-limits.js';
import { documentError } from './access-document.errors.js';
import { DOCUMENT_ACTIONS } from './access-document.events.js';
import { AccessDocumentRepository, type StoredAccess } from './access-document.repository.js';
import type { AccessDocument, AccessPlan, PlannedChange } from './access-document.types.js';
import { AffectedSubjects } from './affected-subjects.service.js';
import { DocumentChanges } from './document-changes.service.js';
import { type DocumentTarget, DocumentTargets, documentOf } from './document-target.service.js';
import { planChanges } from './plan-changes.js';
import { readDocument } from './read-document.js';
import { TimeLimit } from './time-limit.js';

/** One document may change so much at once: nobody else changes access meanwhile. */
const MAX_CHANGES = 2000;
/** From the moment it keeps others from changing access. */
const MAX_MS = 10_000;

interface Planned {
  revision: string;
  changes: PlannedChange[];
  stored: StoredAccess;
  target: DocumentTarget;
  nowMs: number;
}

/** Undoes what was only tried. */
class TriedOut extends Error {}

/** Roles, constraints and mappings as one document: shown, planned, applied. */
@Injectable()
export class AccessDocumentService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly rows: AccessDocumentRepository,
    private readonly targets: DocumentTargets,
    private readonly changes: DocumentChanges,
    private readonly affected: AffectedSubjects,
    private readonly facts: AccessFactsRepository,
    private readonly assignments: AssignmentsService,
    private readonly audit: AuditService,
  ) {}

  /** What there is now, sorted. */
  export(): Promise<AccessDocument> {
    return this.transactions.run(async (tx) => documentOf(await this.rows.load(tx, await this.rows.now(tx))));
  }

  /**
   * What applying the document would change and whose access, found by doing it and taking it back. What would refuse it is told
   * and not thrown.
   *
   * @throws DomainError rbac.document_invalid, rbac.document_group, rbac.document_tenant, rbac.unknown_role, rbac.system_role,
   *   rbac.role_cycle, rbac.document_too_large, rbac.document_took_too_long
   */
  async plan(actor: Actor, text: string, client: AbortSignal): Promise<AccessPlan> {
    const document = readSmallDocument(text);
    let plan: AccessPlan | undefined;
    try {
      await this.limited(client, async (tx, limit) => {
        const planned = await this.prepare(tx, document);
        const { revision, changes, stored, target, nowMs } = planned;
        plan = { revision, changes, affected: [], affectedTotal: 0, violations: [], refusal: null };
        const before = await this.affected.before(tx, stored, target, changes, nowMs);
        const violations = await this.changes.apply(tx, actor, stored, target, changes, limit);
        plan = { ...plan, violations, ...(await this.affected.after(tx, before, limit)) };
        throw new TriedOut();
      });
    } catch (error) {
      if (plan !== undefined && error instanceof DomainError && error.kind !== 'unavailable') {
        return { ...plan, refusal: { code: error.code, detail: error.detail ?? error.title } };
      }
      if (!(error instanceof TriedOut)) throw error;
    }
    if (plan === undefined) throw new Error('a plan was tried out and is not there');
    return plan;
  }

  /**
   * Applies exactly what a plan said, wholly or not at all.
   *
   * @param revision of the plan
   * @throws DomainError rbac.document_too_large, rbac.document_took_too_long, rbac.plan_outdated when anything has changed since, and whatever refuses one of the changes
   */
  async apply(actor: Actor, text: string, revision: string, client: AbortSignal): Promise<PlannedChange[]> {
    const document = readSmallDocument(text);
    return this.limited(client, async (tx, limit) => {
      const planned = await this.prepare(tx, document);
      if (planned.revision !== revision) throw documentError('rbac.plan_outdated');
      const { changes, stored, target } = planned;
      if (changes.length === 0) return changes;
      await this.changes.apply(tx, actor, stored, target, changes, limit);
      await this.audit.record(tx, actor, {
        action: DOCUMENT_ACTIONS['rbac.document.applied'],
        tenantId: null,
        target: null,
        outcome: 'success',
        after: { revision, changes: changes.length },
      });
      return changes;
    });
  }

  /** Under the lock of all changes, for as long as that may last. */
  private async limited<T>(client: AbortSignal, work: (tx: Transaction, limit: TimeLimit) => Promise<T>): Promise<T> {
    let limit: TimeLimit | undefined;
    try {
      return await this.transactions.run(async (tx) => {
        await this.assignments.lockChanges(tx);
        limit = new TimeLimit(MAX_MS, client);
        limit.assertLeft();
        await this.rows.limitStatements(tx, MAX_MS);
        const result = await work(tx, limit);
        limit.assertLeft();
        return result;
      });
    } catch (error) {
      const isOver = limit?.isOver === true && error instanceof DomainError && error.kind === 'unavailable';
      throw isOver ? limit?.error(error) : error;
    }
  }

  private async prepare(tx: Transaction, document: AccessDocument): Promise<Planned> {
    const nowMs = await this.rows.now(tx);
    const stored = await this.rows.load(tx, nowMs);
    const target = await this.targets.find(tx, document, nowMs);
    const changes = planChanges(documentOf(stored), target.document);
    if (changes.length > MAX_CHANGES) {
      throw documentError('rbac.document_invalid', {
        detail: `The document makes ${changes.length} changes; at most ${MAX_CHANGES} can be made at once.`,
      });
    }
    return { revision: revisionOf(await this.facts.revision(tx), changes), changes, stored, target, nowMs };
  }
}

function readSmallDocument(text: string): AccessDocument {
  const document = readDocument(text);
  const edges = document.roles.reduce((sum, { parents }) => sum + parents.length, 0);
  if (edges > MAX_ROLE_EDGES) {
    throw documentError('rbac.document_too_large', {
      detail: `Its roles name ${edges} parents in all; at most ${MAX_ROLE_EDGES} are taken. Give roles that inherit the same a common parent.`,
    });
  }
  return document;
}

/** The revision that decisions have, and what would be changed: constraints and descriptions have no revision of their own. */
function revisionOf(revision: number, changes: readonly PlannedChange[]): string {
  const digest = createHash('sha256')
    .update(canonicalJson(changes as PlannedChange[] & never[]))
    .digest('base64url');
  return `${revision}.${digest.slice(0, 22)}`;
}
