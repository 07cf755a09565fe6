import { randomUUID } from 'node:crypto';
import { ScimStage, USER } from './scim-stage.js';

/** Decisions 24 and 25: nobody gains by provisioning what the program that provisions doesn't hold. */
describe('access by provisioning', () => {
  let scim: ScimStage;
  let administrator: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
    administrator = await userIdOf(scim.stage.tenant.administrator.objectId);
  });
  afterAll(() => scim.close());

  const userIdOf = async (objectId: string) => {
    const [row] = await scim.stage.sql<{ id: string }>('SELECT id FROM users WHERE object_id = $1', [objectId]);
    return row?.id ?? '';
  };
  const give = (
    column: 'user_id' | 'group_id' | 'service_account_id',
    holder: string,
    role: string,
    options: { effect?: string; eligible?: boolean } = {},
  ) =>
    options.eligible === true
      ? scim.stage.sql(
          `INSERT INTO eligible_assignments (id, ${column}, role_id, scope, reason, assigned_by_type, assigned_by_id)
           SELECT gen_random_uuid(), $1, id, '/', 'a test', 'system', 'test' FROM roles WHERE name = $2`,
          [holder, role],
        )
      : scim.stage.sql(
          `INSERT INTO role_assignments (id, ${column}, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
           SELECT gen_random_uuid(), $1, id, '/', $3, now(), 'a test', 'system', 'test' FROM roles WHERE name = $2`,
          [holder, role, options.effect ?? 'allow'],
        );
  const membersOf = async (group: string) =>
    ((await scim.call('GET', `/Groups/${group}`)).body['members'] as { value: string }[]).map(({ value }) => value);
  /** A program that holds a role besides, and provisions by access tokens. */
  const holderOf = async (role: string) => {
    const program = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', role]);
    return program.by(await program.accessToken());
  };
  const refused = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
    expect([status, String(body['detail']).includes('rbac.no_way_up')]).toEqual([403, true]);
    expect(body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '403' });
  };

  describe('of the last administrator', () => {
    const attempts: [string, () => ReturnType<ScimStage['call']>][] = [
      ['PATCH', () => scim.patch(`/Users/${administrator}`, { op: 'replace', path: 'active', value: false })],
      [
        'PATCH as Entra writes it',
        () => scim.patch(`/Users/${administrator}`, { op: 'Replace', value: { active: 'False' } }),
      ],
      [
        'PUT',
        () =>
          scim.call('PUT', `/Users/${administrator}`, {
            schemas: [USER],
            userName: scim.stage.tenant.administrator.userPrincipalName,
            active: false,
          }),
      ],
      ['DELETE', () => scim.call('DELETE', `/Users/${administrator}`)],
    ];
    it.each(attempts)('is not taken by %s', async (_what, attempt) => {
      const { status, body, headers } = await attempt();
      expect(headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
      expect(status).toBe(409);
      expect(body).toMatchObject({ status: '409', scimType: 'mutability' });
      expect(String(body['detail'])).toContain('rbac.last_administrator');
      expect(await scim.stage.sql('SELECT status FROM users WHERE id = $1', [administrator])).toEqual([
        { status: 'active' },
      ]);
    });

    it('is not taken by a bulk, whose other operations are done', async () => {
      const other = await scim.person(`${randomUUID()}@x.example`);
      const { body } = await scim.call('POST', '/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [administrator, other].map((id) => ({ method: 'DELETE', path: `/Users/${id}` })),
      });
      expect(body['Operations']).toMatchObject([
        { status: '409', response: { scimType: 'mutability' } },
        { status: '204' },
      ]);
    });

    it('is not denied by a group', async () => {
      const denying = await scim.group('denying');
      await give('group_id', denying, 'viewer', { effect: 'deny' });
      const holder = await holderOf('administrator');
      const answer = await holder.patch(`/Groups/${denying}`, {
        op: 'add',
        path: 'members',
        value: [{ value: administrator }],
      });
      expect([answer.status, answer.body['scimType']]).toEqual([409, 'mutability']);
      expect(await membersOf(denying)).toEqual([]);
    });

    it('may be taken from one of two', async () => {
      const second = await scim.person(`${randomUUID()}@x.example`, { externalId: randomUUID() });
      await give('user_id', second, 'administrator');
      expect((await scim.patch(`/Users/${second}`, { op: 'replace', path: 'active', value: false })).status).toBe(200);
      refused(await scim.patch(`/Users/${second}`, { op: 'replace', path: 'active', value: true }));
      expect((await scim.call('DELETE', `/Users/${second}`)).status).toBe(204);
      expect((await scim.call('DELETE', `/Users/${administrator}`)).status).toBe(409);
    });
  });

  describe.each<[string, { effect?: string; eligible?: boolean }]>([
    ['holds a role', {}],
    ['may activate a role', { eligible: true }],
    ['is denied a role', { effect: 'deny' }],
  ])('by a group that %s', (_what, options) => {
    let group: string;
    let member: string;
    let somebody: string;
    beforeAll(async () => {
      [member, somebody] = [
        await scim.person(`${randomUUID()}@x.example`),
        await scim.person(`${randomUUID()}@x.example`),
      ];
      group = await scim.group(`group ${randomUUID()}`, [member]);
      await give('group_id', group, 'viewer', options);
    });

    it('is neither given nor taken by who does not hold it', async () => {
      const value = [{ value: somebody }];
      for (const attempt of [
        () => scim.patch(`/Groups/${group}`, { op: 'add', path: 'members', value }),
        () => scim.patch(`/Groups/${group}`, { op: 'Add', value: { members: value } }),
        () => scim.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value }),
        () => scim.patch(`/Groups/${group}`, { op: 'remove', path: 'members' }),
        () => scim.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${member}"]` }),
        () => scim.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: [] }),
        () => scim.call('PUT', `/Groups/${group}`, { displayName: 'x', members: [...value, { value: member }] }),
        () => scim.call('PUT', `/Groups/${group}`, { displayName: 'x' }),
        () => scim.call('DELETE', `/Groups/${group}`),
      ]) {
        refused(await attempt());
        expect(await membersOf(group)).toEqual([member]);
      }
    });

    it('is given and taken by who holds it', async () => {
      const holder = await holderOf('viewer');
      const value = [{ value: somebody }];
      expect((await holder.patch(`/Groups/${group}`, { op: 'add', path: 'members', value })).status).toBe(204);
      expect(await membersOf(group)).toEqual([member, somebody].sort());
      expect((await holder.patch(`/Groups/${group}`, { op: 'remove', path: 'members', value })).status).toBe(204);
      expect(await membersOf(group)).toEqual([member]);
    });

    it('is given and taken by a token for SCIM of a program that holds it for good', async () => {
      const whole = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', 'viewer']);
      const value = [{ value: somebody }];
      expect((await whole.patch(`/Groups/${group}`, { op: 'add', path: 'members', value })).status).toBe(204);
      expect((await whole.patch(`/Groups/${group}`, { op: 'remove', path: 'members', value })).status).toBe(204);
      await scim.stage.sql(
        `UPDATE role_assignments SET valid_until = now() + interval '1 day' WHERE service_account_id = $1
            AND role_id = (SELECT id FROM roles WHERE name = 'viewer')`,
        [whole.program.id],
      );
      // A denial that one joins takes for ever, which needs no more than holding it now.
      const added = await whole.patch(`/Groups/${group}`, { op: 'add', path: 'members', value });
      if (options.effect === 'deny') expect(added.status).toBe(204);
      else refused(added);
    });
  });

  it('is not taken over with an account that holds roles, by saying whose it is', async () => {
    const unlinked = await scim.person(`${randomUUID()}@x.example`, { externalId: 'somebody' });
    await give('user_id', unlinked, 'auditor');
    const intruder = randomUUID();
    for (const attempt of [
      () => scim.patch(`/Users/${unlinked}`, { op: 'replace', path: 'externalId', value: intruder }),
      () => scim.patch(`/Users/${unlinked}`, { op: 'add', value: { externalId: intruder.toUpperCase() } }),
      () => scim.call('PUT', `/Users/${unlinked}`, { userName: 'x@x.example', externalId: intruder }),
    ])
      refused(await attempt());
    expect(await scim.stage.sql('SELECT object_id FROM users WHERE id = $1', [unlinked])).toEqual([
      { object_id: null },
    ]);
    const linked = await scim.patch(`/Users/${administrator}`, { op: 'replace', path: 'externalId', value: intruder });
    expect([linked.status, linked.body['scimType']]).toEqual([400, 'mutability']);
    const holder = await holderOf('auditor');
    const other = await holder.patch(`/Users/${unlinked}`, { op: 'replace', path: 'externalId', value: intruder });
    expect(other.status).toBe(200);
  });

  it('does not come back with an account that was deleted', async () => {
    const externalId = randomUUID();
    const id = await scim.person(`${randomUUID()}@x.example`, { externalId });
    const group = await scim.group('before', [id]);
    await give('user_id', id, 'viewer');
    await give('user_id', id, 'auditor', { eligible: true });
    expect((await scim.call('DELETE', `/Users/${id}`)).status).toBe(204);
    expect(await membersOf(group)).toEqual([]);
    expect(await scim.person(`${randomUUID()}@x.example`, { externalId })).toBe(id);
    const [held] = await scim.stage.sql<{ n: number }>(
      `SELECT (SELECT count(*) FROM role_assignments WHERE user_id = $1)::int
            + (SELECT count(*) FROM eligible_assignments WHERE user_id = $1)::int
            + (SELECT count(*) FROM group_members WHERE user_id = $1)::int AS n`,
      [id],
    );
    expect(held?.n).toBe(0);
  });
});
