import fc from 'fast-check';
import type { AccessGrant } from '../rbac.types.js';
import { allowedPermissions, evaluateAccess, isPermission } from './evaluate-access.js';

const grant = (
  permission: AccessGrant['permission'],
  effect: AccessGrant['effect'],
  assignmentId: string = effect,
): AccessGrant => ({
  permission,
  effect,
  assignmentId,
  roleName: 'a role',
  scope: '/',
  validUntil: null,
});

describe('evaluateAccess', () => {
  it('allows what is granted and nothing else', () => {
    expect([...allowedPermissions([grant('drift:read', 'allow')])]).toEqual(['drift:read']);
    expect(allowedPermissions([]).size).toBe(0);
  });

  it('denies what only a denial speaks of', () => {
    expect(allowedPermissions([grant('drift:read', 'deny')]).size).toBe(0);
  });

  it('lets one denial win over any number of grants, in any order', () => {
    const grants = fc.array(
      fc.tuple(
        fc.constantFrom('drift:read' as const, 'users:read' as const),
        fc.constantFrom('allow' as const, 'deny' as const),
      ),
    );
    fc.assert(
      fc.property(grants, (pairs) => {
        const allowed = allowedPermissions(
          pairs.map(([permission, effect], index) => grant(permission, effect, String(index))),
        );
        for (const permission of ['drift:read', 'users:read'] as const) {
          const effects = pairs.filter(([name]) => name === permission).map(([, effect]) => effect);
          expect(allowed.has(permission)).toBe(effects.includes('allow') && !effects.includes('deny'));
        }
      }),
    );
  });

  it('tells every path, granting and denying', () => {
    const [access] = evaluateAccess([grant('drift:read', 'allow', 'a'), grant('drift:read', 'deny', 'b')]);
    expect(access?.via.map(({ assignmentId }) => assignmentId)).toEqual(['a', 'b']);
  });

  it.each(['constructor', '__proto__', 'toString', '', 'drift:Read'])('knows no permission %p', (name) => {
    expect(isPermission(name)).toBe(false);
  });
});
