import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import { AuditService } from '../../audit/audit.service.js';
import { type Transaction, TransactionRunner } from '../../database/transaction-runner.js';
import { kernelError } from '../../kernel/errors/kernel.errors.js';
import { isUuid } from '../../kernel/ids/ids.js';
import { decodeCursor, type Page, pageOf } from '../../kernel/paging/cursor.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { rbacError } from '../rbac.errors.js';
import { separationError } from './separation.errors.js';
import { SEPARATION_ACTIONS } from './separation.events.js';
import { SeparationRepository } from './separation.repository.js';
import { SeparationService } from './separation.service.js';
import {
  type ConstraintPatch,
  type NewConstraint,
  type SeparationConstraint,
  stateOf,
  type WrittenConstraint,
} from './separation.types.js';

/** Every change of access asks the constraints that concern it, so there is a limit to them. */
export const MAX_CONSTRAINTS = 1000;

/** What nobody may hold together. A constraint gives nobody anything, so that access:manage everywhere is enough to write one. */
@Injectable()
export class SeparationConstraintsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly constraints: SeparationRepository,
    private readonly separation: SeparationService,
    private readonly assignments: AssignmentsService,
    private readonly audit: AuditService,
  ) {}

  async list(limit: number, cursor?: string): Promise<Page<SeparationConstraint>> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    return pageOf(await this.transactions.read((tx) => this.constraints.findPage(tx, limit + 1, after)), limit);
  }

  /** @throws DomainError rbac.constraint_not_found */
  get(id: string): Promise<SeparationConstraint> {
    return this.transactions.read((tx) => this.find(tx, id));
  }

  /**
   * It is created even where somebody violates it already; the answer says how many do.
   *
   * @throws DomainError rbac.constraint_invalid, rbac.constraint_name_taken, rbac.too_many_constraints, rbac.unknown_role,
   *   rbac.unknown_permission
   */
  create(actor: Actor, constraint: NewConstraint): Promise<WrittenConstraint> {
    return this.locked((tx) => this.createWithin(tx, actor, constraint));
  }

  /** @throws DomainError as create, and rbac.constraint_not_found, request.precondition_failed */
  update(actor: Actor, id: string, version: number, patch: ConstraintPatch): Promise<WrittenConstraint> {
    return this.locked((tx) => this.updateWithin(tx, actor, id, version, patch));
  }

  /** @throws DomainError rbac.constraint_not_found, request.precondition_failed */
  remove(actor: Actor, id: string, version: number): Promise<void> {
    return this.locked((tx) => this.removeWithin(tx, actor, id, version));
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. */
  async createWithin(tx: Transaction, actor: Actor, constraint: NewConstraint): Promise<WrittenConstraint> {
    assertSound(constraint);
    if ((await this.constraints.count(tx)) >= MAX_CONSTRAINTS) {
      throw separationError('rbac.too_many_constraints', { detail: `There are at most ${MAX_CONSTRAINTS}.` });
    }
    const created = await this.find(tx, await this.constraints.insert(tx, constraint));
    await this.record(tx, actor, 'rbac.constraint.created', null, created);
    return { constraint: created, violations: await this.separation.countViolations(tx, created.id) };
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. */
  async updateWithin(
    tx: Transaction,
    actor: Actor,
    id: string,
    version: number,
    patch: ConstraintPatch,
  ): Promise<WrittenConstraint> {
    const before = await this.find(tx, id);
    if (before.version !== version) throw kernelError('request.precondition_failed');
    if (patch.kind !== undefined && patch.kind !== before.kind && patch.members === undefined) {
      throw separationError('rbac.constraint_invalid', {
        detail: 'Members of the other kind have to be named with it.',
      });
    }
    assertSound({ ...before, ...patch });
    if (!(await this.constraints.update(tx, before, version, patch))) throw kernelError('request.precondition_failed');
    const after = await this.find(tx, id);
    await this.record(tx, actor, 'rbac.constraint.updated', before, after);
    return { constraint: after, violations: await this.separation.countViolations(tx, id) };
  }

  /** The same within the transaction of a caller that holds AssignmentsService.lockChanges. */
  async removeWithin(tx: Transaction, actor: Actor, id: string, version: number): Promise<void> {
    const before = await this.find(tx, id);
    if (before.version !== version) throw kernelError('request.precondition_failed');
    await this.constraints.delete(tx, id);
    await this.record(tx, actor, 'rbac.constraint.deleted', before, null);
  }

  private locked<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.transactions.run(async (tx) => {
      // An assignment that is made meanwhile must see the constraint, or be seen by the count.
      await this.assignments.lockChanges(tx);
      return work(tx);
    });
  }

  private async find(tx: Transaction, id: string): Promise<SeparationConstraint> {
    const constraint = await this.constraints.find(tx, id);
    if (constraint === null) throw separationError('rbac.constraint_not_found');
    return constraint;
  }

  private record(
    tx: Transaction,
    actor: Actor,
    action: 'rbac.constraint.created' | 'rbac.constraint.updated' | 'rbac.constraint.deleted',
    before: SeparationConstraint | null,
    after: SeparationConstraint | null,
  ): Promise<void> {
    const named = after ?? before;
    return this.audit.record(tx, actor, {
      action: SEPARATION_ACTIONS[action],
      tenantId: null,
      target: named === null ? null : { type: 'separation-constraint', id: named.id, displayName: named.name },
      outcome: 'success',
      ...(before === null ? {} : { before: stateOf(before) }),
      ...(after === null ? {} : { after: stateOf(after) }),
    });
  }
}

function assertSound({ kind, members, atMost }: NewConstraint): void {
  if (atMost >= members.length) {
    throw separationError('rbac.constraint_invalid', {
      detail: `It has ${members.length} members, so that at most ${members.length - 1} of them can be allowed together.`,
    });
  }
  // No id, so none of a role.
  if (kind === 'roles' && !members.every((member) => isUuid(member))) throw rbacError('rbac.unknown_role');
}
