import { MAX_ASSIGNMENTS_OF_SUBJECT } from '../../src/rbac/assignments/assignment-limits.service.js';
import { inHours, type Person, RbacStage, said } from './rbac-stage.js';

const NO_WAY_UP = [403, 'rbac.no_way_up'];

describe('assignments', () => {
  let rbac: RbacStage;
  let reader: string;
  let manager: string;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    reader = await rbac.role('reader', { permissions: ['drift:read', 'tenants:read'] });
    manager = await rbac.role('manager', { permissions: ['access:manage', 'access:read'], parents: [reader] });
  }, 60_000);
  afterAll(() => rbac.close());

  const check = async (subject: string, permission: string, scope = '/') =>
    (await rbac.admin('POST', '/rbac/check', { subject, permission, scope })).body['allowed'];
  const list = async (token: string, query = '') => {
    const { status, body } = await rbac.call(token, 'GET', `/rbac/assignments?limit=200${query}`);
    expect(status).toBe(200);
    return (body['items'] as { id: string; scope: string }[]).map(({ id }) => id);
  };

  it('hold on their scope and below it, and are denied there whatever is given closer', async () => {
    const { id } = await rbac.person(0);
    await rbac.given(id, reader, { scope: '/tenants/T' });
    expect(await check(id, 'drift:read', '/tenants/T/apps/A')).toBe(true);
    expect(await check(id, 'drift:read', '/tenants/Tx')).toBe(false);
    expect(await check(id, 'drift:read')).toBe(false);
    await rbac.given(id, reader, { scope: '/tenants/T/apps', effect: 'deny' });
    await rbac.given(id, reader, { scope: '/tenants/T/apps/A' });
    expect(await check(id, 'drift:read', '/tenants/T/apps/A')).toBe(false);
    expect(await check(id, 'drift:read', '/tenants/T')).toBe(true);
  });

  it('are not given twice, however the same is said', async () => {
    const { id } = await rbac.person(5);
    const admin = rbac.administrator.token;
    const EXISTS = [409, 'rbac.assignment_exists'];
    const [tomorrow, later] = [inHours(24), inHours(48)];
    await rbac.given(id, reader, { scope: '/twice' });
    expect(said(await rbac.assign(admin, id, reader, { scope: '/twice', reason: 'another' }))).toEqual(EXISTS);
    const before = { scope: '/twice', validFrom: '2020-01-01T00:00:00Z' };
    expect(said(await rbac.assign(admin, id, reader, before))).toEqual(EXISTS);
    // Whatever differs in what it says is another one.
    for (const more of [
      { effect: 'deny' },
      { scope: '/twice/b' },
      { validFrom: tomorrow },
      { validUntil: tomorrow },
      { validUntil: later },
    ]) {
      const content = { scope: '/twice', ...more };
      expect((await rbac.assign(admin, id, reader, content)).status).toBe(201);
      expect(said(await rbac.assign(admin, id, reader, content))).toEqual(EXISTS);
    }
    // Nor by two at once.
    const once = { scope: '/once' };
    const answers = await Promise.all([rbac.assign(admin, id, reader, once), rbac.assign(admin, id, reader, once)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('are no more of one subject than decisions can bear, eligible ones neither', async () => {
    const { id } = await rbac.person(6);
    const admin = rbac.administrator.token;
    await rbac.stage.sql(
      `INSERT INTO role_assignments (id, user_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
       SELECT gen_random_uuid(), $1, $2, '/many/' || n, 'deny', 'many', 'system', 'test' FROM generate_series(1, $3::int) AS n`,
      [id, reader, MAX_ASSIGNMENTS_OF_SUBJECT - 1],
    );
    await rbac.given(id, reader, { scope: '/last' });
    const another = { scope: '/one-more' };
    expect(said(await rbac.assign(admin, id, reader, another))).toEqual([409, 'rbac.too_many_assignments']);
    const [first] = await list(admin, `&subject=${id}`);
    expect((await rbac.admin('DELETE', `/rbac/assignments/${first}`)).status).toBe(204);
    expect((await rbac.assign(admin, id, reader, another)).status).toBe(201);
    await rbac.stage.sql(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       SELECT gen_random_uuid(), $1, $2, '/many/' || n, 'many', 'system', 'test' FROM generate_series(1, $3::int) AS n`,
      [id, reader, MAX_ASSIGNMENTS_OF_SUBJECT - 1],
    );
    const eligible = () =>
      rbac.admin('POST', '/rbac/eligible-assignments', { subject: id, role: reader, scope: '/e', reason: 'a test' });
    expect((await eligible()).status).toBe(201);
    expect(said(await eligible())).toEqual([409, 'rbac.too_many_assignments']);
    for (const table of ['eligible_assignments', 'role_assignments']) {
      await rbac.stage.sql(`DELETE FROM ${table} WHERE user_id = $1`, [id]);
    }
  });

  it('are of a user, a service account or a group, and say of whom', async () => {
    const member = await rbac.person(1);
    const group = await rbac.group('readers', [member.id]);
    const account = String((await rbac.admin('POST', '/service-accounts', { name: 'p', description: 'x' })).body['id']);
    for (const [type, id] of [
      ['user', member.id],
      ['service_account', account],
      ['group', group],
    ] as const) {
      const answer = await rbac.assign(rbac.administrator.token, id, reader, { scope: `/of/${type}` });
      expect([answer.status, answer.body['subject']]).toEqual([201, { type, id }]);
      expect(await list(rbac.administrator.token, `&subject=${id}`)).toEqual([answer.body['id']]);
    }
    expect(await check(member.id, 'drift:read', '/of/group')).toBe(true);
    expect(await check(member.id, 'drift:read', '/of/service_account')).toBe(false);
    const unknown = '0198f000-0000-7000-8000-000000000000';
    expect(said(await rbac.assign(rbac.administrator.token, unknown, reader))).toEqual([400, 'rbac.unknown_subject']);
    expect(said(await rbac.assign(rbac.administrator.token, member.id, unknown))).toEqual([400, 'rbac.unknown_role']);
  });

  it.each([
    '/..',
    '/tenants/../x',
    'tenants',
    '/tenants/',
    '//',
    '/a'.repeat(11),
    '/a'.repeat(1000),
    '/ä',
    '/%2e%2e',
    '',
    null,
    5,
    ['/'],
  ])('are on no scope that is written %j', async (scope) => {
    const answer = await rbac.assign(rbac.administrator.token, rbac.administrator.id, reader, { scope });
    expect(said(answer)).toEqual([400, 'request.invalid']);
  });

  it('are filtered by subject, role, scope and effect, in pages', async () => {
    const { id } = await rbac.person(2);
    const made = [
      await rbac.given(id, reader, { scope: '/filter' }),
      await rbac.given(id, reader, { scope: '/filter/a' }),
      await rbac.given(id, manager, { scope: '/filter/a/b', effect: 'deny' }),
      await rbac.given(id, reader, { scope: '/filter0' }),
    ];
    const { token } = rbac.administrator;
    expect(await list(token, `&subject=${id}`)).toEqual(made);
    expect(await list(token, `&subject=${id}&role=${manager}`)).toEqual([made[2]]);
    expect(await list(token, '&scope=/filter')).toEqual(made.slice(0, 3));
    expect(await list(token, '&scope=/filter/a')).toEqual(made.slice(1, 3));
    expect(await list(token, '&scope=/filter&effect=deny')).toEqual([made[2]]);
    const first = await rbac.admin('GET', '/rbac/assignments?scope=/filter&limit=2');
    expect(first.body['items']).toHaveLength(2);
    const second = await rbac.admin(
      'GET',
      `/rbac/assignments?scope=/filter&limit=2&cursor=${first.body['nextCursor']}`,
    );
    expect(second.body).toMatchObject({ items: [{ id: made[2] }], nextCursor: null });
    for (const query of ['scope=/..', 'effect=both', 'subject=x', 'cursor=x', 'scope=/a&scope=/b']) {
      expect((await rbac.admin('GET', `/rbac/assignments?${query}`)).status).toBe(400);
    }
  });

  describe('made by somebody who manages access on a scope', () => {
    let delegate: Person;
    let somebody: Person;
    beforeAll(async () => {
      [delegate, somebody] = [await rbac.person(3), await rbac.person(4)];
      await rbac.given(delegate.id, manager, { scope: '/tenants/D' });
    });
    const assign = (role: string, more: Record<string, unknown>) =>
      rbac.assign(delegate.token, somebody.id, role, more);

    it('are on it or below it', async () => {
      for (const scope of ['/tenants/D', '/tenants/D/apps/A']) {
        const made = await assign(reader, { scope });
        expect(made.status).toBe(201);
        expect((await rbac.call(delegate.token, 'DELETE', `/rbac/assignments/${made.body['id']}`)).status).toBe(204);
      }
      for (const scope of ['/', '/tenants', '/tenants/Dx', '/tenants/E', undefined]) {
        expect(said(await assign(reader, { scope }))).toEqual(NO_WAY_UP);
      }
    });

    it('give no more than they hold there, under whatever spelling of the role', async () => {
      const mighty = await rbac.roleNamed('auditor');
      expect(said(await assign(mighty, { scope: '/tenants/D' }))).toEqual(NO_WAY_UP);
      expect(said(await assign(mighty.toUpperCase(), { scope: '/tenants/D' }))).toEqual(NO_WAY_UP);
      expect((await assign(reader.toUpperCase(), { scope: '/tenants/D/upper' })).status).toBe(201);
    });

    it('are removed only there, and denials too', async () => {
      const elsewhere = await rbac.given(somebody.id, reader, { scope: '/tenants/E' });
      const above = await rbac.given(somebody.id, reader, { scope: '/tenants', effect: 'deny' });
      const here = await rbac.given(somebody.id, reader, { scope: '/tenants/D/x', effect: 'deny' });
      const remove = (id: string) => rbac.call(delegate.token, 'DELETE', `/rbac/assignments/${id}`);
      expect([said(await remove(elsewhere)), said(await remove(above))]).toEqual([NO_WAY_UP, NO_WAY_UP]);
      expect((await remove(here)).status).toBe(204);
      await rbac.admin('DELETE', `/rbac/assignments/${above}`);
    });

    it('are seen only there, and not where seeing is denied', async () => {
      const seen = await rbac.given(somebody.id, reader, { scope: '/tenants/D/seen' });
      const hidden = await rbac.given(somebody.id, reader, { scope: '/tenants/D/hidden/deep' });
      const outside = await rbac.given(somebody.id, reader, { scope: '/tenants/outside' });
      expect(await list(delegate.token)).toEqual(expect.arrayContaining([seen, hidden]));
      const denial = await rbac.given(delegate.id, manager, { scope: '/tenants/D/hidden', effect: 'deny' });
      const visible = await list(delegate.token);
      expect(visible).toContain(seen);
      for (const id of [hidden, outside, denial]) expect(visible).not.toContain(id);
      expect(await list(delegate.token, '&scope=/tenants/outside')).toEqual([]);
      await rbac.admin('DELETE', `/rbac/assignments/${denial}`);
    });

    it('need managing access there and not only somewhere: what one holds elsewhere counts elsewhere', async () => {
      await rbac.given(delegate.id, reader, { scope: '/tenants/F' });
      expect(said(await assign(reader, { scope: '/tenants/F' }))).toEqual(NO_WAY_UP);
    });
  });

  it('are refused to who manages access nowhere', async () => {
    const nobody = await rbac.person(5);
    expect(said(await rbac.assign(nobody.token, nobody.id, reader, { scope: '/x' }))).toEqual([403, 'access.denied']);
    expect(said(await rbac.call(nobody.token, 'GET', '/rbac/assignments'))).toEqual([403, 'access.denied']);
  });

  describe('that keep the last administrator', () => {
    const LAST = [409, 'rbac.last_administrator'];
    let second: Person;
    let administrator: string;
    beforeAll(async () => {
      second = await rbac.person(6);
      administrator = await rbac.roleNamed('administrator');
    });
    const mine = async () => {
      const [first] = await list(rbac.administrator.token, `&subject=${rbac.administrator.id}&role=${administrator}`);
      return String(first);
    };
    const accountOfNobody = async () => {
      const [account] = await rbac.stage.sql<{ id: string }>(
        `INSERT INTO users (id, tenant_id, display_name, status)
         SELECT gen_random_uuid(), tenant_id, 'provisioned', 'active' FROM users WHERE id = $1 RETURNING id`,
        [second.id],
      );
      return String(account?.id);
    };
    const removeMine = async () => said(await rbac.admin('DELETE', `/rbac/assignments/${await mine()}`));

    it.each([
      ['only for a while', async () => [await rbac.given(second.id, administrator, { validUntil: inHours(1) })]],
      ['only later', async () => [await rbac.given(second.id, administrator, { validFrom: inHours(1) })]],
      ['only somewhere', async () => [await rbac.given(second.id, administrator, { scope: '/tenants' })]],
      [
        'but whose account nobody can sign in as, since no object id says whose it is',
        async () => [await rbac.given(await accountOfNobody(), administrator)],
      ],
      ['only by a group', async () => [await rbac.given(await rbac.group('admins', [second.id]), administrator)]],
      [
        'but with a denial that is to come, on a scope',
        async () => [
          await rbac.given(second.id, administrator),
          await rbac.given(second.id, reader, { effect: 'deny', scope: '/a', validFrom: inHours(1) }),
        ],
      ],
      [
        'but denied something by a group',
        async () => [
          await rbac.given(second.id, administrator),
          await rbac.given(await rbac.group('denied', [second.id]), reader, { effect: 'deny', scope: '/a' }),
        ],
      ],
    ])('who is not replaced by another who is one %s', async (_what, give) => {
      const given = await give();
      expect(await removeMine()).toEqual(LAST);
      // The newest first, so that a denial goes before what it denies.
      for (const id of given.reverse())
        expect((await rbac.admin('DELETE', `/rbac/assignments/${id}`)).status).toBe(204);
    });

    it('who is denied nothing, not even by a role that inherits what it denies', async () => {
      const wrapped = await rbac.role('wrapped', { parents: [reader] });
      const deny = await rbac.assign(rbac.administrator.token, rbac.administrator.id, wrapped, { effect: 'deny' });
      expect(said(deny)).toEqual(LAST);
    });

    it('who is not denied by editing a role that denied nothing yet', async () => {
      const empty = await rbac.role('empty');
      await rbac.given(rbac.administrator.id, empty, { effect: 'deny' });
      for (const change of [{ permissions: ['drift:read'] }, { parents: [reader] }]) {
        expect(said(await rbac.change(rbac.administrator.token, 'PATCH', `/rbac/roles/${empty}`, change))).toEqual(
          LAST,
        );
      }
      expect(
        (await rbac.change(rbac.administrator.token, 'PATCH', `/rbac/roles/${empty}`, { description: 'x' })).status,
      ).toBe(200);
    });

    it('who may go when another is one by a role that inherits it', async () => {
      const heir = await rbac.role('heir', { parents: [administrator] });
      const given = await rbac.given(second.id, heir);
      const own = await mine();
      expect((await rbac.call(second.token, 'DELETE', `/rbac/assignments/${own}`)).status).toBe(204);
      // Now that role must not lose what it inherits, nor its holder the role.
      const change = { parents: [], permissions: ['drift:read'] };
      const { headers } = await rbac.call(second.token, 'GET', `/rbac/roles/${heir}`);
      const patch = await rbac.call(second.token, 'PATCH', `/rbac/roles/${heir}`, change, {
        'if-match': headers.get('etag') ?? '',
      });
      expect(said(patch)).toEqual(LAST);
      expect(said(await rbac.call(second.token, 'DELETE', `/rbac/assignments/${given}`))).toEqual(LAST);
    });
  });
});
