import type { RoleFacts } from '../decisions/access-facts.js';
import type { NamedViolation, Violation, ViolationCandidate } from './separation.types.js';

/** At most so many are named; the others are counted. */
const NAMED = 10;

/** What a sentence about a violation calls things by, and what its reader may know of. */
export interface ViolationReading {
  subjectName: string;
  roles: ReadonlyMap<string, RoleFacts>;
  /** By groups.id. */
  groupNames: ReadonlyMap<string, string>;
  /** Whether the reader may know what is assigned on a scope. */
  maySee(scope: string): boolean;
}

/** A sentence for people: who, what, and what brings each, as far as the reader may know. */
export function describeViolation(
  { constraint, scope, from, held }: Violation,
  { subjectName, roles, groupNames, maySee }: ViolationReading,
): string {
  const seen = held.filter((member) => maySee(member.scope));
  const named = seen.slice(0, NAMED).map(({ member, roleId, groupId, scope: assignedOn }) => {
    const by =
      constraint.kind === 'roles' && member === roleId ? '' : ` by the role ${roles.get(roleId)?.name ?? roleId}`;
    const through = groupId === null ? '' : ` through the group ${groupNames.get(groupId) ?? groupId}`;
    return `${nameOf(member, roles)}${by}${through} on ${assignedOn}`;
  });
  const more = seen.length > NAMED ? ` and ${seen.length - NAMED} more` : '';
  if (seen.length < held.length) {
    const known =
      named.length === 0 ? '' : `: ${named.join('; ')}${more}, and what is assigned where you may not see it`;
    return `${subjectName} would hold more of "${constraint.name}" than the ${constraint.atMost} that may be held together${known}.`;
  }
  const count = new Set(held.map(({ member }) => member)).size;
  return (
    `${subjectName} would hold ${count} of "${constraint.name}" on ${scope} from ${new Date(from).toISOString()}, ` +
    `and ${constraint.atMost} at most may be held together: ${named.join('; ')}${more}.`
  );
}

export function namedViolation(
  { subjectId, scope, from, held }: Violation,
  { type, displayName }: ViolationCandidate,
  roles: ReadonlyMap<string, RoleFacts>,
): NamedViolation {
  return {
    subject: { type, id: subjectId, displayName },
    scope,
    from: new Date(from),
    held: held.map((member) => ({
      ...member,
      memberName: nameOf(member.member, roles),
      roleName: nameOf(member.roleId, roles),
    })),
  };
}

/** Of a role; a permission is its own name. */
function nameOf(member: string, roles: ReadonlyMap<string, RoleFacts>): string {
  return roles.get(member)?.name ?? member;
}
