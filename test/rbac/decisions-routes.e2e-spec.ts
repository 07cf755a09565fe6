import { type Person, RbacStage, said } from './rbac-stage.js';

const NOBODY = '0198f000-0000-7000-8000-000000000000';

describe('decisions', () => {
  let stage: RbacStage;
  let person: Person;
  const here = '/tenants/t/apps/a';
  beforeAll(async () => {
    stage = await RbacStage.start();
    person = await stage.person(0);
    const role = await stage.role('drift-here', { permissions: ['drift:read', 'drift:scan'] });
    const denied = await stage.role('no-scan', { permissions: ['drift:scan'] });
    await stage.given(person.id, role, { scope: '/tenants/t' });
    await stage.given(person.id, denied, { scope: here, effect: 'deny' });
  });
  afterAll(() => stage.close());
  const ask = (path: string, body: unknown, token = stage.administrator.token) =>
    stage.call(token, 'POST', `/rbac/${path}`, body);

  it('in bulk say what single ones say, at one revision', async () => {
    const checks = ['drift:read', 'drift:scan', 'users:read'].flatMap((permission) =>
      ['/', '/tenants/t', '/tenants/tt', here, `${here}/b`].map((scope) => ({ subject: person.id, permission, scope })),
    );
    const bulk = await ask('check-bulk', { checks });
    const single = [];
    for (const check of checks) single.push((await ask('check', check)).body['allowed']);
    expect(bulk.body['allowed']).toEqual(single);
    expect(single.filter(Boolean)).toHaveLength(4);
    expect(bulk.body['revision']).toBeGreaterThan(0);
  });

  it('know ids in capitals', async () => {
    const body = { subject: person.id.toUpperCase(), permission: 'drift:read', scope: here };
    expect((await ask('check', body)).body['allowed']).toBe(true);
    expect((await ask('check-bulk', { checks: [body] })).body['allowed']).toEqual([true]);
  });

  it('refuse a whole bulk for an unknown permission, with a pointer to each', async () => {
    const good = { subject: person.id, permission: 'drift:read' };
    const answer = await ask('check-bulk', {
      checks: [good, { ...good, permission: 'no:such' }, good, { ...good, permission: 'toString' }],
    });
    expect(said(answer)).toEqual([400, 'rbac.unknown_permission']);
    expect((answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/checks/1/permission',
      '/checks/3/permission',
    ]);
  });

  it('refuse bulks beyond the limits, and take one of 10,000', async () => {
    const good = { subject: person.id, permission: 'drift:read', scope: here };
    const of = (count: number) => ({ checks: Array.from({ length: count }, () => good) });
    expect(said(await ask('check-bulk', of(10_001)))).toEqual([400, 'request.invalid']);
    expect(said(await ask('check-bulk', of(100_000)))).toEqual([413, 'request.too_large']);
    expect(said(await ask('check-bulk', of(0)))).toEqual([400, 'request.invalid']);
    const { status, body } = await ask('check-bulk', of(10_000));
    expect([status, (body['allowed'] as boolean[]).every(Boolean)]).toEqual([200, true]);
  });

  it('as a matrix say what single ones say, at one revision', async () => {
    const matrix = {
      subjects: [person.id.toUpperCase(), stage.administrator.id, NOBODY],
      permissions: ['drift:read', 'drift:scan', 'users:read'],
      scopes: ['/', '/tenants/t', '/tenants/tt', here, `${here}/b`],
    };
    const { status, body } = await ask('check-bulk', { matrix });
    const rows: string[] = [];
    for (const subject of matrix.subjects) {
      let row = '';
      for (const scope of matrix.scopes) {
        for (const permission of matrix.permissions) {
          row += (await ask('check', { subject, permission, scope })).body['allowed'] === true ? '1' : '0';
        }
      }
      rows.push(row);
    }
    expect([status, body['rows']]).toEqual([200, rows]);
    expect(rows).toEqual(['000110000100100', '1'.repeat(15), '0'.repeat(15)]);
    const { revision } = body;
    const again = { subjects: [person.id], permissions: ['drift:read'] };
    expect((await ask('check-bulk', { matrix: again, atLeast: revision })).body).toEqual({ revision, rows: ['0'] });
    expect(said(await ask('check-bulk', { matrix: again, atLeast: Number(revision) + 1 }))).toEqual([
      400,
      'rbac.unknown_revision',
    ]);
  });

  it('refuse a matrix that is none, asks too much, or stands beside a list', async () => {
    const good = { subjects: [person.id], permissions: ['drift:read'], scopes: [here] };
    const times = <T>(count: number, member: T) => Array.from({ length: count }, () => member);
    const list = [{ subject: person.id, permission: 'drift:read' }];
    const bodies: [body: unknown, pointer: string][] = [
      [{}, '/checks'],
      [{ matrix: good, checks: list }, '/matrix'],
      [{ matrix: null }, '/matrix'],
      [{ matrix: [] }, '/matrix'],
      [{ matrix: [good] }, '/matrix'],
      [{ matrix: { permissions: ['drift:read'] } }, '/matrix/subjects'],
      [{ matrix: { ...good, subjects: [] } }, '/matrix/subjects'],
      [{ matrix: { ...good, subjects: ['me'] } }, '/matrix/subjects'],
      [{ matrix: { ...good, permissions: [7] } }, '/matrix/permissions'],
      [{ matrix: { ...good, scopes: ['/tenants/../t'] } }, '/matrix/scopes'],
      [{ matrix: { ...good, scopes: null } }, '/matrix/scopes'],
      [{ matrix: { ...good, more: 1 } }, '/matrix/more'],
      [{ matrix: { ...good, permissions: times(10_001, 'drift:read') } }, '/matrix/permissions'],
      [{ matrix: { ...good, permissions: times(1000, 'drift:read'), scopes: times(101, '/') } }, '/matrix'],
    ];
    for (const [body, pointer] of bodies) {
      const answer = await ask('check-bulk', body);
      const pointers = (answer.body['errors'] as { pointer: string }[] | undefined)?.map((error) => error.pointer);
      expect([...said(answer), pointers]).toEqual([400, 'request.invalid', [pointer]]);
    }
    const unknown = await ask('check-bulk', {
      matrix: { ...good, permissions: ['drift:read', 'no:such', 'toString'] },
    });
    expect(said(unknown)).toEqual([400, 'rbac.unknown_permission']);
    expect((unknown.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual([
      '/matrix/permissions/1',
      '/matrix/permissions/2',
    ]);
  });

  it('give 100,000 answers at once, and others theirs meanwhile', async () => {
    const matrix = {
      subjects: Array.from({ length: 100 }, () => person.id),
      permissions: Array.from({ length: 100 }, () => 'drift:read'),
      scopes: Array.from({ length: 10 }, () => here),
    };
    const big = Promise.all(Array.from({ length: 4 }, () => ask('check-bulk', { matrix })));
    const single = await ask('check', { subject: person.id, permission: 'drift:scan', scope: here });
    expect(single.body['allowed']).toBe(false);
    for (const { status, body } of await big) {
      expect([status, body['rows']]).toEqual([200, Array.from({ length: 100 }, () => '1'.repeat(1000))]);
    }
  });

  it('list the scopes where somebody may', async () => {
    const scopes = async (permission: string) =>
      (await ask('list-scopes', { subject: person.id, permission })).body['scopes'];
    expect(await scopes('drift:scan')).toEqual({ allowed: ['/tenants/t'], denied: [here] });
    expect(await scopes('users:read')).toEqual({ allowed: [], denied: [] });
    expect(said(await ask('list-scopes', { subject: person.id, permission: 'no:such' }))).toEqual([
      400,
      'rbac.unknown_permission',
    ]);
  });

  it('list the subjects who may, page by page, in order and each once', async () => {
    const names = async (permission: string, scope: string) => {
      const found: string[] = [];
      let cursor: unknown;
      do {
        const { body } = await ask('list-subjects', { permission, scope, limit: 1, ...(cursor ? { cursor } : {}) });
        found.push(...(body['items'] as { id: string }[]).map(({ id }) => id));
        cursor = body['nextCursor'];
      } while (cursor);
      return found;
    };
    const both = [person.id, stage.administrator.id].sort();
    expect(await names('drift:scan', '/tenants/t')).toEqual(both);
    expect(await names('drift:scan', here)).toEqual([stage.administrator.id]);
    expect(await names('drift:read', here)).toEqual(both);
    const { body } = await ask('list-subjects', { permission: 'drift:scan', scope: here });
    const { displayName } = stage.stage.tenant.administrator;
    expect(body['items']).toEqual([{ id: stage.administrator.id, type: 'user', displayName }]);
    expect(said(await ask('list-subjects', { permission: 'drift:read', cursor: 'forged' }))).toEqual([
      400,
      'request.invalid',
    ]);
    expect(said(await ask('list-subjects', { permission: 'no:such' }))).toEqual([400, 'rbac.unknown_permission']);
  });

  it('are made for who holds access:check there, and there only; a refusal is on record', async () => {
    const checker = await stage.person(1);
    const question = { subject: person.id, permission: 'drift:read' };
    expect(said(await ask('check', { ...question, scope: here }, checker.token))).toEqual([403, 'access.denied']);
    await stage.given(checker.id, await stage.roleNamed('application'), { scope: '/tenants/t' });
    expect((await ask('check', { ...question, scope: here }, checker.token)).body['allowed']).toBe(true);
    expect(said(await ask('check', question, checker.token))).toEqual([403, 'access.denied']);
    const checks = [{ ...question, scope: here }, question];
    expect(said(await ask('check-bulk', { checks }, checker.token))).toEqual([403, 'access.denied']);
    const matrix = { subjects: [person.id], permissions: ['drift:read'], scopes: [here] };
    expect((await ask('check-bulk', { matrix }, checker.token)).body['rows']).toEqual(['1']);
    const beyond = { ...matrix, scopes: [here, '/tenants/other'] };
    expect(said(await ask('check-bulk', { matrix: beyond }, checker.token))).toEqual([403, 'access.denied']);
    const denials = (await stage.audited('access.request.denied')).filter(({ actor_id }) => actor_id === checker.id);
    expect(denials).toHaveLength(4);
  });

  it('demand a revision that there is', async () => {
    const question = { subject: person.id, permission: 'drift:read', scope: here };
    const { body } = await ask('check', question);
    const revision = Number(body['revision']);
    expect((await ask('check', { ...question, atLeast: revision })).body).toEqual({ allowed: true, revision });
    expect(said(await ask('check', { ...question, atLeast: revision + 1 }))).toEqual([400, 'rbac.unknown_revision']);
    for (const atLeast of [-1, 1.5, '1', null, 1e300]) {
      expect(said(await ask('check', { ...question, atLeast }))).toEqual([400, 'request.invalid']);
    }
  });
});
