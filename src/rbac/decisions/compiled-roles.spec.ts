import fc from 'fast-check';
import { CompiledRoles } from './compiled-roles.js';
import type { RoleContent } from './fact-change.js';
import { hasBit, PermissionNumbers } from './permission-numbers.js';

const content = (permissions: string[], parents: string[]): RoleContent => {
  return { name: 'a role', isSystem: false, permissions, parents };
};

describe('compiled roles', () => {
  it('hold what they and their ancestors hold, and say so when that has changed, whatever is put in which order', () => {
    const ids = ['r0', 'r1', 'r2', 'r3', 'r4'];
    const names = ['p:0', 'p:1', 'p:2', 'p:3'];
    const put = fc.record({
      role: fc.nat({ max: ids.length - 1 }),
      permissions: fc.subarray(names),
      parents: fc.subarray(ids),
      gone: fc.boolean(),
      asked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(put, { maxLength: 30 }), (puts) => {
        const numbers = new PermissionNumbers();
        const compiled = new CompiledRoles(numbers);
        const roles = new Map<string, RoleContent>();
        const held = (id: string) => {
          const ancestors = new Set([id]);
          for (const one of ancestors) for (const parent of roles.get(one)?.parents ?? []) ancestors.add(parent);
          return names.filter((name) => [...ancestors].some((one) => roles.get(one)?.permissions.includes(name)));
        };
        let seen = new Map(ids.map((id) => [id, held(id).join()]));
        let version = compiled.version;
        for (const { role, permissions, parents, gone, asked } of puts) {
          const id = `r${role}`;
          // Only from earlier ones: a graph without cycles.
          const given = content(permissions, gone ? [] : parents.filter((parent) => parent < id));
          if (gone) roles.delete(id);
          else roles.set(id, given);
          compiled.put(id, gone ? null : given);
          if (!asked) continue;
          for (const one of ids) {
            const bits = compiled.closureOf(compiled.numberOf(one));
            const expected = held(one);
            expect(names.filter((name) => hasBit(bits, numbers.numberOf(name)))).toEqual(expected);
            const isAnother = expected.join() !== seen.get(one);
            if (isAnother) expect(compiled.hasChanged(compiled.numberOf(one), version)).toBe(true);
          }
          seen = new Map(ids.map((one) => [one, held(one).join()]));
          version = compiled.version;
          for (const one of ids) expect(compiled.hasChanged(compiled.numberOf(one), version)).toBe(false);
        }
      }),
    );
  });

  it('are loaded by the ten thousands, and are asked again after each change', () => {
    const [ROLES, PARENTS, CHANGES] = [25_000, 20, 2_000];
    const numbers = new PermissionNumbers();
    const compiled = new CompiledRoles(numbers);
    for (let nth = 0; nth < ROLES; nth++) {
      const parents = Array.from({ length: PARENTS }, (_, back) => `r${nth - (back + 1) * 1250}`);
      compiled.put(
        `r${nth}`,
        content(
          [`p:${nth % 100}`],
          parents.filter((id) => !id.includes('-')),
        ),
      );
    }
    for (let nth = 0; nth < CHANGES; nth++) {
      const id = `r${ROLES - 1 - (nth % 1000)}`;
      compiled.put(id, content(['p:new'], []));
      expect(hasBit(compiled.closureOf(compiled.numberOf(id)), numbers.numberOf('p:new'))).toBe(true);
    }
  });
});
