import { ROOT_SCOPE } from '../scope.js';
import { AssignmentStore, NONE } from './assignment-store.js';
import { bitsAt, type CompiledAccess, compileAccess, isEverywhere, type OnScope, union } from './compiled-access.js';
import type { AssignmentContent, FactChange } from './fact-change.js';
import { IndexPeople } from './index-people.js';
import { type IndexGroup, IndexSubject } from './index-subject.js';
import { hasBit, PermissionNumbers } from './permission-numbers.js';
import { RoleGraph } from './role-graph.js';
import { ScopeNames } from './scope-names.js';

const NO_BITS = new Uint32Array(0);

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
  private readonly roles = new RoleGraph(this.permissions);
  private readonly scopes = new ScopeNames();
  private readonly assignments = new AssignmentStore();
  private readonly people = new IndexPeople();
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
    if (subject.isTimed && this.nowMs >= subject.until) this.compile(subject);
    const bits = scope === ROOT_SCOPE ? subject.root : bitsAt(subject, scope);
    return (((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
  }

  /** Whether there is any scope where. @returns undefined for a permission that doesn't exist */
  isAllowedAnywhere(subjectId: string, permission: string): boolean | undefined {
    const number = this.existing.get(permission);
    if (number === undefined) return undefined;
    return hasBit(this.accessOf(subjectId)?.anywhere ?? NO_BITS, number);
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
    return access === undefined ? new Set() : this.permissions.namesIn(bitsAt(access, scope));
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
      if (assigned !== ROOT_SCOPE && scope !== assigned && !scope.startsWith(`${assigned}/`)) continue;
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
      else if (change.kind === 'role') this.forgetHoldersOf(this.roles.put(key, removed ? null : change.content));
      else if (change.kind === 'assignment') this.putAssignment(key, removed ? null : change.content);
      else if (change.kind === 'membership') this.people.putMembership(change.content, removed);
      else if (change.kind === 'permission') {
        if (removed) this.permissions.remove(key);
        else this.permissions.add(key);
      }
    }
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

  /** @param changed per role: 1 for those that may hold something else now */
  private forgetHoldersOf(changed: Uint8Array): void {
    const { role, holder, end } = this.assignments;
    const forgotten = new Set<number>();
    for (let slot = 0; slot < end; slot++) {
      if (changed[role[slot] ?? NONE] !== 1) continue;
      const number = holder[slot] ?? NONE;
      if (number === NONE || forgotten.has(number)) continue;
      forgotten.add(number);
      this.people.forgetHolder(number);
    }
  }

  private accessOf(subjectId: string): CompiledAccess | undefined {
    const subject = this.subjects.get(subjectId);
    if (subject?.isTimed && this.nowMs >= subject.until) this.compile(subject);
    return subject;
  }

  private compile(subject: IndexSubject): void {
    const held = new Map<number, OnScope>();
    const edges = { until: Number.POSITIVE_INFINITY };
    if (isActive(subject)) for (const slot of this.validSlots(subject, edges)) this.collect(held, slot);
    subject.compiled(compileAccess([...held.values()], this.permissions.words), edges.until);
  }

  private collect(held: Map<number, OnScope>, slot: number): void {
    const number = this.assignments.scope[slot] ?? NONE;
    let onScope = held.get(number);
    if (onScope === undefined) {
      onScope = { scope: this.scopes.nameOf(number), allow: null, deny: null };
      held.set(number, onScope);
    }
    const closure = this.roles.closureOf(this.assignments.role[slot] ?? NONE);
    const effect = this.assignments.deny[slot] === 1 ? 'deny' : 'allow';
    onScope[effect] = union(onScope[effect], closure);
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
