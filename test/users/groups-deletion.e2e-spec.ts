import { AuditService } from '../../src/audit/audit.service.js';
import { type Answer, Browser } from '../auth/auth-stage.js';
import { ScimStage } from '../scim/scim-stage.js';
import { auditTrail } from '../support/audit-trail.js';

describe('deleting a provisioned group', () => {
  let scim: ScimStage;
  /** Provisions by an access token, and holds the role `mover` besides. */
  let holder: ScimStage;
  let mover: string;
  let approver: string;
  let people = 0;
  beforeAll(async () => {
    scim = await ScimStage.start({ RATE_LIMIT_SIGN_INS_PER_MINUTE: '0' });
    mover = await role('mover', ['tenants:read', 'webhooks:read']);
    approver = await role('approver', ['webhooks:read']);
    const program = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', 'mover']);
    holder = program.by(await program.accessToken());
  }, 60_000);
  afterAll(() => scim.close());

  const call = (token: string, method: string, path: string, body?: unknown): Promise<Answer> =>
    new Browser(scim.stage.service.url).call(method, path, token, body);
  const made = async (path: string, body: Record<string, unknown>) => {
    const answer = await call(scim.administratorToken, 'POST', path, body);
    if (answer.status !== 201) throw new Error(`not made: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  };
  const role = (name: string, permissions: string[]) => made('/rbac/roles', { name, permissions });
  const given = (subject: string, held: string, more: Record<string, unknown> = {}) =>
    made('/rbac/assignments', { subject, role: held, reason: 'a test', ...more });
  const signedIn = async () => {
    const token = await scim.stage.browser().accessToken(scim.stage.person(people++).upn);
    return { token, id: String((await call(token, 'GET', '/users/me')).body['id']) };
  };
  const mayReadTenants = async (token: string) => (await call(token, 'GET', '/tenants')).status === 200;
  const codeOf = ({ status, body }: Answer) => [status, /\((\S+), request id/.exec(String(body['detail']))?.[1]];
  const remains = async (group: string) => {
    const [row] = await scim.stage.sql<{ n: number }>(
      `SELECT ((SELECT count(*) FROM groups WHERE id = $1) + (SELECT count(*) FROM role_assignments WHERE group_id = $1)
        + (SELECT count(*) FROM eligible_assignments WHERE group_id = $1))::int AS n`,
      [group],
    );
    return row?.n;
  };
  const audited = (action: string, target: string) =>
    auditTrail(scim.stage.service.app.get(AuditService, { strict: false }), { action, targetId: target });

  it('takes each assignment on record, and ends what was activated by it', async () => {
    const person = await signedIn();
    const group = await scim.group('movers', [person.id]);
    const allowed = await given(group, mover);
    const denied = await given(group, mover, { scope: '/x', effect: 'deny' });
    const eligible = await made('/rbac/eligible-assignments', { subject: group, role: approver, reason: 'a test' });
    const activation = await call(person.token, 'POST', '/rbac/activations', {
      eligibleAssignment: eligible,
      reason: 'an incident',
    });
    expect(activation.status).toBe(201);
    expect(await mayReadTenants(person.token)).toBe(true);

    expect((await holder.call('DELETE', `/Groups/${group}`)).status).toBe(204);
    expect(await remains(group)).toBe(0);
    expect(await mayReadTenants(person.token)).toBe(false);
    const by = { actorId: holder.program.id, reason: 'the group was deleted' };
    for (const id of [allowed, denied]) {
      const records = await audited('rbac.assignment.deleted', id);
      expect(records).toMatchObject([
        { ...by, before: { subject: group, subjectDisplayName: 'movers', role: 'mover' } },
      ]);
    }
    expect(await audited('rbac.eligibility.deleted', eligible)).toMatchObject([by]);
    expect(await audited('rbac.activation.ended', String(activation.body['id']))).toHaveLength(1);
    expect(await audited('users.provisioned-group.deleted', group)).toHaveLength(1);
    const left = await scim.stage.sql('SELECT 1 FROM role_assignments WHERE user_id = $1', [person.id]);
    expect(left).toEqual([]);
  });

  it.each([
    ['is assigned to it', 'assignments', {}],
    ['it denies', 'assignments', { effect: 'deny' }],
    ['its members may activate', 'eligible-assignments', {}],
  ])('is refused to who does not hold what %s, with and without members', async (_what, kind, more) => {
    const person = await signedIn();
    for (const members of [[person.id], []]) {
      const group = await scim.group('guarded', members);
      await made(`/rbac/${kind}`, { subject: group, role: mover, reason: 'a test', ...more });
      expect(codeOf(await scim.call('DELETE', `/Groups/${group}`))).toEqual([403, 'rbac.no_way_up']);
      expect(await remains(group)).toBe(2);
      expect((await holder.call('DELETE', `/Groups/${group}`)).status).toBe(204);
      expect(await remains(group)).toBe(0);
    }
  });

  it('leaves the administrators that there are, of whom groups are none', async () => {
    const [administrators] = await scim.stage.sql<{ id: string }>(`SELECT id FROM roles WHERE name = 'administrator'`);
    const person = await signedIn();
    const group = await scim.group('administrators', [person.id]);
    await given(group, String(administrators?.id));
    expect(codeOf(await holder.call('DELETE', `/Groups/${group}`))).toEqual([403, 'rbac.no_way_up']);
    const program = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', 'administrator']);
    const administrating = program.by(await program.accessToken());
    expect((await administrating.call('DELETE', `/Groups/${group}`)).status).toBe(204);
    const { objectId } = scim.stage.tenant.administrator;
    const [last] = await scim.stage.sql<{ id: string }>('SELECT id FROM users WHERE object_id = $1', [objectId]);
    expect(codeOf(await administrating.call('DELETE', `/Users/${last?.id}`))).toEqual([409, 'rbac.last_administrator']);
  });

  it('is refused where its denial keeps apart what a member holds otherwise', async () => {
    const person = await signedIn();
    const [group, another] = [await scim.group('denying', [person.id]), await scim.group('too', [person.id])];
    for (const denying of [group, another]) await given(denying, approver, { effect: 'deny' });
    await given(person.id, mover);
    await made('/rbac/constraints', {
      name: 'apart',
      kind: 'permissions',
      members: ['tenants:read', 'webhooks:read'],
    });
    expect((await holder.call('DELETE', `/Groups/${another}`)).status).toBe(204);
    expect(codeOf(await holder.call('DELETE', `/Groups/${group}`))).toEqual([409, 'rbac.separation_violated']);
    expect(await remains(group)).toBe(2);
    // Who leaves it is refused alike.
    const leaving = await holder.patch(`/Groups/${group}`, { op: 'remove', path: 'members' });
    expect(codeOf(leaving)).toEqual([409, 'rbac.separation_violated']);
  });
});
