/** Which roles each role inherits from directly; roles without parents may be absent. By roles.id. */
export type ParentsOfRole = ReadonlyMap<string, readonly string[]>;

/**
 * The way from a role through its new parents back to itself.
 *
 * @param parents what the role shall inherit from; its former parents don't matter
 * @returns roles.id, the role first and last; null when there is none
 */
export function findCycle(parentsOf: ParentsOfRole, role: string, parents: readonly string[]): string[] | null {
  const cameFrom = new Map<string, string>();
  const open: string[] = [];
  const reach = (ids: readonly string[], from: string) => {
    for (const id of ids) {
      if (cameFrom.has(id)) continue;
      cameFrom.set(id, from);
      open.push(id);
    }
  };
  reach(parents, role);
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    if (id === role) return pathBack(cameFrom, role);
    reach(parentsOf.get(id) ?? [], id);
  }
  return null;
}

function pathBack(cameFrom: ReadonlyMap<string, string>, role: string): string[] {
  const path = [role];
  let step = cameFrom.get(role);
  while (step !== undefined && step !== role) {
    path.push(step);
    step = cameFrom.get(step);
  }
  return [...path, role].reverse();
}

/**
 * How many roles lie one above another on the longest way through a role, itself included.
 *
 * @param parentsOf without cycles, the role's own new parents included
 */
export function levelsThrough(parentsOf: ParentsOfRole, role: string): number {
  const heirsOf = new Map<string, string[]>();
  for (const [heir, parents] of parentsOf) {
    for (const parent of parents) {
      const heirs = heirsOf.get(parent);
      if (heirs === undefined) heirsOf.set(parent, [heir]);
      else heirs.push(heir);
    }
  }
  return longestWay(parentsOf, role) + longestWay(heirsOf, role) - 1;
}

function longestWay(next: ParentsOfRole, from: string): number {
  const lengths = new Map<string, number>();
  const lengthOf = (role: string): number => {
    const known = lengths.get(role);
    if (known !== undefined) return known;
    let longest = 0;
    for (const id of next.get(role) ?? []) longest = Math.max(longest, lengthOf(id));
    lengths.set(role, longest + 1);
    return longest + 1;
  };
  return lengthOf(from);
}
