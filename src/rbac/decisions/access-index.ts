import { isAtOrBelow, ROOT_SCOPE } from '../scope.js';
import { AccessBlocks } from './access-blocks.js';
import { AssignmentStore, NONE } from './assignment-store.js';
import { allow, compileAccess, deny, nothingOn, type OnScope } from './compile-access.js';
import { isAnywhere, isEverywhere, rowAt, rowCount, rowHas } from './compiled-access.js';
import { CompiledRoles } from './compiled-roles.js';
import type { AssignmentContent, FactChange } from './fact-change.js';
import { IndexPeople } from './index-people.js';
import { type IndexGroup, IndexSubject, NEVER } from './index-subject.js';
import { hasBit, PermissionNumbers } from './permission-numbers.js';
import { ScopeNames } from './scope-names.js';

/**
 * Everything that decides, compiled: what a subject may do is bitsets, one a scope, made when it is first asked for and again when
 * something under it has changed or a validity begins or ends. It knows facts only from whoever puts them in, and does no IO.
 */
export class AccessIndex {
  /** The last revision of access_history that is in it. */
  revision = 0;
  /** The moment that is decided for, by the database's clock, Unix milliseconds: set by whoever asks, before asking. */
  nowMs = 0;
  private readonly permissions = new PermissionNumbers();
  private readonly roles = new CompiledRoles(this.permissions);
  private readonly scopes = new ScopeNames();
  private readonly assignments = new AssignmentStore();
  private readonly people = new IndexPeople();
  private blocks = new AccessBlocks();
  /** Length of the rows that are believed. */
  private words = this.permissions.words;
  private readonly subjects = this.people.subjects;
  private readonly existing = this.permissions.existing;

  get size(): { subjects: number; assignments: number; permissions: number } {
    return { subjects: this.subjects.size, assignments: this.assignments.size, permissions: this.existing.size };
  }

  /** @returns undefined for a permission that doesn't exist */
  isAllowed(subjectId: string, permission: string, scope: string): boolean | undefined {
    const number = this.existing.get(permission);
    if (number === undefined) return undefined;
    const subject = this.subjects.get(subjectId);
    if (subject === undefined) return false;
    this.refresh(subject);
    return rowHas(subject, scope === ROOT_SCOPE ? subject.at : rowAt(subject, scope), number);
  }

  /** Whether there is any scope where. @returns undefined for a permission that doesn't exist */
  isAllowedAnywhere(subjectId: string, permission: string): boolean | undefined {
    const number = this.existing.get(permission);
    if (number === undefined) return undefined;
    const access = this.accessOf(subjectId);
    return access !== undefined && isAnywhere(access, number);
  }

  /** Whether there is no scope where it isn't. @returns undefined for a permission that doesn't exist */
  isAllowedEverywhere(subjectId: string, permission: string): boolean | undefined {
    const number = this.existing.get(permission);
    if (number === undefined) return undefined;
    const access = this.accessOf(subjectId);
    return access !== undefined && isEverywhere(access, number);
  }

  hasPermission(name: string): boolean {
    return this.existing.has(name);
  }

  /** Names of all that a subject may do at a scope. */
  permissionsOf(subjectId: string, scope: string): Set<string> {
    const access = this.accessOf(subjectId);
    if (access === undefined) return new Set();
    const row = rowAt(access, scope);
    return this.permissions.namesWhere((number) => rowHas(access, row, number));
  }

  /** Scopes of the valid assignments that allow and that deny a permission; empty for somebody unknown or inactive. */
  scopesNaming(subjectId: string, permission: string): { allowed: string[]; denied: string[] } {
    const [allowed, denied] = [new Set<string>(), new Set<string>()];
    const number = this.existing.get(permission);
    const subject = this.subjects.get(subjectId);
    if (number !== undefined && subject !== undefined && isActive(subject)) {
      for (const slot of this.validSlots(subject)) {
        if (!hasBit(this.roles.closureOf(this.assignments.role[slot] ?? NONE), number)) continue;
        const scope = this.scopes.nameOf(this.assignments.scope[slot] ?? NONE);
        (this.assignments.deny[slot] === 1 ? denied : allowed).add(scope);
      }
    }
    return { allowed: [...allowed], denied: [...denied] };
  }

  /**
   * Ids, in any order and perhaps more than once, of all who may have a permission at a scope: those whom an assignment gives it
   * to, whatever else denies it. Yields null now and then for whoever wants to do something else meanwhile.
   */
  *candidates(permission: string, scope: string, pauseEvery: number): Iterable<string | null> {
    const number = this.existing.get(permission);
    if (number === undefined) return;
    const { assignments } = this;
    let steps = 0;
    for (let slot = 0; slot < assignments.end; slot++) {
      if (++steps % pauseEvery === 0) yield null;
      const holder = this.people.holders[assignments.holder[slot] ?? NONE];
      if (holder === undefined || assignments.deny[slot] === 1) continue;
      if (!hasBit(this.roles.closureOf(assignments.role[slot] ?? NONE), number)) continue;
      const assigned = this.scopes.nameOf(assignments.scope[slot] ?? NONE);
      if (!isAtOrBelow(scope, assigned)) continue;
      if (holder instanceof IndexSubject) yield holder.id;
      else {
        for (const member of this.people.membersOf(holder)) {
          yield member.id;
          if (++steps % pauseEvery === 0) yield null;
        }
      }
    }
  }

  /** Puts in the new state of some facts. The caller says with `revision` when all of a revision is in. */
  apply(changes: Iterable<FactChange>): void {
    for (const change of changes) {
      const { key, removed } = change;
      if (change.kind === 'user') this.people.putUser(key, removed ? null : change.content);
      else if (change.kind === 'service_account') this.people.putServiceAccount(key, removed ? null : change.content);
      else if (change.kind === 'role') this.roles.put(key, removed ? null : change.content);
      else if (change.kind === 'assignment') this.putAssignment(key, removed ? null : change.content);
      else if (change.kind === 'membership') this.people.putMembership(change.content, removed);
      else if (change.kind === 'permission') {
        if (removed) this.permissions.remove(key);
        else this.permissions.add(key);
      }
    }
    if (this.words !== this.permissions.words) this.lengthenRows();
  }

  /** Nothing that was compiled by another time is believed any more. */
  timeHasJumped(): void {
    for (const subject of this.subjects.values()) subject.forget();
  }

  private putAssignment(id: string, content: AssignmentContent | null): void {
    const { assignments, people, scopes } = this;
    const slot = assignments.slotOf(id);
    if (slot !== undefined) {
      const number = assignments.holder[slot] ?? NONE;
      const holder = people.holders[number];
      if (holder !== undefined) {
        people.forgetHolder(number);
        scopes.release(assignments.scope[slot] ?? NONE);
        assignments.remove(id, slot, holder);
      }
    }
    if (content === null) return;
    const holder = content.holderType === 'group' ? people.group(content.holderId) : people.subject(content.holderId);
    assignments.add(id, holder, {
      role: this.roles.numberOf(content.roleId),
      scope: scopes.use(content.scope),
      deny: content.effect === 'deny',
      from: content.validFrom,
      until: content.validUntil ?? Number.POSITIVE_INFINITY,
    });
    people.forgetHolder(holder.number);
  }

  /** More permissions than a row has bits for: all are made anew, in new memory. It doubles, so that is rare. */
  private lengthenRows(): void {
    this.words = this.permissions.words;
    this.blocks = new AccessBlocks();
    for (const subject of this.subjects.values()) subject.empty();
  }

  private accessOf(subjectId: string): IndexSubject | undefined {
    const subject = this.subjects.get(subjectId);
    if (subject !== undefined) this.refresh(subject);
    return subject;
  }

  private refresh(subject: IndexSubject): void {
    if (subject.version !== this.roles.version) this.compileIfChanged(subject);
    else if (subject.isTimed && this.nowMs >= subject.until) this.compile(subject);
  }

  /** The roles have changed since, but perhaps none of the subject's. */
  private compileIfChanged(subject: IndexSubject): void {
    const { version } = subject;
    let isSame = version !== NEVER && this.nowMs < subject.until && !this.hasChangedRoles(subject, version);
    if (isSame) for (const group of this.people.groupsOf(subject)) isSame &&= !this.hasChangedRoles(group, version);
    if (isSame) subject.version = this.roles.version;
    else this.compile(subject);
  }

  private hasChangedRoles(holder: IndexSubject | IndexGroup, since: number): boolean {
    const { next, role } = this.assignments;
    for (let slot = holder.first; slot !== NONE; slot = next[slot] ?? NONE) {
      if (this.roles.hasChanged(role[slot] ?? NONE, since)) return true;
    }
    return false;
  }

  private compile(subject: IndexSubject): void {
    const held = new Map<number, OnScope>();
    const edges = { until: Number.POSITIVE_INFINITY };
    if (isActive(subject)) for (const slot of this.validSlots(subject, edges)) this.collect(held, slot);
    this.blocks.giveBack(subject.bits, subject.at, subject.words * rowCount(subject));
    subject.compiled(compileAccess([...held.values()], this.words, this.blocks), edges.until, this.roles.version);
  }

  private collect(held: Map<number, OnScope>, slot: number): void {
    const scope = this.assignments.scope[slot] ?? NONE;
    let onScope = held.get(scope);
    if (onScope === undefined) {
      onScope = nothingOn(this.scopes.nameOf(scope));
      held.set(scope, onScope);
    }
    const closure = this.roles.closureOf(this.assignments.role[slot] ?? NONE);
    if (this.assignments.deny[slot] === 1) deny(onScope, closure);
    else allow(onScope, closure);
  }

  /** @param edges where the next moment is kept at which one of the subject's assignments begins or ends */
  private validSlots(subject: IndexSubject, edges: { until: number } = { until: 0 }): number[] {
    const slots: number[] = [];
    this.addValidSlots(slots, subject, edges);
    for (const group of this.people.groupsOf(subject)) this.addValidSlots(slots, group, edges);
    return slots;
  }

  private addValidSlots(slots: number[], holder: IndexSubject | IndexGroup, edges: { until: number }): void {
    const { next, from, until } = this.assignments;
    for (let slot = holder.first; slot !== NONE; slot = next[slot] ?? NONE) {
      const [begins, ends] = [from[slot] ?? 0, until[slot] ?? 0];
      if (this.nowMs >= ends) continue;
      edges.until = Math.min(edges.until, this.nowMs < begins ? begins : ends);
      if (begins <= this.nowMs) slots.push(slot);
    }
  }
}

function isActive({ isActive: own, type, owner }: IndexSubject): boolean {
  if (type === null || !own) return false;
  return type === 'user' || (owner !== null && owner.type === 'user' && owner.isActive);
}
