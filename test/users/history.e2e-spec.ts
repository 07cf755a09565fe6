import type { Answer } from '../auth/auth-stage.js';
import { type Person, RbacStage, said } from '../rbac/rbac-stage.js';

type Item = Record<string, unknown>;

/** What was done to a user, over real HTTP. */
describe('the history of a user', () => {
  let stage: RbacStage;
  let auditor: Person;
  beforeAll(async () => {
    stage = await RbacStage.start();
    auditor = await stage.person(5);
    await stage.given(auditor.id, await stage.roleNamed('auditor'));
  });
  afterAll(() => stage.close());

  const history = (id: string, query = '', token = auditor.token): Promise<Answer> =>
    stage.call(token, 'GET', `/users/${id}/history${query}`);
  const whole = async (id: string, limit: number): Promise<Item[]> => {
    const all: Item[] = [];
    let cursor: unknown = '';
    while (cursor !== null) {
      const { status, body } = await history(id, `?limit=${limit}${cursor === '' ? '' : `&cursor=${String(cursor)}`}`);
      expect(status).toBe(200);
      all.push(...(body['items'] as Item[]));
      cursor = body['nextCursor'];
    }
    return all;
  };

  it('tells of status, roles and sessions, and goes on being told when the user is deleted', async () => {
    const person = await stage.person(0);
    const role = await stage.role('historic', { permissions: ['users:read'] });
    const assignment = await stage.given(person.id, role, { reason: 'for a while' });
    await stage.admin('DELETE', `/rbac/assignments/${assignment}`);
    await stage.given(person.id, role, { scope: '/x' });
    await stage.admin('DELETE', `/users/${person.id}/sessions`);
    await stage.change(stage.administrator.token, 'PATCH', `/users/${person.id}`, { status: 'disabled' });
    await stage.change(stage.administrator.token, 'DELETE', `/users/${person.id}`);
    const all = await whole(person.id, 200);
    expect(all.map(({ action }) => action)).toEqual([
      'users.user.deleted',
      'rbac.assignment.deleted',
      'users.user.updated',
      'auth.account.signed-out',
      'auth.session.ended',
      'rbac.assignment.created',
      'rbac.assignment.deleted',
      'rbac.assignment.created',
      'auth.session.started',
      'users.user.created',
    ]);
    expect(all[2]).toMatchObject({
      outcome: 'success',
      actor: { type: 'user', id: stage.administrator.id },
      target: { type: 'user', id: person.id },
      before: { status: 'active' },
      after: { status: 'disabled' },
    });
    expect(all[7]).toMatchObject({ reason: 'for a while', target: { type: 'assignment', displayName: 'historic' } });
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => String(id))
        .sort()
        .reverse(),
    );
    for (const limit of [1, 3]) expect(await whole(person.id, limit)).toEqual(all);
  });

  it('is of this user alone', async () => {
    const [first, second] = [await stage.person(1), await stage.person(2)];
    await stage.given(first.id, await stage.role('of-the-first', { permissions: ['tenants:read'] }));
    await stage.change(stage.administrator.token, 'PATCH', `/users/${second.id}`, { status: 'disabled' });
    const told = await whole(first.id, 50);
    expect(told.map(({ action }) => action)).toEqual([
      'rbac.assignment.created',
      'auth.session.started',
      'users.user.created',
    ]);
    // What they do to others is not done to them.
    const administrator = await whole(stage.administrator.id, 50);
    expect(administrator.map(({ target }) => (target as Item)['id'])).not.toContain(second.id);
  });

  it('continues by the cursors of this user and this caller alone', async () => {
    const [first, second] = [await stage.person(1), await stage.person(3)];
    const cursor = String((await history(first.id, '?limit=1')).body['nextCursor']);
    expect((await history(first.id, `?limit=1&cursor=${cursor}`)).status).toBe(200);
    const refused = [400, 'request.invalid'];
    expect(said(await history(second.id, `?cursor=${cursor}`))).toEqual(refused);
    expect(said(await history(first.id, `?cursor=${cursor}`, stage.administrator.token))).toEqual(refused);
    const users = String((await stage.call(auditor.token, 'GET', '/users?limit=1')).body['nextCursor']);
    expect(said(await history(first.id, `?cursor=${users}`))).toEqual(refused);
    const audit = String((await stage.call(auditor.token, 'GET', '/audit/events?limit=1')).body['nextCursor']);
    for (const forged of [audit, 'x', `${cursor}A`, '%00']) {
      expect([forged, ...said(await history(first.id, `?cursor=${forged}`))]).toEqual([forged, ...refused]);
    }
  });

  it('shows states with their secrets masked', async () => {
    const person = await stage.person(4);
    await stage.stage.sql('UPDATE users SET display_name = $2 WHERE id = $1', [person.id, `bxs_${'Ab3-'.repeat(11)}`]);
    await stage.change(stage.administrator.token, 'PATCH', `/users/${person.id}`, { status: 'disabled' });
    const [newest] = await whole(person.id, 50);
    expect(newest).toMatchObject({
      action: 'users.user.updated',
      after: { status: 'disabled', displayName: expect.stringMatching(/^\[masked/) as string },
    });
    expect(JSON.stringify([newest?.['before'], newest?.['after']])).not.toContain('bxs_');
  });

  it('is read with audit:read alone, of people who exist', async () => {
    const reader = await stage.person(6);
    await stage.given(reader.id, await stage.role('reads-users', { permissions: ['users:read'] }));
    expect((await history(reader.id, '', reader.token)).status).toBe(403);
    await stage.given(reader.id, await stage.role('reads-audit', { permissions: ['audit:read'] }));
    expect((await history(reader.id, '', reader.token)).status).toBe(200);
    expect(said(await history('00000000-0000-4000-8000-000000000000'))).toEqual([404, 'users.not_found']);
    expect((await history('nobody')).status).toBe(400);
    expect((await history(reader.id, '?limit=201')).status).toBe(400);
    expect((await history(reader.id, '?actor=x')).status).toBe(400);
  });
});

/** Ending a user says how soon everything of theirs is dead, and it is. */
describe('ending a user', () => {
  let stage: RbacStage;
  beforeAll(async () => {
    stage = await RbacStage.start();
  });
  afterAll(() => stage.close());

  it('answers with the promise of the other routes that end something, and the next call meets nothing alive', async () => {
    const person = await stage.person(0);
    const token = stage.administrator.token;
    const disabled = await stage.change(token, 'PATCH', `/users/${person.id}`, { status: 'disabled' });
    expect([disabled.status, disabled.body]).toMatchObject([200, { status: 'disabled', deadWithinMs: 1000 }]);
    expect((await stage.call(person.token, 'GET', '/users/me')).status).toBe(401);
    const again = await stage.change(token, 'PATCH', `/users/${person.id}`, { status: 'disabled' });
    expect([again.status, again.body, again.headers.get('etag')]).toMatchObject([
      200,
      { status: 'disabled', deadWithinMs: null },
      disabled.headers.get('etag'),
    ]);
    const other = await stage.person(1);
    const deleted = await stage.change(token, 'DELETE', `/users/${other.id}`);
    expect([deleted.status, deleted.body]).toEqual([200, { deadWithinMs: 1000 }]);
    expect((await stage.call(other.token, 'GET', '/users/me')).status).toBe(401);
  });

  it.each([
    { status: 'disabled', tenantId: '00000000-0000-4000-8000-000000000000' },
    { status: 'disabled', securityStamp: 0 },
    { status: 'disabled', version: 1 },
    { status: 'disabled', email: 'x@example.test' },
    { status: 'disabled', profile: {} },
    { status: 'deleted' },
    { status: ['disabled'] },
    { status: null },
    { ['__proto__']: { status: 'disabled' } },
    {},
    [],
    'disabled',
  ])('changes nothing by the body %j', async (body) => {
    const person = await stage.person(2);
    expect((await stage.change(stage.administrator.token, 'PATCH', `/users/${person.id}`, body)).status).toBe(400);
    expect((await stage.admin('GET', `/users/${person.id}`)).body).toMatchObject({ status: 'active' });
  });

  it('knows nothing by an id of nobody', async () => {
    const nobody = '/users/00000000-0000-4000-8000-000000000000';
    const match = { 'if-match': '"1"' };
    expect(said(await stage.admin('GET', nobody))).toEqual([404, 'users.not_found']);
    expect(said(await stage.admin('PATCH', nobody, { status: 'disabled' }, match))).toEqual([404, 'users.not_found']);
    expect(said(await stage.admin('DELETE', nobody, undefined, match))).toEqual([404, 'users.not_found']);
    expect((await stage.admin('GET', '/users/%00')).status).toBe(400);
  });
});
