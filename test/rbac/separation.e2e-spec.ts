import { DataSource } from 'typeorm';
import { systemActor } from '../../src/access/actor.js';
import { GroupMembershipRules } from '../../src/users/groups/group-membership-rules.service.js';
import { sentEvents } from '../support/sent-events.js';
import { inHours, RbacStage, said } from './rbac-stage.js';

const VIOLATED = [409, 'rbac.separation_violated'];
const UNKNOWN = '0198f000-0000-7000-8000-000000000000';

describe('separation of duties', () => {
  let rbac: RbacStage;
  let payer: string;
  let approver: string;
  let unrelated: string;
  let constraint: string;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    payer = await rbac.role('payer', { permissions: ['drift:read'] });
    approver = await rbac.role('approver', { permissions: ['tenants:read'] });
    unrelated = await rbac.role('unrelated', { permissions: ['service-accounts:read'] });
    constraint = await constrained('payments', { kind: 'roles', members: [payer, approver] });
  }, 60_000);
  afterAll(() => rbac.close());

  let people = 0;
  const somebody = () => rbac.person(people++);
  const create = (name: string, content: Record<string, unknown>) =>
    rbac.admin('POST', '/rbac/constraints', { name, ...content });
  const constrained = async (name: string, content: Record<string, unknown>) => {
    const answer = await create(name, content);
    if (answer.status !== 201) throw new Error(`no constraint: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  };
  /** A service account, as a subject of its own. */
  const program = async (name: string) =>
    String((await rbac.admin('POST', '/service-accounts', { name, description: 'x' })).body['id']);
  const assign = (subject: string, role: string, more: Record<string, unknown> = {}) =>
    rbac.assign(rbac.administrator.token, subject, role, more);
  const violators = async (id: string) => {
    const { status, body } = await rbac.admin('GET', `/rbac/constraints/${id}/violations?limit=200`);
    expect(status).toBe(200);
    return body['items'] as {
      subject: { id: string };
      scope: string;
      held: { member: string; group: string | null }[];
    }[];
  };

  describe('constraints', () => {
    it('are created, read, listed, changed and deleted, on record', async () => {
      const path = `/rbac/constraints/${await constrained('whole life', { kind: 'permissions', members: ['drift:read', 'audit:read'] })}`;
      const read = await rbac.admin('GET', path);
      expect(read.body).toMatchObject({
        name: 'whole life',
        description: '',
        kind: 'permissions',
        members: ['audit:read', 'drift:read'],
        atMost: 1,
      });
      expect((await rbac.call(rbac.administrator.token, 'PATCH', path, { name: 'x' })).status).toBe(428);
      const changed = await rbac.change(rbac.administrator.token, 'PATCH', path, {
        description: 'three of them',
        members: ['drift:read', 'audit:read', 'tenants:read'],
        atMost: 2,
      });
      expect([changed.status, changed.body['atMost'], changed.body['members']]).toEqual([
        200,
        2,
        ['audit:read', 'drift:read', 'tenants:read'],
      ]);
      const stale = await rbac.admin('PATCH', path, { name: 'x' }, { 'if-match': read.headers.get('etag') ?? '' });
      expect(stale.status).toBe(412);
      const otherKind = await rbac.change(rbac.administrator.token, 'PATCH', path, { kind: 'roles' });
      expect(said(otherKind)).toEqual([400, 'rbac.constraint_invalid']);
      expect(said(await rbac.change(rbac.administrator.token, 'PATCH', path, { atMost: 3 }))).toEqual([
        400,
        'rbac.constraint_invalid',
      ]);
      const become = await rbac.change(rbac.administrator.token, 'PATCH', path, {
        kind: 'roles',
        members: [payer, unrelated],
        atMost: 1,
      });
      expect([become.status, become.body['kind']]).toEqual([200, 'roles']);
      const listed = await rbac.admin('GET', '/rbac/constraints?limit=1');
      expect(listed.body['items']).toHaveLength(1);
      const next = await rbac.admin('GET', `/rbac/constraints?limit=1&cursor=${listed.body['nextCursor']}`);
      expect(next.body['items']).toMatchObject([{ name: 'whole life' }]);
      expect((await rbac.change(rbac.administrator.token, 'DELETE', path)).status).toBe(204);
      expect(said(await rbac.admin('GET', path))).toEqual([404, 'rbac.constraint_not_found']);
      expect(said(await rbac.admin('GET', `${path}/violations`))).toEqual([404, 'rbac.constraint_not_found']);
      for (const action of ['created', 'updated', 'deleted']) {
        expect((await rbac.audited(`rbac.constraint.${action}`)).length).toBeGreaterThan(0);
      }
    });

    it.each([
      ['one member', { kind: 'permissions', members: ['drift:read'] }, 'request.invalid'],
      ['the same twice', { kind: 'permissions', members: ['drift:read', 'drift:read'] }, 'request.invalid'],
      [
        'all allowed',
        { kind: 'permissions', members: ['drift:read', 'audit:read'], atMost: 2 },
        'rbac.constraint_invalid',
      ],
      ['none allowed', { kind: 'permissions', members: ['drift:read', 'audit:read'], atMost: 0 }, 'request.invalid'],
      ['an unknown permission', { kind: 'permissions', members: ['drift:read', 'no:such'] }, 'rbac.unknown_permission'],
      ['a role without an id', { kind: 'roles', members: ['drift:read', 'x'] }, 'rbac.unknown_role'],
      ['an unknown role', { kind: 'roles', members: [UNKNOWN, UNKNOWN.replace('f', 'e')] }, 'rbac.unknown_role'],
      ['a kind of its own', { kind: 'people', members: ['a', 'b'] }, 'request.invalid'],
      ['a zero character', { kind: 'permissions', members: ['drift:read', 'audit:read\u0000'] }, expect.any(String)],
    ])('are refused with %s', async (_title, content, code) => {
      expect(said(await create('refused', content))).toEqual([400, code]);
    });

    it('have names of their own, are changed only by those who manage access, and keep their roles', async () => {
      const again = await create('payments', { kind: 'roles', members: [payer, unrelated] });
      expect(said(again)).toEqual([409, 'rbac.constraint_name_taken']);
      const { token } = await somebody();
      expect((await rbac.call(token, 'GET', '/rbac/constraints')).status).toBe(403);
      const content = { name: 'mine', kind: 'roles', members: [payer, approver] };
      expect((await rbac.call(token, 'POST', '/rbac/constraints', content)).status).toBe(403);
      expect((await rbac.change(rbac.administrator.token, 'DELETE', `/rbac/roles/${payer}`)).status).toBe(409);
    });
  });

  describe('is kept', () => {
    it('where roles are assigned directly, naming who and what', async () => {
      const { id } = await somebody();
      await rbac.given(id, payer);
      const refused = await assign(id, approver);
      expect(said(refused)).toEqual(VIOLATED);
      expect(refused.body['detail']).toMatch(/"payments".*payer on \/; approver on \//);
      expect(await violators(constraint)).toEqual([]);
      expect(said(await assign(id, approver, { scope: '/below/it' }))).toEqual(VIOLATED);
    });

    it('where a role is inherited', async () => {
      const { id } = await somebody();
      const heir = await rbac.role('heir', { parents: [payer] });
      const heirOfHeir = await rbac.role('heir-of-heir', { parents: [heir] });
      await rbac.given(id, approver);
      expect(said(await assign(id, heirOfHeir))).toEqual(VIOLATED);
      const both = await rbac.role('both', { parents: [payer, approver] });
      expect(said(await assign((await somebody()).id, both))).toEqual(VIOLATED);
    });

    it('where a role is edited, by parents and by permissions', async () => {
      const { id } = await somebody();
      const edited = await rbac.role('edited');
      await rbac.given(id, payer);
      await rbac.given(id, edited);
      const path = `/rbac/roles/${edited}`;
      const change = (body: unknown) => rbac.change(rbac.administrator.token, 'PATCH', path, body);
      expect(said(await change({ parents: [approver] }))).toEqual(VIOLATED);
      await constrained('read no audit of what drifts', { kind: 'permissions', members: ['drift:read', 'audit:read'] });
      expect(said(await change({ permissions: ['audit:read'] }))).toEqual(VIOLATED);
      expect((await change({ permissions: ['tenants:read'] })).status).toBe(200);
    });

    it('where a group has the other role', async () => {
      const { id } = await somebody();
      const group = await rbac.group('payers', [id]);
      await rbac.given(id, approver);
      const refused = await assign(group, payer);
      expect(said(refused)).toEqual(VIOLATED);
      expect(refused.body['detail']).toContain('through the group payers on /');
    });

    it('at times to come', async () => {
      const { id } = await somebody();
      await rbac.given(id, payer, { validUntil: inHours(2) });
      expect(said(await assign(id, approver, { validFrom: inHours(1) }))).toEqual(VIOLATED);
      expect((await assign(id, approver, { validFrom: inHours(3) })).status).toBe(201);
      expect(said(await assign(id, payer, { validFrom: inHours(4), validUntil: inHours(5) }))).toEqual(VIOLATED);
    });

    it('where a denial goes that kept it', async () => {
      const { id } = await somebody();
      await constrained('reads no service accounts of tenants', {
        kind: 'permissions',
        members: ['tenants:read', 'service-accounts:read'],
      });
      const denial = await rbac.given(id, approver, { scope: '/kept', effect: 'deny' });
      await rbac.given(id, approver, { scope: '/kept/here' });
      await rbac.given(id, unrelated, { scope: '/kept' });
      expect(said(await rbac.admin('DELETE', `/rbac/assignments/${denial}`))).toEqual(VIOLATED);
      expect(said(await assign(id, approver, { scope: '/' }))).toEqual(VIOLATED);
    });

    it('for programs', async () => {
      const id = await program('pays');
      await rbac.given(id, payer);
      expect(said(await assign(id, approver))).toEqual(VIOLATED);
    });

    it('where two assign at once: one of them', async () => {
      for (let round = 0; round < 5; round++) {
        const id = await program(`at once ${round}`);
        const answers = await Promise.all([assign(id, payer), assign(id, approver)]);
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      }
      expect(await violators(constraint)).toEqual([]);
    });

    it('where an assignment and a constraint come at once: the assignment is refused or counted', async () => {
      const id = await program('left');
      const left = await rbac.role('left');
      const right = await rbac.role('right');
      await rbac.given(id, left);
      const [assigned, made] = await Promise.all([
        assign(id, right),
        create('at once', { kind: 'roles', members: [left, right] }),
      ]);
      expect(made.status).toBe(201);
      expect([
        [201, 1],
        [409, 0],
      ]).toContainEqual([assigned.status, made.body['violations']]);
    });
  });

  it('lets people have both where and when they do not meet', async () => {
    const { id } = await somebody();
    await rbac.given(id, payer, { scope: '/tenants/A' });
    expect((await assign(id, approver, { scope: '/tenants/B' })).status).toBe(201);
    expect((await assign(id, approver, { scope: '/tenants/AB' })).status).toBe(201);
    expect(said(await assign(id, approver, { scope: '/tenants' }))).toEqual(VIOLATED);
    const other = await somebody();
    await rbac.given(other.id, payer, { validUntil: inHours(1) });
    expect((await assign(other.id, approver, { validFrom: inHours(1.5) })).status).toBe(201);
    // What is over doesn't count.
    const third = await somebody();
    const past = await rbac.given(third.id, payer);
    await rbac.stage.sql(
      `UPDATE role_assignments SET valid_from = now() - interval '2 hours', valid_until = now() - interval '1 hour' WHERE id = $1`,
      [past],
    );
    expect((await assign(third.id, approver)).status).toBe(201);
  });

  it('lets as many be held as it says', async () => {
    const { id } = await somebody();
    const roles = [await rbac.role('n1'), await rbac.role('n2'), await rbac.role('n3')];
    await constrained('two of three', { kind: 'roles', members: roles, atMost: 2 });
    const [first = '', second = '', third = ''] = roles;
    await rbac.given(id, first);
    await rbac.given(id, second);
    expect(said(await assign(id, third))).toEqual(VIOLATED);
    // The same again is no further member.
    expect((await assign(id, second, { scope: '/again' })).status).toBe(201);
  });

  it('reports what stood before it and lets all else change, but nothing make it worse', async () => {
    const { id } = await somebody();
    const old = [await rbac.role('old1'), await rbac.role('old2'), await rbac.role('old3')];
    const [first = '', second = '', third = ''] = old;
    const standing = await rbac.given(id, first, { scope: '/old' });
    const group = await rbac.group('olds', [id]);
    await rbac.given(group, second, { scope: '/old/below' });
    const made = await create('late', { kind: 'roles', members: old });
    expect([made.status, made.body['violations']]).toEqual([201, 1]);
    const late = String(made.body['id']);
    expect(await violators(late)).toMatchObject([
      {
        subject: { type: 'user', id },
        scope: '/old/below',
        held: expect.arrayContaining([expect.objectContaining({ member: second, group })]),
      },
    ]);
    expect((await assign(id, unrelated)).status).toBe(201);
    expect(
      (await rbac.change(rbac.administrator.token, 'PATCH', `/rbac/roles/${second}`, { permissions: ['drift:read'] }))
        .status,
    ).toBe(200);
    expect(said(await assign(id, third, { scope: '/old' }))).toEqual(VIOLATED);
    expect(said(await assign(id, second, { scope: '/old' }))).toEqual(VIOLATED);
    expect((await rbac.admin('DELETE', `/rbac/assignments/${standing}`)).status).toBe(204);
    expect(await violators(late)).toEqual([]);
  });

  it('counts administrators and reports further ones, without stopping the constraint or changes of theirs', async () => {
    const permissions = ['tenants:manage', 'service-accounts:manage'];
    const made = await create('no such administrator', { kind: 'permissions', members: permissions });
    expect([made.status, made.body['violations']]).toEqual([201, 1]);
    const id = String(made.body['id']);
    const { administrator } = rbac;
    expect((await violators(id)).map(({ subject }) => subject.id)).toEqual([administrator.id]);
    expect((await assign(administrator.id, unrelated)).status).toBe(201);
    const role = await rbac.roleNamed('administrator');
    const further = await somebody();
    // Who holds the one by another role doesn't get the other by one: only the role itself is administrators' nature.
    const [manages, both] = [await rbac.role('manages-tenants', { permissions: ['tenants:manage'] }), await somebody()];
    await rbac.given(both.id, manages);
    const programs = await rbac.role('manages-programs', { permissions: ['service-accounts:manage'] });
    expect(said(await assign(both.id, programs))).toEqual(VIOLATED);
    expect((await assign(further.id, role)).status).toBe(201);
    expect((await violators(id)).map(({ subject }) => subject.id)).toEqual([administrator.id, further.id].sort());
    expect(await timesSent(further.id)).toBeGreaterThan(0);
    expect((await rbac.change(administrator.token, 'DELETE', `/rbac/constraints/${id}`)).status).toBe(204);
    for (const { id: other } of await constraintsOfPermissions()) {
      await rbac.change(administrator.token, 'DELETE', `/rbac/constraints/${other}`);
    }
  });

  const timesSent = async (subject: string) => {
    const sent = await sentEvents(rbac.stage.service.app, 'rbac.separation.violated');
    return sent.filter(({ subject: of }) => (of as { id?: unknown } | undefined)?.id === subject).length;
  };

  const constraintsOfPermissions = async () => {
    const { body } = await rbac.admin('GET', '/rbac/constraints?limit=200');
    return (body['items'] as { id: string; kind: string }[]).filter(({ kind }) => kind === 'permissions');
  };

  describe('of who joins a group', () => {
    const rules = () => rbac.stage.service.app.get(GroupMembershipRules, { strict: false });
    const database = () => rbac.stage.service.app.get(DataSource, { strict: false });
    const actor = systemActor('a test');
    const add = 'INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)';
    const membersOf = (group: string) =>
      rbac.stage.sql('SELECT user_id FROM group_members WHERE group_id = $1', [group]);

    it('is kept where somebody puts them there', async () => {
      const { id } = await somebody();
      await rbac.given(id, approver);
      const group = await rbac.group('joined', []);
      await rbac.given(group, payer);
      const joining = database().transaction(async (tx) => {
        await rules().assertMayChange(tx, actor, group, [id], []);
        await tx.query(add, [group, id]);
        await rules().assertMayStand(tx, actor, group, [id]);
      });
      await expect(joining).rejects.toMatchObject({ code: 'rbac.separation_violated' });
      expect(await membersOf(group)).toEqual([]);
    });

    it('is reported, once, where the directory puts them there', async () => {
      const { id } = await somebody();
      await rbac.given(id, approver);
      const group = await rbac.group('synced', []);
      await rbac.given(group, payer);
      const sync = (change: string) =>
        database().transaction(async (tx) => {
          await rules().syncing(tx);
          await tx.query(change, [group, id]);
          await rules().synced(tx, actor, group, [id]);
        });
      await sync(add);
      await sync('SELECT $1::uuid, $2::uuid');
      expect(await membersOf(group)).toHaveLength(1);
      const reported = await rbac.audited('rbac.separation.violated');
      expect(reported.filter(({ target_id }) => target_id === id)).toHaveLength(1);
      expect(await timesSent(id)).toBe(1);
      expect((await violators(constraint)).map(({ subject }) => subject.id)).toEqual([id]);
    });
  });

  it('lists violations in pages that miss nobody', async () => {
    const pair = [await rbac.role('page1'), await rbac.role('page2')];
    const ids = [await program('page1'), (await somebody()).id, await program('page2')];
    for (const id of ids) for (const role of pair) await rbac.given(id, role);
    const late = await constrained('pages', { kind: 'roles', members: pair });
    const seen: string[] = [];
    let cursor: unknown = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await rbac.admin('GET', `/rbac/constraints/${late}/violations?limit=1${query}`);
      expect(status).toBe(200);
      seen.push(...(body['items'] as { subject: { id: string } }[]).map(({ subject }) => subject.id));
      cursor = body['nextCursor'];
    } while (cursor !== null && seen.length < 10);
    expect(seen).toEqual([...ids].sort());
  });
});
