import { RbacStage, said } from './rbac-stage.js';

describe('roles', () => {
  let rbac: RbacStage;
  beforeAll(async () => {
    rbac = await RbacStage.start();
  });
  afterAll(() => rbac.close());
  const NOBODY = '0198f000-0000-7000-8000-000000000000';
  const patch = (id: string, body: object, token = rbac.administrator.token) =>
    rbac.change(token, 'PATCH', `/rbac/roles/${id}`, body);

  it('are made, read, changed and deleted, each on record', async () => {
    const made = await rbac.admin('POST', '/rbac/roles', {
      name: 'scanner',
      description: 'Scans',
      permissions: ['drift:scan', 'drift:read'],
      activationMaxSeconds: 3600,
      activationNeedsApproval: true,
    });
    expect(made.status).toBe(201);
    const id = String(made.body['id']);
    const expected = {
      id,
      name: 'scanner',
      description: 'Scans',
      isSystem: false,
      permissions: ['drift:read', 'drift:scan'],
      parents: [],
      activationMaxSeconds: 3600,
      activationNeedsApproval: true,
    };
    const read = await rbac.admin('GET', `/rbac/roles/${id}`);
    expect([read.body, read.headers.get('etag')]).toEqual([expected, '"1"']);
    const changed = await patch(id, { name: 'looker', permissions: ['drift:read'] });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
    expect(changed.body).toEqual({ ...expected, name: 'looker', permissions: ['drift:read'] });
    expect((await rbac.change(rbac.administrator.token, 'DELETE', `/rbac/roles/${id}`)).status).toBe(204);
    expect(said(await rbac.admin('GET', `/rbac/roles/${id}`))).toEqual([404, 'rbac.role_not_found']);
    for (const what of ['created', 'updated', 'deleted']) {
      const records = await rbac.audited(`rbac.role.${what}`);
      expect(records.filter(({ target_id }) => target_id === id)).toHaveLength(1);
    }
  });

  it('are changed only by who read them as they are', async () => {
    const id = await rbac.role('versioned');
    expect((await rbac.admin('PATCH', `/rbac/roles/${id}`, { description: 'x' })).status).toBe(428);
    expect((await rbac.admin('PATCH', `/rbac/roles/${id}`, { description: 'x' }, { 'if-match': '"9"' })).status).toBe(
      412,
    );
    expect((await rbac.admin('DELETE', `/rbac/roles/${id}`)).status).toBe(428);
    expect((await rbac.admin('DELETE', `/rbac/roles/${id}`, undefined, { 'if-match': '"9"' })).status).toBe(412);
  });

  it('decide at the next call when they change, whoever has them', async () => {
    const parent = await rbac.role('decides-parent');
    const child = await rbac.role('decides-child', { parents: [parent] });
    const person = await rbac.person(1);
    await rbac.given(person.id, child);
    expect((await rbac.call(person.token, 'GET', '/tenants')).status).toBe(403);
    expect((await patch(parent, { permissions: ['tenants:read'] })).status).toBe(200);
    expect((await rbac.call(person.token, 'GET', '/tenants')).status).toBe(200);
    expect((await patch(child, { parents: [] })).status).toBe(200);
    expect((await rbac.call(person.token, 'GET', '/tenants')).status).toBe(403);
  });

  it('show what they hold, their own and inherited, and from where', async () => {
    const top = await rbac.role('shows-top', { permissions: ['drift:read', 'audit:read'] });
    const middle = await rbac.role('shows-middle', { permissions: ['drift:read'], parents: [top] });
    const low = await rbac.role('shows-low', { permissions: ['users:read', 'drift:read'], parents: [middle] });
    const { body } = await rbac.admin('GET', `/rbac/roles/${low}/permissions`);
    const [refTop, refMiddle] = [
      { id: top, name: 'shows-top' },
      { id: middle, name: 'shows-middle' },
    ];
    expect(body['items']).toMatchObject([
      { name: 'audit:read', own: false, inheritedFrom: [refTop] },
      { name: 'drift:read', own: true, inheritedFrom: [refMiddle, refTop] },
      { name: 'users:read', own: true, inheritedFrom: [] },
    ]);
    const first = await rbac.admin('GET', `/rbac/roles/${low}/permissions?limit=2`);
    expect(first.body['items']).toHaveLength(2);
    const second = await rbac.admin('GET', `/rbac/roles/${low}/permissions?limit=2&cursor=${first.body['nextCursor']}`);
    expect(second.body).toMatchObject({ items: [{ name: 'users:read' }], nextCursor: null });
    expect(said(await rbac.admin('GET', `/rbac/roles/${NOBODY}/permissions`))).toEqual([404, 'rbac.role_not_found']);
  });

  it('inherit from none that inherits from them; the refusal names the way', async () => {
    const a = await rbac.role('cycle-a');
    const b = await rbac.role('cycle-b', { parents: [a] });
    const c = await rbac.role('cycle-c', { parents: [b] });
    const refused = await patch(a, { parents: [c] });
    expect([...said(refused), refused.body['detail']]).toEqual([
      409,
      'rbac.role_cycle',
      'cycle-a -> cycle-c -> cycle-b -> cycle-a',
    ]);
    expect((await patch(a, { parents: [a] })).body['detail']).toBe('cycle-a -> cycle-a');
    expect((await patch(c, { parents: [a, b] })).status).toBe(200);
  });

  it('make no cycle when two edits at once would', async () => {
    const [a, b] = [await rbac.role('race-a'), await rbac.role('race-b')];
    const answers = await Promise.all([patch(a, { parents: [b] }), patch(b, { parents: [a] })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('inherit over 20 levels and not over 21', async () => {
    let above: string[] = [];
    for (let level = 1; level <= 20; level++) above = [await rbac.role(`level-${level}`, { parents: above })];
    expect(said(await rbac.admin('POST', '/rbac/roles', { name: 'level-21', parents: above }))).toEqual([
      409,
      'rbac.role_too_deep',
    ]);
    // Nor from above: the longest way through the changed role counts.
    const top = await rbac.roleNamed('level-1');
    expect(said(await patch(top, { parents: [await rbac.role('level-0')] }))).toEqual([409, 'rbac.role_too_deep']);
  });

  it.each([
    ['an unknown permission', { permissions: ['drift:read', 'drift:everything'] }, 'rbac.unknown_permission'],
    ['a name of every object', { permissions: ['constructor'] }, 'rbac.unknown_permission'],
    ['an unknown parent', { parents: [NOBODY] }, 'rbac.unknown_role'],
    ['a parent that is no id', { parents: ['administrator'] }, 'request.invalid'],
    [
      '51 parents',
      { parents: Array.from({ length: 51 }, (_, n) => NOBODY.slice(0, -2) + (10 + n)) },
      'request.invalid',
    ],
    ['1,001 permissions', { permissions: Array.from({ length: 1001 }, (_, n) => `a:b${n}`) }, 'request.invalid'],
    ['the same permission twice', { permissions: ['drift:read', 'drift:read'] }, 'request.invalid'],
    ['permissions that are null', { permissions: null }, 'request.invalid'],
    ['a name with a space', { name: 'two words' }, 'request.invalid'],
    ['a name with a line break', { name: 'x\ny' }, 'request.invalid'],
    ['an activation of a year', { activationMaxSeconds: 31_536_000 }, 'request.invalid'],
    ['an id of its own', { id: NOBODY }, 'request.invalid'],
    ['the mark of a system role', { isSystem: true }, 'request.invalid'],
  ])('are not made with %s', async (_what, change, code) => {
    expect(said(await rbac.admin('POST', '/rbac/roles', { name: 'refused', ...change }))).toEqual([400, code]);
    const { body } = await rbac.admin('GET', '/rbac/roles?name=refused');
    expect(body['items']).toEqual([]);
  });

  it('have one name each', async () => {
    await rbac.role('unique-name');
    const other = await rbac.role('other-name');
    expect(said(await rbac.admin('POST', '/rbac/roles', { name: 'unique-name' }))).toEqual([
      409,
      'rbac.role_name_taken',
    ]);
    expect(said(await patch(other, { name: 'viewer' }))).toEqual([409, 'rbac.role_name_taken']);
  });

  it('that come with the service stay as they are', async () => {
    const viewer = await rbac.roleNamed('viewer');
    expect(said(await patch(viewer, { permissions: ['users:manage'] }))).toEqual([409, 'rbac.system_role']);
    expect(said(await rbac.change(rbac.administrator.token, 'DELETE', `/rbac/roles/${viewer}`))).toEqual([
      409,
      'rbac.system_role',
    ]);
  });

  it('are not deleted while anything uses them; the refusal says what', async () => {
    const used = await rbac.role('used');
    await rbac.role('heir-of-used', { parents: [used] });
    const person = await rbac.person(2);
    const assignment = await rbac.given(person.id, used, { scope: '/tenants/x' });
    await rbac.stage.sql(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, '/', 'a test', 'system', 'test')`,
      [person.id, used],
    );
    await rbac.stage.sql(
      `WITH made AS (INSERT INTO separation_constraints (id, name, kind) VALUES (gen_random_uuid(), 'apart', 'roles') RETURNING id)
       INSERT INTO separation_constraint_members (constraint_id, role_id) SELECT id, $1 FROM made`,
      [used],
    );
    const remove = () => rbac.change(rbac.administrator.token, 'DELETE', `/rbac/roles/${used}`);
    const refused = await remove();
    expect(said(refused)).toEqual([409, 'rbac.role_in_use']);
    for (const use of ['is assigned (1)', 'activated (1)', 'heir-of-used', 'apart']) {
      expect(refused.body['detail']).toContain(use);
    }
    await rbac.admin('DELETE', `/rbac/assignments/${assignment}`);
    await rbac.stage.sql('DELETE FROM eligible_assignments');
    await rbac.stage.sql('DELETE FROM separation_constraints');
    expect(said(await remove())).toEqual([409, 'rbac.role_in_use']);
    await patch(await rbac.roleNamed('heir-of-used'), { parents: [] });
    expect((await remove()).status).toBe(204);
  });

  it('are listed in pages, by a part of their names', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) await rbac.role(name);
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await rbac.admin('GET', `/rbac/roles?name=PAGE-&limit=2${cursor}`);
      names.push(...(body['items'] as { name: string }[]).map(({ name }) => name));
      cursor = body['nextCursor'] === null ? '' : `&cursor=${body['nextCursor']}`;
    } while (cursor !== '');
    expect(names).toEqual(['page-a', 'page-b', 'page-c']);
    // Signs of patterns are letters like others.
    expect((await rbac.admin('GET', '/rbac/roles?name=%25')).body['items']).toEqual([]);
    expect((await rbac.admin('GET', '/rbac/roles?cursor=forged')).status).toBe(400);
  });
});

describe('permissions of other applications', () => {
  let rbac: RbacStage;
  let program: { id: string; token: string };
  beforeAll(async () => {
    rbac = await RbacStage.start();
    program = await makeProgram('billing program');
    await rbac.given(program.id, await rbac.roleNamed('application'));
    const made = await rbac.admin('POST', '/rbac/namespaces', {
      name: 'billing',
      displayName: 'Billing',
      serviceAccount: program.id,
    });
    expect(made.status).toBe(201);
  });
  afterAll(() => rbac.close());

  const makeProgram = async (name: string) => {
    const { body } = await rbac.admin('POST', '/service-accounts', { name, description: 'a test' });
    const id = String(body['id']);
    const credential = await rbac.admin('POST', `/service-accounts/${id}/credentials`, { kind: 'secret' });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: String(credential.body['secret']),
    });
    const answer = await rbac.stage.browser().request('/api/v1/auth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    return { id, token: String(answer.body['access_token']) };
  };
  const register = (token: string, namespace: string, ...names: string[]) =>
    rbac.call(token, 'PUT', `/rbac/namespaces/${namespace}/permissions`, {
      permissions: names.map((name) => ({ name, description: `May ${name}` })),
    });
  const listed = async () =>
    ((await rbac.admin('GET', '/rbac/permissions?namespace=billing')).body['items'] as { name: string }[]).map(
      ({ name }) => name,
    );

  it('are registered by the program whose namespace it is, under its name, and held by administrators at once', async () => {
    const answer = await register(program.token, 'billing', 'invoice:read', 'invoice:pay');
    expect([answer.status, answer.body['items']]).toEqual([
      200,
      [
        { name: 'invoice:pay', description: 'May invoice:pay' },
        { name: 'invoice:read', description: 'May invoice:read' },
      ],
    ]);
    expect(await listed()).toEqual(['billing/invoice:pay', 'billing/invoice:read']);
    const administrator = await rbac.roleNamed('administrator');
    const held = await rbac.admin('GET', `/rbac/roles/${administrator}/permissions?limit=200`);
    expect((held.body['items'] as { name: string }[]).map(({ name }) => name)).toContain('billing/invoice:pay');
    // And so the administrator may give them.
    const role = await rbac.role('clerk', { permissions: ['billing/invoice:read'] });
    expect((await rbac.assign(rbac.administrator.token, program.id, role)).status).toBe(201);
  });

  it('are exactly what was registered last; the same again changes nothing', async () => {
    const revision = async () => (await rbac.stage.sql('SELECT revision FROM access_state'))[0]?.['revision'];
    await register(program.token, 'billing', 'invoice:read', 'invoice:send');
    const before = await revision();
    await register(program.token, 'billing', 'invoice:send', 'invoice:read');
    expect(await revision()).toBe(before);
    expect(await listed()).toEqual(['billing/invoice:read', 'billing/invoice:send']);
  });

  it('do not vanish while a role holds them; the refusal names it', async () => {
    const refused = await register(program.token, 'billing', 'invoice:send');
    expect(said(refused)).toEqual([409, 'rbac.permission_in_use']);
    expect(refused.body['detail']).toContain('the role clerk');
    const removal = await rbac.change(rbac.administrator.token, 'DELETE', '/rbac/namespaces/billing');
    expect(said(removal)).toEqual([409, 'rbac.permission_in_use']);
    expect(await listed()).toContain('billing/invoice:read');
  });

  it('are registered by nobody else', async () => {
    const other = await makeProgram('another program');
    expect(said(await register(other.token, 'billing', 'a:b'))).toEqual([403, 'access.denied']);
    await rbac.given(other.id, await rbac.roleNamed('application'));
    const later = await register(other.token, 'billing', 'a:b');
    expect(said(later)).toEqual([403, 'rbac.no_way_up']);
    expect((await register(rbac.administrator.token, 'billing', 'invoice:read')).status).toBe(200);
  });

  it.each([
    'users:manage:x',
    'billing/invoice:read',
    '../x:y',
    'Invoice:read',
    'invoice',
    'invoice:read\n',
    `${'a'.repeat(64)}:b`,
  ])('are not named %j', async (name) => {
    expect(said(await register(program.token, 'billing', name))).toEqual([400, 'request.invalid']);
  });

  it('are limited in number, are named once, and their namespace is named as one', async () => {
    const many = Array.from({ length: 2001 }, (_, index) => `a:b${index}`);
    expect((await register(program.token, 'billing', ...many)).status).toBe(400);
    expect((await register(program.token, 'billing', 'a:b', 'a:b')).status).toBe(400);
    for (const permissions of [[null], ['x'], null, {}]) {
      const answer = await rbac.call(program.token, 'PUT', '/rbac/namespaces/billing/permissions', { permissions });
      expect(answer.status).toBe(400);
    }
    for (const name of ['a/b', 'Billing', '', 'x', 'a'.repeat(40)]) {
      expect((await rbac.admin('POST', '/rbac/namespaces', { name })).status).toBe(400);
    }
    expect(said(await rbac.admin('POST', '/rbac/namespaces', { name: 'billing' }))).toEqual([
      409,
      'rbac.namespace_taken',
    ]);
    expect(said(await register(rbac.administrator.token, 'nowhere', 'a:b'))).toEqual([404, 'rbac.namespace_not_found']);
    const nobody = { name: 'owned', serviceAccount: rbac.administrator.id };
    expect(said(await rbac.admin('POST', '/rbac/namespaces', nobody))).toEqual([400, 'rbac.unknown_service_account']);
  });

  it('are listed with ours, in pages', async () => {
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await rbac.admin('GET', `/rbac/permissions?limit=10${cursor}`);
      names.push(...(body['items'] as { name: string }[]).map(({ name }) => name));
      cursor = body['nextCursor'] === null ? '' : `&cursor=${body['nextCursor']}`;
    } while (cursor !== '');
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(expect.arrayContaining(['access:manage', 'billing/invoice:read']));
    for (const forged of ['forged', Buffer.from("x' OR 1=1").toString('base64url')]) {
      expect((await rbac.admin('GET', `/rbac/permissions?cursor=${forged}`)).status).toBe(400);
    }
  });

  it('go with their namespace, when no role holds any', async () => {
    const clerk = await rbac.roleNamed('clerk');
    await rbac.change(rbac.administrator.token, 'PATCH', `/rbac/roles/${clerk}`, { permissions: [] });
    const renamed = await rbac.change(rbac.administrator.token, 'PATCH', '/rbac/namespaces/billing', {
      displayName: 'Old billing',
      serviceAccount: null,
    });
    expect(renamed.body).toEqual({ name: 'billing', displayName: 'Old billing', serviceAccount: null });
    expect(said(await register(program.token, 'billing', 'a:b'))).toEqual([403, 'rbac.no_way_up']);
    expect((await rbac.change(rbac.administrator.token, 'DELETE', '/rbac/namespaces/billing')).status).toBe(204);
    expect(await listed()).toEqual([]);
    expect(said(await rbac.admin('GET', '/rbac/namespaces/billing'))).toEqual([404, 'rbac.namespace_not_found']);
  });
});
