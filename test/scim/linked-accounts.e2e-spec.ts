import { randomUUID } from 'node:crypto';
import { type Answer, Browser } from '../auth/auth-stage.js';
import { sentEvents } from '../support/sent-events.js';
import { ScimStage } from './scim-stage.js';

/** Groups of Entra ID know their members by object id: an account holds what they hold from the moment it has one. */
describe('an account that gets its object id', () => {
  let scim: ScimStage;
  /** Provisions by a program that holds both roles itself. */
  let holder: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
    holder = await scim.asProgramOf(scim.stage.tenant.administrator, ['provisioning', 'viewer', 'auditor']);
    const members = await scim.stage.sql<{ id: string }>("SELECT id FROM roles WHERE name IN ('viewer', 'auditor')");
    const constraint = await new Browser(scim.stage.service.url).call(
      'POST',
      '/rbac/constraints',
      scim.administratorToken,
      { name: 'apart', kind: 'roles', members: members.map(({ id }) => id) },
    );
    expect(constraint.status).toBe(201);
  });
  afterAll(() => scim.close());

  const give = (column: 'user_id' | 'group_id', to: string, role: string) =>
    scim.stage.sql(
      `INSERT INTO role_assignments (id, ${column}, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       SELECT gen_random_uuid(), $1, id, '/', 'allow', now(), 'a test', 'system', 'test' FROM roles WHERE name = $2`,
      [to, role],
    );
  const entraGroup = async (objectId: string, role: string) => {
    const [group] = await scim.stage.sql<{ id: string }>(
      `INSERT INTO groups (id, tenant_id, source, object_id, display_name)
       SELECT gen_random_uuid(), tenant_id, 'entra', gen_random_uuid(), 'of Entra' FROM service_accounts WHERE id = $1 RETURNING id`,
      [scim.program.id],
    );
    await scim.stage.sql('INSERT INTO group_members (group_id, object_id) VALUES ($1, $2)', [group?.id, objectId]);
    await give('group_id', String(group?.id), role);
  };
  const pawn = async (role?: string) => {
    const id = await scim.person(`${randomUUID()}@x.example`);
    if (role !== undefined) await give('user_id', id, role);
    return id;
  };
  const link = (by: ScimStage, id: string, objectId: string) =>
    by.patch(`/Users/${id}`, { op: 'replace', path: 'externalId', value: objectId });
  const isUnlinked = async (id: string) =>
    expect(await scim.stage.sql('SELECT object_id FROM users WHERE id = $1', [id])).toEqual([{ object_id: null }]);
  const refusedFor = (code: string, status: number, answer: Answer) =>
    expect([answer.status, String(answer.body['detail']).includes(code)]).toEqual([status, true]);
  const violations = (id: string) =>
    scim.stage.sql("SELECT 1 FROM audit_events WHERE action = 'rbac.separation.violated' AND target_id = $1", [id]);

  it('is not linked by who does not hold what its groups hold, and is by who does', async () => {
    const [id, objectId] = [await pawn(), randomUUID()];
    await entraGroup(objectId, 'viewer');
    refusedFor('rbac.no_way_up', 403, await link(scim, id, objectId));
    await isUnlinked(id);
    expect((await link(holder, id, objectId)).status).toBe(200);
  });

  it('is not linked to what separation of duties keeps apart from what it holds', async () => {
    const [id, other, objectId] = [await pawn('auditor'), await pawn('viewer'), randomUUID()];
    await entraGroup(objectId, 'viewer');
    refusedFor('rbac.separation_violated', 409, await link(holder, id, objectId));
    await isUnlinked(id);
    expect((await link(holder, other, objectId)).status).toBe(200);
  });

  it('is not provisioned with it by who does not hold what its groups hold, or against separation of duties', async () => {
    const [one, both] = [randomUUID(), randomUUID()];
    await entraGroup(one, 'viewer');
    await entraGroup(both, 'viewer');
    await entraGroup(both, 'auditor');
    const provision = (by: ScimStage, externalId: string) =>
      by.call('POST', '/Users', { userName: `${externalId}@x.example`, externalId });
    refusedFor('rbac.no_way_up', 403, await provision(scim, one));
    refusedFor('rbac.separation_violated', 409, await provision(holder, both));
    expect((await provision(holder, one)).status).toBe(201);
    expect(await scim.stage.sql('SELECT 1 FROM users WHERE object_id = $1', [both])).toEqual([]);
  });

  it('is reported at the first sign-in, which cannot be refused, and only then', async () => {
    const { objectId, upn } = scim.stage.person(3);
    await entraGroup(objectId, 'viewer');
    await entraGroup(objectId, 'auditor');
    await scim.stage.browser().accessToken(upn);
    const [user] = await scim.stage.sql<{ id: string }>('SELECT id FROM users WHERE object_id = $1', [objectId]);
    expect(await violations(String(user?.id))).toHaveLength(1);
    const sent = await sentEvents(scim.stage.service.app, 'rbac.separation.violated');
    expect(sent.map(({ subject }) => subject)).toEqual([{ type: 'user', id: user?.id }]);
    await scim.stage.browser().accessToken(upn);
    expect(await violations(String(user?.id))).toHaveLength(1);
  });

  it('is not reported at a first sign-in into one of both', async () => {
    const { objectId, upn } = scim.stage.person(4);
    await entraGroup(objectId, 'viewer');
    await scim.stage.browser().accessToken(upn);
    const [user] = await scim.stage.sql<{ id: string }>('SELECT id FROM users WHERE object_id = $1', [objectId]);
    expect(await violations(String(user?.id))).toEqual([]);
  });

  describe('and is deleted', () => {
    it('is not somebody else’s who gets the same external id', async () => {
      const [objectId, reused] = [randomUUID(), randomUUID().slice(0, 8)];
      const left = await scim.person(`${randomUUID()}@x.example`, { externalId: objectId });
      expect((await scim.patch(`/Users/${left}`, { op: 'replace', path: 'externalId', value: reused })).status).toBe(
        200,
      );
      expect((await scim.call('DELETE', `/Users/${left}`)).status).toBe(204);
      const hired = await scim.person(`${randomUUID()}@x.example`, { externalId: reused });
      expect(hired).not.toBe(left);
      await isUnlinked(hired);
      // Who left is the same person still.
      expect(await scim.person(`${randomUUID()}@x.example`, { externalId: objectId })).toBe(left);
    });

    it('is the same when it never had one', async () => {
      const externalId = randomUUID().slice(0, 8);
      const id = await scim.person(`${randomUUID()}@x.example`, { externalId });
      expect((await scim.call('DELETE', `/Users/${id}`)).status).toBe(204);
      expect(await scim.person(`${randomUUID()}@x.example`, { externalId })).toBe(id);
    });

    it('comes back to its groups of Entra ID by who holds what they hold', async () => {
      const objectId = randomUUID();
      const id = await scim.person(`${randomUUID()}@x.example`, { externalId: objectId });
      expect((await scim.call('DELETE', `/Users/${id}`)).status).toBe(204);
      await entraGroup(objectId, 'viewer');
      const again = { userName: `${randomUUID()}@x.example`, externalId: objectId };
      refusedFor('rbac.no_way_up', 403, await scim.call('POST', '/Users', again));
      expect((await holder.call('POST', '/Users', again)).body['id']).toBe(id);
    });
  });
});
