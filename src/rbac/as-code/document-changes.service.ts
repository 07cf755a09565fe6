import { Injectable } from '@nestjs/common';
import type { Actor } from '../../access/actor.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { AssignmentRules } from '../assignments/assignment-rules.service.js';
import { AssignmentsService } from '../assignments/assignments.service.js';
import { AccessAuthority } from '../authority/access-authority.service.js';
import { rbacError } from '../rbac.errors.js';
import type { AssignmentContent, NewRole } from '../rbac.types.js';
import { MAX_ROLE_LEVELS } from '../roles/role-limits.js';
import { RolesRepository } from '../roles/roles.repository.js';
import { RolesService } from '../roles/roles.service.js';
import type { NewConstraint, WrittenConstraint } from '../separation/separation.types.js';
import { SeparationConstraintsService } from '../separation/separation-constraints.service.js';
import { AccessDocumentRepository, type StoredAccess } from './access-document.repository.js';
import type {
  ConstraintViolations,
  DocumentConstraint,
  DocumentMapping,
  DocumentRole,
  PlannedChange,
} from './access-document.types.js';
import type { DocumentTarget } from './document-target.service.js';
import { levelsOf, orderRoles } from './role-order.js';
import { mappingKey } from './sort-document.js';
import type { TimeLimit } from './time-limit.js';

const REASON = 'as the document of roles, constraints and mappings says';

/** Carries out what was planned, each change by the service that makes it for everybody else too: its authority, rules and record. */
@Injectable()
export class DocumentChanges {
  constructor(
    private readonly rows: AccessDocumentRepository,
    private readonly roles: RolesService,
    private readonly roleRows: RolesRepository,
    private readonly constraints: SeparationConstraintsService,
    private readonly assignments: AssignmentsService,
    private readonly authority: AccessAuthority,
    private readonly rules: AssignmentRules,
  ) {}

  /**
   * In the transaction of a caller that holds the lock. What is in the way goes first, what is named by others comes before them; what
   * denies goes last. Whether somebody comes to hold what they must not is asked of the end alone.
   *
   * @returns the constraints that somebody violates already as they come
   * @throws DomainError rbac.role_too_deep, rbac.document_took_too_long, and of those services: rbac.no_way_up, rbac.role_in_use, rbac.separation_violated, rbac.last_administrator
   */
  async apply(
    tx: Transaction,
    actor: Actor,
    stored: StoredAccess,
    target: DocumentTarget,
    changes: readonly PlannedChange[],
    limit: TimeLimit,
  ): Promise<ConstraintViolations[]> {
    // Of what roles make together the whole is judged, and not once more for each of them.
    const levels = levelsOf(target.roleOrder, new Map(target.document.roles.map((role) => [role.name, role.parents])));
    if (levels > MAX_ROLE_LEVELS) throw rbacError('rbac.role_too_deep');
    await this.roleRows.keepAll(tx);
    return this.rules.afterAll(tx, actor, () => this.applyOneByOne(tx, actor, stored, target, changes, limit));
  }

  private async applyOneByOne(
    tx: Transaction,
    actor: Actor,
    stored: StoredAccess,
    target: DocumentTarget,
    changes: readonly PlannedChange[],
    limit: TimeLimit,
  ): Promise<ConstraintViolations[]> {
    const of = (kind: PlannedChange['kind'], action: PlannedChange['action']) =>
      changes.filter((change) => change.kind === kind && change.action === action);
    for (const { name } of of('constraint', 'delete')) {
      limit.assertLeft();
      await this.removeConstraint(tx, actor, stored, name);
    }
    const leaving = of('mapping', 'delete').map(({ before }) => before as DocumentMapping);
    const unmap = async (effect: DocumentMapping['effect']) => {
      for (const mapping of leaving) {
        limit.assertLeft();
        if (mapping.effect === effect) await this.unmap(tx, actor, stored, mapping);
      }
    };
    await unmap('allow');
    const changed = new Set(
      changes.filter(({ kind, action }) => kind === 'role' && action !== 'delete').map(({ name }) => name),
    );
    const wanted = new Map(target.document.roles.map((role) => [role.name, role]));
    for (const name of target.roleOrder) {
      limit.assertLeft();
      const role = wanted.get(name);
      if (role !== undefined && changed.has(name)) await this.putRole(tx, actor, stored, role);
    }
    for (const { after } of of('mapping', 'create')) {
      limit.assertLeft();
      const mapping = after as DocumentMapping;
      const groupId = target.groupIds.get(mappingKey(mapping));
      if (groupId !== undefined) await this.map(tx, actor, groupId, mapping);
    }
    await unmap('deny');
    const violations: ConstraintViolations[] = [];
    for (const change of [...of('constraint', 'create'), ...of('constraint', 'update')]) {
      limit.assertLeft();
      const written = await this.putConstraint(tx, actor, stored, change.after as DocumentConstraint);
      if (written.violations > 0) violations.push({ constraint: change.name, subjects: written.violations });
    }
    await this.removeRoles(
      tx,
      actor,
      stored,
      of('role', 'delete').map(({ name }) => name),
      limit,
    );
    return violations;
  }

  private async putRole(tx: Transaction, actor: Actor, stored: StoredAccess, role: DocumentRole): Promise<void> {
    const { name, description, permissions, activation } = role;
    const content: NewRole = {
      name,
      description,
      permissions,
      parents: await this.idsOf(tx, role.parents),
      activationMaxSeconds: activation.maxSeconds,
      activationNeedsApproval: activation.needsApproval,
    };
    const known = stored.roles.find((candidate) => candidate.name === name);
    if (known === undefined) await this.roles.createWithin(tx, actor, content);
    else await this.roles.updateWithin(tx, actor, known.id, known.version, content);
  }

  /** Those that inherit go before those that they inherit from. */
  private async removeRoles(
    tx: Transaction,
    actor: Actor,
    stored: StoredAccess,
    names: readonly string[],
    limit: TimeLimit,
  ): Promise<void> {
    const leaving = new Set(names);
    const parentsOf = new Map(
      stored.roles.filter(({ name }) => leaving.has(name)).map(({ name, parents }) => [name, parents]),
    );
    for (const name of orderRoles(parentsOf).order.reverse()) {
      limit.assertLeft();
      const role = stored.roles.find((candidate) => candidate.name === name);
      if (role !== undefined) await this.roles.removeWithin(tx, actor, role.id, role.version);
    }
  }

  private async putConstraint(
    tx: Transaction,
    actor: Actor,
    stored: StoredAccess,
    { name, description, kind, members, atMost }: DocumentConstraint,
  ): Promise<WrittenConstraint> {
    const content: NewConstraint = {
      name,
      description,
      kind,
      members: kind === 'roles' ? await this.idsOf(tx, members) : members,
      atMost,
    };
    const known = stored.constraints.find((candidate) => candidate.name === name);
    return known === undefined
      ? this.constraints.createWithin(tx, actor, content)
      : this.constraints.updateWithin(tx, actor, known.id, known.version, content);
  }

  private async removeConstraint(tx: Transaction, actor: Actor, stored: StoredAccess, name: string): Promise<void> {
    const constraint = stored.constraints.find((candidate) => candidate.name === name);
    if (constraint !== undefined) await this.constraints.removeWithin(tx, actor, constraint.id, constraint.version);
  }

  private async map(tx: Transaction, actor: Actor, groupId: string, mapping: DocumentMapping): Promise<void> {
    const [roleId] = await this.idsOf(tx, [mapping.role]);
    if (roleId === undefined) throw rbacError('rbac.unknown_role');
    const content: AssignmentContent = {
      roleId,
      scope: mapping.scope,
      effect: mapping.effect,
      validFrom: mapping.validFrom === null ? null : new Date(mapping.validFrom),
      validUntil: mapping.validUntil === null ? null : new Date(mapping.validUntil),
      reason: REASON,
    };
    const deltas = await this.assignments.deltasOf(tx, content, true);
    await this.authority.assertMayConfer(tx, actor, { what: `mapping of ${mapping.group}`, deltas });
    await this.assignments.insertWithin(tx, actor, { type: 'group', id: groupId }, content);
  }

  /** Takes every assignment that says the same. */
  private async unmap(tx: Transaction, actor: Actor, stored: StoredAccess, mapping: DocumentMapping): Promise<void> {
    const [roleId] = await this.idsOf(tx, [mapping.role]);
    if (roleId === undefined) throw rbacError('rbac.unknown_role');
    const validUntil = mapping.validUntil === null ? null : new Date(mapping.validUntil);
    const { scope, effect } = mapping;
    const deltas = await this.assignments.deltasOf(tx, { roleId, scope, effect, validUntil }, false);
    await this.authority.assertMayConfer(tx, actor, { what: `mapping of ${mapping.group}`, deltas });
    const same = stored.mappings.filter((candidate) => mappingKey(candidate) === mappingKey(mapping));
    for (const { id } of same) await this.assignments.removeWithin(tx, actor, id, REASON);
  }

  /** roles.id in the order of the names. @throws DomainError rbac.unknown_role */
  private async idsOf(tx: Transaction, names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const ids = await this.rows.findRoleIds(tx, names);
    return names.map((name) => {
      const id = ids.get(name);
      if (id === undefined) throw rbacError('rbac.unknown_role', { detail: `There is no role ${name}.` });
      return id;
    });
  }
}
