import type { AssignmentFacts, RoleFacts, SubjectFacts } from '../decisions/access-facts.js';
import { RoleClosures } from '../decisions/role-closures.js';
import { isAtOrBelow } from '../scope.js';
import type { HeldMember, SeparationConstraint, Violation } from './separation.types.js';

/** One subject and all roles, at one moment of their history. */
export interface HeldFacts {
  subject: SubjectFacts;
  roles: ReadonlyMap<string, RoleFacts>;
}

interface Holding {
  member: string;
  assignment: AssignmentFacts;
  /** Unix milliseconds; not before now. */
  from: number;
  /** Unix milliseconds; Infinity for no end. */
  until: number;
}

/**
 * Static separation of duties (ANSI INCITS 359-2012, 6.3), over places and time: at no place and no moment from now on may a subject
 * hold more than `atMost` of the members. What counts is stated at SeparationService.
 *
 * Scopes are a tree, so members whose scopes overlap pairwise lie on one path and meet at the lowest of them; periods that overlap
 * pairwise have a moment in common. It is enough to look at every scope that is named, and there at every beginning and end.
 *
 * @param now Unix milliseconds, by the database's clock
 * @param before with it, only what is new: places and moments where a member is held that was not held there and then before
 * @returns at most one for each constraint: the widest place, and there the first moment
 */
export function findViolations(
  { subject, roles }: HeldFacts,
  constraints: readonly SeparationConstraint[],
  now: number,
  before?: HeldFacts,
): Violation[] {
  return constraints.flatMap((constraint) => {
    const holdings = holdingsOf({ subject, roles }, constraint, now);
    if (new Set(holdings.map(({ member }) => member)).size <= constraint.atMost) return [];
    const earlier = before === undefined ? [] : holdingsOf(before, constraint, now);
    const scopes = [...new Set([...holdings, ...earlier].map(({ assignment }) => assignment.scope))];
    scopes.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    for (const scope of scopes) {
      const here = holdings.filter(({ assignment }) => isAtOrBelow(scope, assignment.scope));
      const hereBefore = earlier.filter(({ assignment }) => isAtOrBelow(scope, assignment.scope));
      const from = firstExcess(here, hereBefore, constraint.atMost);
      if (from === null) continue;
      const held = here.filter((holding) => holding.from <= from && from < holding.until).map(heldMember);
      return [{ constraint, subjectId: subject.id, scope, from, held }];
    }
    return [];
  });
}

/** The first moment with more than `atMost` members of which one was not held then before; null for never. */
function firstExcess(holdings: readonly Holding[], earlier: readonly Holding[], atMost: number): number | null {
  const now = new Map<string, number>();
  const before = new Map<string, number>();
  const edges = [...edgesOf(holdings, now), ...edgesOf(earlier, before)].sort((a, b) => a.at - b.at);
  for (const [nth, { at, counts, member, step }] of edges.entries()) {
    const count = (counts.get(member) ?? 0) + step;
    if (count === 0) counts.delete(member);
    else counts.set(member, count);
    // A period ends before the moment it ends at: all that happens at one moment is seen together.
    if (edges[nth + 1]?.at === at) continue;
    if (now.size > atMost && [...now.keys()].some((held) => !before.has(held))) return at;
  }
  return null;
}

function edgesOf(holdings: readonly Holding[], counts: Map<string, number>) {
  return holdings.flatMap(({ member, from, until }) => [
    { at: from, counts, member, step: 1 },
    { at: until, counts, member, step: -1 },
  ]);
}

function holdingsOf(
  { subject, roles: all }: HeldFacts,
  { kind, members }: SeparationConstraint,
  now: number,
): Holding[] {
  const closures = RoleClosures.in(all);
  const standing = subject.assignments.filter(({ validUntil }) => validUntil === null || validUntil > now);
  const denials = kind === 'roles' ? [] : standing.filter(({ effect }) => effect === 'deny');
  return standing
    .filter(({ effect }) => effect === 'allow')
    .flatMap((assignment) => {
      const { roles, permissions } = closures.of(assignment.roleId);
      const brought: ReadonlySet<string> = kind === 'roles' ? roles : permissions;
      const from = Math.max(assignment.validFrom, now);
      const until = endOf(assignment);
      const isDenied = (permission: string) =>
        denials.some(
          (denial) =>
            isAtOrBelow(assignment.scope, denial.scope) &&
            denial.validFrom <= from &&
            endOf(denial) >= until &&
            closures.of(denial.roleId).permissions.has(permission),
        );
      return members
        .filter((member) => from < until && brought.has(member) && !isDenied(member))
        .map((member) => ({ member, assignment, from, until }));
    });
}

function heldMember({ member, assignment }: Holding): HeldMember {
  const { id, roleId, holderType, holderId, scope } = assignment;
  return { member, assignmentId: id, roleId, groupId: holderType === 'group' ? holderId : null, scope };
}

function endOf({ validUntil }: AssignmentFacts): number {
  return validUntil ?? Number.POSITIVE_INFINITY;
}
