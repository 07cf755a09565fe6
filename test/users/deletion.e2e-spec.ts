import { RbacStage, said } from '../rbac/rbac-stage.js';

describe('deleting a user', () => {
  let stage: RbacStage;
  beforeAll(async () => {
    stage = await RbacStage.start();
  });
  afterAll(() => stage.close());

  it('takes every role and membership, ends what was issued, and keeps the record', async () => {
    const person = await stage.person(0);
    const role = await stage.role('leaving', { permissions: ['users:read'] });
    await stage.given(person.id, role);
    await stage.given(person.id, role, { scope: '/x', effect: 'deny' });
    await stage.group('leavers', [person.id]);
    expect((await stage.change(stage.administrator.token, 'DELETE', `/users/${person.id}`)).status).toBe(200);
    const left = await stage.stage.sql<{ n: number }>(
      `SELECT ((SELECT count(*) FROM role_assignments WHERE user_id = $1) + (SELECT count(*) FROM group_members WHERE user_id = $1))::int AS n`,
      [person.id],
    );
    expect(left).toEqual([{ n: 0 }]);
    expect((await stage.admin('GET', `/users/${person.id}`)).body).toMatchObject({ status: 'deleted', email: null });
    expect((await stage.stage.browser().signIn(stage.stage.person(0).upn)).status).not.toBe(303);
    expect((await stage.assign(stage.administrator.token, person.id, role)).status).toBe(400);
    expect(await stage.audited('users.user.deleted')).toMatchObject([{ target_id: person.id }]);
    expect(said(await stage.change(stage.administrator.token, 'DELETE', `/users/${person.id}`))).toEqual([
      409,
      'users.deleted',
    ]);
  });

  it('refuses the last administrator, and whoever has not seen the newest version', async () => {
    const { id, token } = stage.administrator;
    expect(said(await stage.change(token, 'DELETE', `/users/${id}`))).toEqual([409, 'rbac.last_administrator']);
    const other = await stage.person(1);
    expect((await stage.call(token, 'DELETE', `/users/${other.id}`)).status).toBe(428);
    expect((await stage.call(token, 'DELETE', `/users/${other.id}`, undefined, { 'if-match': '"99"' })).status).toBe(
      412,
    );
  });

  it('lets people go whose denials keep apart what their groups bring', async () => {
    const person = await stage.person(2);
    const [pays, approves] = [
      await stage.role('pays', { permissions: ['users:read'] }),
      await stage.role('approves', { permissions: ['webhooks:read'] }),
    ];
    const group = await stage.group('both', [person.id]);
    await stage.given(person.id, approves, { effect: 'deny' });
    await stage.given(group, pays);
    await stage.given(group, approves);
    const constraint = await stage.admin('POST', '/rbac/constraints', {
      name: 'apart',
      kind: 'permissions',
      members: ['users:read', 'webhooks:read'],
    });
    expect(constraint.status).toBe(201);
    expect((await stage.change(stage.administrator.token, 'DELETE', `/users/${person.id}`)).status).toBe(200);
  });
});
