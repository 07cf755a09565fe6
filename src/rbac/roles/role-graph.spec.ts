import fc from 'fast-check';
import { findCycle, levelsThrough } from './role-graph.js';

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));

describe('roles that inherit from each other', () => {
  it.each([
    ['itself', {}, ['a'], ['a', 'a']],
    ['one that inherits from it', { b: ['a'] }, ['b'], ['a', 'b', 'a']],
    ['one that does so through others', { b: ['x', 'c'], c: ['d'], d: ['a'] }, ['y', 'b'], ['a', 'b', 'c', 'd', 'a']],
  ])('make a cycle when one inherits from %s', (_what, edges, parents, cycle) => {
    expect(findCycle(graph(edges), 'a', parents)).toEqual(cycle);
  });

  it('make none when two ways lead to the same role, or when the former parents would', () => {
    expect(findCycle(graph({ b: ['d'], c: ['d'] }), 'a', ['b', 'c'])).toBeNull();
    expect(findCycle(graph({ a: ['b'] }), 'b', ['c'])).toBeNull();
    expect(findCycle(graph({ a: ['b'] }), 'b', [])).toBeNull();
  });

  it('are counted in levels by the longest way through a role', () => {
    expect(levelsThrough(graph({}), 'a')).toBe(1);
    const edges = graph({ a: ['b', 'd'], b: ['c'], c: ['d'], heir: ['a'], other: ['d'] });
    expect(['a', 'd', 'heir', 'other'].map((role) => levelsThrough(edges, role))).toEqual([5, 5, 5, 2]);
  });

  it('are walked in no time when every role of 20 levels inherits from all of the next', () => {
    const wide = new Map<string, string[]>();
    for (let level = 0; level < 19; level++) {
      const next = Array.from({ length: 50 }, (_, index) => `${level + 1}.${index}`);
      for (let index = 0; index < 50; index++) wide.set(`${level}.${index}`, next);
    }
    expect(findCycle(wide, 'new', ['0.0'])).toBeNull();
    expect(levelsThrough(wide, '10.3')).toBe(20);
  });

  it('are never in a cycle that isn’t found: what is accepted stays a DAG', () => {
    const edits = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.uniqueArray(fc.integer({ min: 0, max: 6 }))));
    fc.assert(
      fc.property(edits, (changes) => {
        const parentsOf = new Map<string, string[]>();
        for (const [role, parents] of changes) {
          const names = parents.map(String);
          const cycle = findCycle(parentsOf, String(role), names);
          if (cycle === null) parentsOf.set(String(role), names);
          else {
            expect([cycle[0], cycle.at(-1)]).toEqual([String(role), String(role)]);
            cycle.slice(1).forEach((id, index) => {
              const from = index === 0 ? names : (parentsOf.get(cycle[index] ?? '') ?? []);
              expect(from).toContain(id);
            });
          }
        }
        // Kahn: without a cycle the roles can be taken away one by one.
        const left = new Map(parentsOf);
        for (let before = -1; before !== left.size; ) {
          before = left.size;
          for (const [role, parents] of left) if (parents.every((parent) => !left.has(parent))) left.delete(role);
        }
        expect(left.size).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });
});
