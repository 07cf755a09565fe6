import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';
import { makeProgram } from '../auth/programs.js';

interface Path {
  effect: string;
  applies: boolean;
  why: string;
  assignment: { id: string; reason: string | null; eligible: boolean };
  via: { type: string; id: string; name: string }[];
}

describe('why somebody may or may not', () => {
  let stage: AuthStage;
  let admin: string;
  let ada: { id: string; token: string };
  const roles: Record<string, string> = {};
  const call = (method: string, path: string, token: string, body?: unknown) =>
    stage.browser().call(method, path, token, body);
  const explain = async (body: Record<string, unknown>, token = admin) => {
    const answer = await call('POST', '/rbac/explain', token, { subject: ada.id, permission: 'drift:read', ...body });
    return { ...answer, paths: (answer.body['paths'] ?? []) as Path[], changes: answer.body['changes'] as unknown[] };
  };
  const makeRole = async (name: string, permissions: string[], parents: string[] = []) => {
    const id = randomUUID();
    roles[name] = id;
    await stage.sql(`INSERT INTO roles (id, name, description) VALUES ($1, $2, 'a test')`, [id, name]);
    await stage.sql(`INSERT INTO role_permissions SELECT $1, unnest($2::text[])`, [id, permissions]);
    for (const parent of parents) await stage.sql(`INSERT INTO role_parents VALUES ($1, $2)`, [id, roles[parent]]);
  };
  const give = async (
    column: 'user_id' | 'group_id',
    holder: string,
    role: string,
    more: Record<string, string> = {},
  ) => {
    const id = randomUUID();
    await stage.sql(
      `INSERT INTO role_assignments (id, ${column}, role_id, scope, effect, valid_from, valid_until, reason, assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, $4, $5, coalesce($6::timestamptz, now()), $7, 'why not', 'system', 'test')`,
      [
        id,
        holder,
        roles[role],
        more['scope'] ?? '/',
        more['effect'] ?? 'allow',
        more['from'] ?? null,
        more['until'] ?? null,
      ],
    );
    return id;
  };
  /** A moment after everything so far and before everything to come, to the millisecond. */
  const moment = async () => {
    await sleep(5);
    const [row] = await stage.sql<{ at: Date }>('SELECT clock_timestamp() AS at');
    await sleep(5);
    return row?.at.toISOString() ?? '';
  };
  let group: string;

  beforeAll(async () => {
    stage = await startAuthStage();
    admin = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    const token = await stage.browser().accessToken(stage.person(0).upn);
    ada = { token, id: String((await call('GET', '/users/me', token)).body['id']) };
    await makeRole('reader', ['drift:read']);
    await makeRole('writer', ['drift:scan'], ['reader']);
    group = randomUUID();
    await stage.sql(
      `INSERT INTO groups (id, tenant_id, source, object_id, display_name)
       SELECT $1, tenant_id, 'entra', gen_random_uuid(), 'Operations' FROM users WHERE id = $2`,
      [group, ada.id],
    );
  });
  afterAll(() => stage.close());

  it('is told with each way, inherited and through a group, and with what would turn it', async () => {
    const nothing = await explain({});
    expect(nothing.body).toMatchObject({ allowed: false, subject: { type: 'user', id: ada.id, status: 'active' } });
    expect(nothing.body['summary']).toContain('nothing gives');
    expect(nothing.changes).toEqual([
      {
        steps: [{ action: 'add_assignment', roleId: roles['reader'], roleName: 'reader', scope: '/', effect: 'allow' }],
      },
    ]);
    const own = await give('user_id', ada.id, 'writer', { scope: '/tenants' });
    await stage.sql('INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)', [group, ada.id]);
    const denial = await give('group_id', group, 'reader', { effect: 'deny', scope: '/tenants/a' });
    const over = await give('user_id', ada.id, 'reader', {
      from: '2020-01-01T00:00:00Z',
      until: '2021-01-01T00:00:00Z',
    });
    const allowed = await explain({ scope: '/tenants/b' });
    expect(allowed.body['allowed']).toBe(true);
    expect(allowed.paths.map(({ why, assignment }) => [why, assignment.id])).toEqual([
      ['applies', own],
      ['expired', over],
      ['other_scope', denial],
    ]);
    expect(allowed.paths[0]?.via.map(({ name }) => name)).toEqual(['writer', 'reader']);
    const denied = await explain({ scope: '/tenants/a' });
    expect(denied.body['allowed']).toBe(false);
    expect(
      denied.paths.map(({ why, applies, via }) => [why, applies, via.map(({ type, name }) => `${type} ${name}`)]),
    ).toEqual([
      ['applies', true, ['group Operations', 'role reader']],
      ['denied_elsewhere', false, ['role writer', 'role reader']],
      ['expired', false, ['role reader']],
    ]);
    expect(denied.paths[0]?.assignment.reason).toBe('why not');
    expect(denied.body['summary']).toContain('through group Operations; it wins over the assignment');
    expect(denied.changes).toEqual([
      { steps: [{ action: 'remove_member', groupId: group, groupName: 'Operations' }] },
      {
        steps: [
          {
            action: 'remove_assignment',
            assignmentId: denial,
            roleId: roles['reader'],
            roleName: 'reader',
            scope: '/tenants/a',
            effect: 'deny',
          },
        ],
      },
    ]);
    expect(
      (await call('POST', '/rbac/check', admin, { subject: ada.id, permission: 'drift:read', scope: '/tenants/a' }))
        .body['allowed'],
    ).toBe(false);
  });

  it('includes what could be activated, and that the account is disabled', async () => {
    const id = randomUUID();
    await makeRole('scanner', ['drift:export']);
    await stage.sql(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, '/', 'on call', 'system', 'test')`,
      [id, ada.id, roles['scanner']],
    );
    const { paths, changes } = await explain({ permission: 'drift:export' });
    expect(paths).toMatchObject([
      { why: 'eligible_not_activated', assignment: { id, reason: 'on call', eligible: true } },
    ]);
    expect(changes[0]).toMatchObject({
      steps: [{ action: 'activate', eligibleAssignmentId: id, roleName: 'scanner' }],
    });
    const program = await makeProgram(stage, stage.person(0), { roles: ['viewer'] });
    await stage.sql(`UPDATE users SET status = 'disabled' WHERE id = $1`, [ada.id]);
    const off = await explain({ subject: program.id });
    await stage.sql(`UPDATE users SET status = 'active' WHERE id = $1`, [ada.id]);
    expect(off.body).toMatchObject({ allowed: false, changes: [{ steps: [{ action: 'enable_owner' }] }] });
    expect((await explain({ subject: program.id })).body['allowed']).toBe(true);
  });

  it('can be asked for a past time, also for what is gone since', async () => {
    const before = await moment();
    const id = await give('user_id', ada.id, 'reader', { scope: '/past' });
    const between = await moment();
    await stage.sql('DELETE FROM role_assignments WHERE id = $1', [id]);
    const question = { scope: '/past/x' };
    expect((await explain({ ...question, asOf: before })).body['allowed']).toBe(false);
    const then = await explain({ ...question, asOf: between });
    expect(then.body).toMatchObject({ allowed: true, asOf: between, changes: [] });
    const now = await explain(question);
    expect([now.body['allowed'], now.paths.find(({ assignment }) => assignment.id === id)?.why]).toEqual([
      false,
      'removed',
    ]);
    expect(Number(now.body['revision'])).toBeGreaterThan(Number(then.body['revision']));
    const list = async (asOf: string) =>
      (await call('GET', `/users/${ada.id}/access?permission=drift:read&scope=/past/x&asOf=${asOf}`, admin)).body[
        'items'
      ];
    expect([await list(before), await list(between)]).toEqual([[], [expect.objectContaining({ allowed: true })]]);
  });

  it('can be asked for a time when somebody was not known yet, and says since when they are', async () => {
    const before = await moment();
    const token = await stage.browser().accessToken(stage.person(7).upn);
    const id = String((await call('GET', '/users/me', token)).body['id']);
    const after = await moment();
    const { status, body } = await explain({ subject: id, asOf: before });
    expect([status, body['allowed'], body['paths'], body['changes']]).toEqual([200, false, [], []]);
    const [, since = ''] = /not known to this service then \(known since (\S+)\)/.exec(String(body['summary'])) ?? [];
    expect(since > before && since < after).toBe(true);
    expect((await explain({ subject: id, asOf: after })).body['summary']).toContain('nothing gives');
    const access = (asOf: string) => call('GET', `/users/${id}/access?asOf=${asOf}`, admin);
    expect([(await access(before)).status, (await access(before)).body['items']]).toEqual([200, []]);
    const nobody = '0198f000-0000-7000-8000-000000000000';
    const unknown = await explain({ subject: nobody, asOf: before });
    expect([unknown.status, unknown.body['code']]).toEqual([400, 'rbac.unknown_subject']);
    expect((await call('GET', `/users/${nobody}/access?asOf=${before}`, admin)).status).toBe(404);
  });

  it.each([
    ['before the first record', { asOf: '2001-01-01T00:00:00Z' }, 400, 'rbac.before_history'],
    ['in the future', { asOf: '2999-01-01T00:00:00Z' }, 400, 'rbac.as_of_future'],
    ['of no calendar', { asOf: '2026-13-45T00:00:00Z' }, 400, 'request.invalid'],
    ['of a week', { asOf: '2026-W05' }, 400, 'request.invalid'],
    ['on an unknown permission', { permission: 'drift:everything' }, 400, 'rbac.unknown_permission'],
    ['on nobody', { subject: '0198f000-0000-7000-8000-000000000000' }, 400, 'rbac.unknown_subject'],
    ['on a scope with ..', { scope: '/a/../b' }, 400, 'request.invalid'],
  ])('refuses a question %s', async (_what, change, status, code) => {
    const answer = await explain(change);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it('is said only to who may read access on that scope', async () => {
    expect((await explain({ scope: '/tenants' }, ada.token)).status).toBe(403);
    await makeRole('access-reader', ['access:read']);
    await give('user_id', ada.id, 'access-reader', { scope: '/tenants' });
    // The row was written behind the service's back, so that no answer has waited for its index.
    const answered = async () => (await explain({ scope: '/tenants/b' }, ada.token)).status;
    for (let round = 0; round < 100 && (await answered()) !== 200; round++) await sleep(10);
    expect(await answered()).toBe(200);
    expect((await explain({ scope: '/' }, ada.token)).body['code']).toBe('access.denied');
  });

  it('tells of other scopes only whoever may read access there', async () => {
    await makeRole('counter', ['webhooks:read']);
    const secret = await give('user_id', ada.id, 'counter', { scope: '/elsewhere/hr' });
    const gone = await give('user_id', ada.id, 'counter', { scope: '/elsewhere/gone' });
    const between = await moment();
    await stage.sql('DELETE FROM role_assignments WHERE id = $1', [gone]);
    const eligible = randomUUID();
    await stage.sql(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       VALUES ($1, $2, $3, '/elsewhere/eligible', 'why not', 'system', 'test')`,
      [eligible, ada.id, roles['counter']],
    );
    const question = { permission: 'webhooks:read', scope: '/tenants/b' };
    const known = await explain(question);
    expect(known.paths.map(({ why, assignment }) => [why, assignment.id])).toEqual([
      ...[secret, eligible].sort().map((id) => ['other_scope', id]),
      ['removed', gone],
    ]);
    expect(known.body['summary']).toContain('on another scope');
    for (const asked of [question, { ...question, asOf: between }]) {
      const answer = await explain(asked, ada.token);
      expect([answer.status, answer.body['allowed'], answer.paths]).toEqual([200, false, []]);
      expect(JSON.stringify(answer.body)).not.toMatch(/elsewhere|why not/);
    }
    // What decides there they are told, wherever above it lies.
    const above = await give('user_id', ada.id, 'counter', { effect: 'deny' });
    const told = await explain(question, ada.token);
    expect(told.paths.map(({ why, assignment }) => [why, assignment.id])).toEqual([['applies', above]]);
    await stage.sql('DELETE FROM role_assignments WHERE id = $1', [above]);
  });

  it('is listed for everything somebody holds, page by page, with the scope and the way', async () => {
    type Entry = { permission: string; scope: string; allowed: boolean; via: { eligible: boolean; path: unknown[] }[] };
    const items: Entry[] = [];
    let cursor = '';
    do {
      const { status, body } = await call('GET', `/users/${ada.id}/access?limit=2${cursor}`, admin);
      expect(status).toBe(200);
      items.push(...(body['items'] as Entry[]));
      cursor = body['nextCursor'] === null ? '' : `&cursor=${String(body['nextCursor'])}`;
    } while (cursor !== '');
    expect(items.map(({ permission, scope, allowed }) => [permission, scope, allowed])).toEqual([
      ['access:read', '/tenants', true],
      ['drift:export', '/', false],
      ['drift:read', '/tenants', true],
      ['drift:read', '/tenants/a', false],
      ['drift:scan', '/tenants', true],
      ['webhooks:read', '/elsewhere/eligible', false],
      ['webhooks:read', '/elsewhere/hr', true],
    ]);
    expect(items[1]?.via[0]?.eligible).toBe(true);
    expect(items[3]?.via[0]?.path).toMatchObject([
      { type: 'group', name: 'Operations' },
      { type: 'role', name: 'reader' },
    ]);
    const refused = await call('GET', `/users/${ada.id}/access?cursor=AAAA`, admin);
    expect([refused.status, refused.body['code']]).toEqual([400, 'request.invalid']);
    expect((await call('GET', `/service-accounts/${ada.id}/access`, admin)).status).toBe(404);
  });
});
