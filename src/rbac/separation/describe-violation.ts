import type { RoleFacts } from '../decisions/access-facts.js';
import type { NamedViolation, Violation, ViolationCandidate } from './separation.types.js';

/** At most so many are named; the others are counted. */
const NAMED = 10;

/** A sentence for people: who, what, and what brings each. */
export function describeViolation(
  { constraint, scope, from, held }: Violation,
  subjectName: string,
  roles: ReadonlyMap<string, RoleFacts>,
): string {
  const named = held.slice(0, NAMED).map(({ member, roleId, groupId, scope: assignedOn }) => {
    const by =
      constraint.kind === 'roles' && member === roleId ? '' : ` by the role ${roles.get(roleId)?.name ?? roleId}`;
    const through = groupId === null ? '' : ` through the group ${groupId}`;
    return `${nameOf(member, roles)}${by}${through} on ${assignedOn}`;
  });
  const more = held.length > NAMED ? ` and ${held.length - NAMED} more` : '';
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
