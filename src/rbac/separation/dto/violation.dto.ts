import type { NamedViolation } from '../separation.types.js';

/** Somebody who holds more of a constraint's members than anybody may. */
export class ViolationDto {
  subject: ViolatingSubjectDto;
  /** Where they meet. */
  scope: string;
  /** The first such moment from now on. */
  from: string;
  /** Everything that brings a member there and then. */
  held: HeldMemberDto[];

  static from({ subject, scope, from, held }: NamedViolation): ViolationDto {
    return {
      subject: { type: subject.type, id: subject.id, displayName: subject.displayName },
      scope,
      from: from.toISOString(),
      held: held.map((member) => ({
        member: member.member,
        memberName: member.memberName,
        assignment: member.assignmentId,
        role: member.roleId,
        roleName: member.roleName,
        group: member.groupId,
        scope: member.scope,
      })),
    };
  }
}

export class ViolatingSubjectDto {
  type: 'user' | 'service_account';
  /** users.id or service_accounts.id */
  id: string;
  displayName: string;
}

/** One assignment that brings one member. */
export class HeldMemberDto {
  /** roles.id, or the name of a permission. */
  member: string;
  memberName: string;
  /** role_assignments.id */
  assignment: string;
  /** The assigned role; it may have the member by inheritance. */
  role: string;
  roleName: string;
  /** groups.id when it comes with a group. */
  group: string | null;
  scope: string;
}

export class ViolationPageDto {
  items: ViolationDto[];
  nextCursor: string | null;
}
