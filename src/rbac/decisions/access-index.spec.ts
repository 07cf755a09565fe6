import { AccessIndex } from './access-index.js';
import type { FactChange } from './fact-change.js';

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, nth) => `p:${from + nth}`);

const permissions = (from: number, to: number): FactChange[] =>
  names(from, to).map((key) => ({ kind: 'permission', key, removed: false, content: {} }));

const role = (key: string, held: string[], parents: string[] = []): FactChange => {
  return { kind: 'role', key, removed: false, content: { name: key, isSystem: false, permissions: held, parents } };
};

const user = (key: string): FactChange => {
  return { kind: 'user', key, removed: false, content: { status: 'active', tenantId: 't', objectId: null } };
};

function assigned(key: string, holderId: string, roleId: string, scope = '/', removed = false): FactChange {
  const content = {
    holderType: 'user',
    holderId,
    roleId,
    scope,
    effect: 'allow',
    validFrom: 0,
    validUntil: null,
  } as const;
  return { kind: 'assignment', key, removed, content };
}

describe('the index', () => {
  let index: AccessIndex;

  beforeEach(() => {
    index = new AccessIndex();
    index.nowMs = 1;
    index.apply([
      ...permissions(0, 250),
      role('first', ['p:0']),
      role('heir', ['p:1'], ['first']),
      user('a'),
      user('b'),
    ]);
    index.apply([assigned('1', 'a', 'heir'), assigned('2', 'b', 'heir', '/below')]);
  });

  it('says of permissions beyond the length of its rows what it says of others', () => {
    expect(index.permissionsOf('a', '/')).toEqual(new Set(['p:0', 'p:1']));
    index.apply([...permissions(250, 600), role('first', ['p:0', 'p:599'])]);
    expect(index.permissionsOf('a', '/')).toEqual(new Set(['p:0', 'p:1', 'p:599']));
    expect(index.permissionsOf('b', '/')).toEqual(new Set());
    expect(index.permissionsOf('b', '/below/it')).toEqual(new Set(['p:0', 'p:1', 'p:599']));
    expect(index.isAllowed('b', 'p:598', '/below')).toBe(false);
  });

  it('knows at once what a role has lost from which others inherit', () => {
    expect(index.isAllowed('a', 'p:0', '/')).toBe(true);
    index.apply([role('first', [])]);
    expect(index.isAllowed('a', 'p:0', '/')).toBe(false);
    expect(index.isAllowedAnywhere('b', 'p:0')).toBe(false);
    expect(index.isAllowed('b', 'p:1', '/below')).toBe(true);
  });

  it('leaves nothing of one subject in memory that another gets', () => {
    const scopes = Array.from({ length: 20 }, (_, nth) => `/s${nth}`);
    for (const [nth, scope] of scopes.entries()) index.apply([assigned(`many ${nth}`, 'a', 'heir', scope)]);
    expect(index.isAllowedEverywhere('a', 'p:0')).toBe(true);
    index.apply(scopes.map((scope, nth) => assigned(`many ${nth}`, 'a', 'heir', scope, true)));
    index.apply([assigned('1', 'a', 'heir', '/', true), role('other', ['p:7'])]);
    expect(index.permissionsOf('a', '/s3')).toEqual(new Set());
    index.apply(scopes.map((scope, nth) => assigned(`other ${nth}`, 'b', 'other', `/below${scope}`)));
    expect(index.permissionsOf('b', '/')).toEqual(new Set());
    expect(index.permissionsOf('b', '/below/s3/x')).toEqual(new Set(['p:0', 'p:1', 'p:7']));
    expect(index.permissionsOf('b', '/below/else')).toEqual(new Set(['p:0', 'p:1']));
  });
});
