import { RbacStage } from './rbac-stage.js';

describe('a refusal by separation of duties', () => {
  let rbac: RbacStage;
  beforeAll(async () => {
    rbac = await RbacStage.start();
  }, 60_000);
  afterAll(() => rbac.close());

  it('tells a delegate only of places where they may read, and an administrator everything, groups by their names', async () => {
    const [one, two] = [
      await rbac.role('sec-one', { permissions: ['drift:read'] }),
      await rbac.role('sec-two', { permissions: ['drift:read'] }),
    ];
    await rbac.admin('POST', '/rbac/constraints', { name: 'kept apart', kind: 'roles', members: [one, two] });
    const victim = await rbac.person(0);
    const group = await rbac.group('Deciders', [victim.id]);
    await rbac.given(group, one, { scope: '/' });
    const delegate = await rbac.person(1);
    const part = await rbac.role('part', { permissions: ['access:manage', 'access:read', 'drift:read'] });
    await rbac.given(delegate.id, part, { scope: '/t/a' });

    const refused = await rbac.assign(delegate.token, victim.id, two, { scope: '/t/a' });
    expect([refused.status, refused.body['code']]).toEqual([409, 'rbac.separation_violated']);
    expect(refused.body['detail']).toContain('kept apart');
    expect(refused.body['detail']).toContain('sec-two on /t/a');
    for (const hidden of ['sec-one', 'Deciders', group, 'on /;', 'on /.']) {
      expect(refused.body['detail']).not.toContain(hidden);
    }
    const told = await rbac.assign(rbac.administrator.token, victim.id, two, { scope: '/t/a' });
    expect(told.body['detail']).toContain('sec-one through the group Deciders on /');
    expect(told.body['detail']).not.toContain(group);
  });
});
