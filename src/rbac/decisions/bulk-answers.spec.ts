import { AccessIndex } from './access-index.js';
import { answerList, answerMatrix } from './bulk-answers.js';

const [ROLE, READER, NOBODY] = ['a role', 'a reader', 'nobody'];
const SCOPES = ['/', '/tenants/t', '/tenants/t/apps/a', '/tenants/tt'];

function indexOfOneReader(): AccessIndex {
  const index = new AccessIndex();
  index.apply([
    { kind: 'permission', key: 'drift:read', removed: false, content: {} },
    { kind: 'permission', key: 'drift:scan', removed: false, content: {} },
    {
      kind: 'role',
      key: ROLE,
      removed: false,
      content: { name: ROLE, isSystem: false, permissions: ['drift:read'], parents: [] },
    },
    { kind: 'user', key: READER, removed: false, content: { status: 'active', tenantId: 't', objectId: null } },
    {
      kind: 'assignment',
      key: 'an assignment',
      removed: false,
      content: {
        holderType: 'user',
        holderId: READER,
        roleId: ROLE,
        scope: '/tenants/t',
        effect: 'allow',
        validFrom: 0,
        validUntil: null,
      },
    },
  ]);
  index.nowMs = 1;
  return index;
}

/** How often others had their turn, and what came out. */
function run<T>(slices: Generator<undefined, T>): { turns: number; result: T } {
  for (let turns = 0; ; turns++) {
    const { done, value } = slices.next();
    if (done === true) return { turns, result: value };
  }
}

describe('answers in bulk', () => {
  const index = indexOfOneReader();

  it('are a text a subject, scope by scope, permission by permission', () => {
    const matrix = { subjectIds: [READER, NOBODY], scopes: SCOPES, permissions: ['drift:scan', 'drift:read'] };
    const { result } = run(answerMatrix(index, matrix));
    expect(result).toEqual({ allowed: ['00010100', '00000000'], unknown: [] });
  });

  it.each(['list', 'matrix'])('let others have their turn, as a %s', (how) => {
    const many = Array.from({ length: 10_000 }, (_, nth) => (nth % 2 === 0 ? READER : NOBODY));
    const scope = '/tenants/t';
    const { turns, result } =
      how === 'list'
        ? run(
            answerList(
              index,
              many.map((subjectId) => ({ subjectId, permission: 'drift:read', scope })),
              0,
            ),
          )
        : run(answerMatrix(index, { subjectIds: many, scopes: [scope], permissions: ['drift:read'] }, 0));
    expect(turns).toBeGreaterThan(30);
    expect(result.allowed.map((answer) => answer === true || answer === '1')).toEqual(many.map((id) => id === READER));
  });

  it('name unknown permissions by where they stand, a hundred at most', () => {
    const permissions = ['drift:read', ...Array.from({ length: 300 }, (_, nth) => `no:such${nth}`)];
    const { unknown } = run(answerMatrix(index, { subjectIds: [READER], scopes: ['/'], permissions })).result;
    expect([unknown.length, unknown[0], unknown[99]]).toEqual([
      100,
      '/matrix/permissions/1',
      '/matrix/permissions/100',
    ]);
    const questions = permissions.map((permission) => ({ subjectId: READER, permission, scope: '/' }));
    expect(run(answerList(index, questions)).result.unknown[99]).toBe('/checks/100/permission');
  });
});
