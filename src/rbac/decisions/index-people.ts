import type { MembershipContent, ServiceAccountContent, UserContent } from './fact-change.js';
import { IndexGroup, IndexSubject } from './index-subject.js';

/** Who there is: users, programs and groups, and who belongs to what. */
export class IndexPeople {
  readonly subjects = new Map<string, IndexSubject>();
  /** By their number: whoever assignments can be of. */
  readonly holders: (IndexSubject | IndexGroup)[] = [];
  private readonly groups = new Map<string, IndexGroup>();
  private readonly byObject = new Map<string, IndexSubject>();
  private readonly groupsOfUser = new Map<string, Set<IndexGroup>>();
  private readonly groupsOfObject = new Map<string, Set<IndexGroup>>();

  /** Also of somebody who isn't known yet, and may do nothing. */
  subject(id: string): IndexSubject {
    let subject = this.subjects.get(id);
    if (subject === undefined) {
      subject = new IndexSubject(id, this.holders.length);
      this.holders.push(subject);
      this.subjects.set(id, subject);
    }
    return subject;
  }

  group(id: string): IndexGroup {
    let group = this.groups.get(id);
    if (group === undefined) {
      group = new IndexGroup(id, this.holders.length);
      this.holders.push(group);
      this.groups.set(id, group);
    }
    return group;
  }

  /** @param content null when the user is gone */
  putUser(id: string, content: UserContent | null): void {
    const subject = this.subject(id);
    if (subject.objectId !== null) {
      const key = objectKey(subject.tenantId, subject.objectId);
      if (this.byObject.get(key) === subject) this.byObject.delete(key);
    }
    subject.type = content === null ? null : 'user';
    subject.isActive = content?.status === 'active';
    subject.tenantId = content?.tenantId ?? null;
    subject.objectId = content?.objectId ?? null;
    if (subject.objectId !== null) this.byObject.set(objectKey(subject.tenantId, subject.objectId), subject);
    subject.forget();
    for (const program of subject.programs ?? []) program.forget();
  }

  /** @param content null when the program is gone */
  putServiceAccount(id: string, content: ServiceAccountContent | null): void {
    const program = this.subject(id);
    program.owner?.programs?.delete(program);
    program.type = content === null ? null : 'service_account';
    program.isActive = content?.status === 'active';
    program.tenantId = content?.tenantId ?? null;
    program.owner = content === null ? null : this.subject(content.ownerUserId);
    if (program.owner !== null) {
      program.owner.programs ??= new Set();
      program.owner.programs.add(program);
    }
    program.forget();
  }

  putMembership({ groupId, userId, objectId, groupTenantId }: MembershipContent, removed: boolean): void {
    const group = this.group(groupId);
    group.tenantId = groupTenantId ?? group.tenantId;
    const [members, groupsOf, member] =
      userId === null ? [group.objects, this.groupsOfObject, objectId ?? ''] : [group.users, this.groupsOfUser, userId];
    const groups = groupsOf.get(member) ?? new Set();
    if (removed) {
      members.delete(member);
      groups.delete(group);
    } else {
      members.add(member);
      groups.add(group);
    }
    if (groups.size === 0) groupsOf.delete(member);
    else groupsOf.set(member, groups);
    const subject = userId === null ? this.byObject.get(objectKey(group.tenantId, member)) : this.subjects.get(userId);
    subject?.forget();
  }

  /** The groups whose assignments are the subject's too. */
  *groupsOf({ id, type, tenantId, objectId }: IndexSubject): Iterable<IndexGroup> {
    if (type !== 'user') return;
    yield* this.groupsOfUser.get(id) ?? [];
    if (objectId === null) return;
    for (const group of this.groupsOfObject.get(objectId) ?? []) {
      // SCIM's groups name users by their id: being in one twice counts once.
      if (group.tenantId === tenantId && !group.users.has(id)) yield group;
    }
  }

  /** Whom a group's assignments count for, as far as they are known. */
  *membersOf({ tenantId, users, objects }: IndexGroup): Iterable<IndexSubject> {
    for (const id of users) {
      const subject = this.subjects.get(id);
      if (subject !== undefined) yield subject;
    }
    for (const objectId of objects) {
      const subject = this.byObject.get(objectKey(tenantId, objectId));
      if (subject !== undefined) yield subject;
    }
  }

  /** Whoever's access hangs on the assignments of this holder may do something else now. */
  forgetHolder(number: number): void {
    const holder = this.holders[number];
    if (holder instanceof IndexSubject) holder.forget();
    else if (holder !== undefined) for (const member of this.membersOf(holder)) member.forget();
  }
}

/** An object id is somebody's within one tenant only. */
function objectKey(tenantId: string | null, objectId: string): string {
  return `${tenantId}:${objectId}`;
}
