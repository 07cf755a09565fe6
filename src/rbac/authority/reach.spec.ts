import type { AssignmentFacts } from '../decisions/access-facts.js';
import { deltaOf, reachOf } from './reach.js';

const NOW = 1000;
const row = (more: Partial<AssignmentFacts> = {}): AssignmentFacts => ({
  id: 'a',
  holderType: 'user',
  holderId: 'somebody',
  roleId: 'both',
  scope: '/a',
  effect: 'allow',
  validFrom: 0,
  validUntil: null,
  ...more,
});
const PERMISSIONS: Record<string, string[]> = { both: ['read', 'write'], writer: ['write'] };
const reach = (...rows: AssignmentFacts[]) => reachOf(rows, (role) => new Set(PERMISSIONS[role]), NOW);
const whole = { permissions: ['read', 'write'], scope: '/a', gives: true, until: null };

describe('what comes with getting somebody’s access', () => {
  it.each([
    ['now', row()],
    ['only later', row({ validFrom: NOW + 1 })],
  ])('is what is allowed %s', (_when, allowed) => {
    expect(reach(allowed)).toEqual([whole]);
  });

  it('lasts no longer than it is assigned, and what ended is nothing', () => {
    expect(reach(row({ validUntil: NOW + 1 }))).toEqual([{ ...whole, until: new Date(NOW + 1) }]);
    expect(reach(row({ validUntil: NOW }))).toEqual([]);
  });

  it.each([
    ['stands, on the whole of it and without an end', { scope: '/' }, ['read']],
    ['ends', { validUntil: NOW + 1 }, ['read', 'write']],
    ['begins later', { validFrom: NOW + 1 }, ['read', 'write']],
    ['covers only a part', { scope: '/a/b' }, ['read', 'write']],
  ])('is less by a denial that %s', (_what, denial, permissions) => {
    expect(reach(row(), row({ roleId: 'writer', effect: 'deny', ...denial }))).toEqual([{ ...whole, permissions }]);
  });

  it('is nothing of what is denied wholly', () => {
    expect(reach(row(), row({ effect: 'deny' }))).toEqual([]);
  });
});

describe('what an assignment changes', () => {
  it.each([
    ['allow', true, true],
    ['allow', false, false],
    ['deny', true, false],
    ['deny', false, true],
  ] as const)('%s, made: %s, gives: %s', (effect, adding, gives) => {
    const validUntil = new Date(NOW);
    expect(deltaOf({ scope: '/a', effect, validUntil }, ['read'], adding)).toEqual({
      permissions: ['read'],
      scope: '/a',
      gives,
      until: validUntil,
    });
  });
});
