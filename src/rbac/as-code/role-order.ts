/**
 * Roles in an order in which each comes after those that it inherits from.
 *
 * @param parentsOf names by name; parents that are no key are taken as given
 * @returns the order, or where the roles go round in a circle, that circle
 */
export function orderRoles(parentsOf: ReadonlyMap<string, readonly string[]>): {
  order: string[];
  cycle: string[] | null;
} {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // Walked without recursion: a chain is as long as a document may be.
  for (const start of parentsOf.keys()) {
    const path: { name: string; next: number }[] = [];
    enter(start);
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top === undefined) break;
      const parent = parentsOf.get(top.name)?.[top.next++];
      if (parent === undefined) {
        state.set(top.name, 'done');
        order.push(top.name);
        path.pop();
      } else if (state.get(parent) === 'open') {
        const names = path.map(({ name }) => name);
        return { order, cycle: [...names.slice(names.indexOf(parent)), parent] };
      } else enter(parent);
    }
    function enter(name: string): void {
      if (state.has(name) || !parentsOf.has(name)) return;
      state.set(name, 'open');
      path.push({ name, next: 0 });
    }
  }
  return { order, cycle: null };
}

/**
 * How many roles lie one above another at most. Parents that are no key inherit from nothing.
 *
 * @param order each after its parents
 */
export function levelsOf(order: readonly string[], parentsOf: ReadonlyMap<string, readonly string[]>): number {
  const levels = new Map<string, number>();
  let deepest = 0;
  for (const name of order) {
    let above = 0;
    for (const parent of parentsOf.get(name) ?? []) above = Math.max(above, levels.get(parent) ?? 1);
    levels.set(name, above + 1);
    deepest = Math.max(deepest, above + 1);
  }
  return deepest;
}
