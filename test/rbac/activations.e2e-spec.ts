import { DataSource } from 'typeorm';
import { systemActor } from '../../src/access/actor.js';
import { GroupMembershipRules } from '../../src/users/groups/group-membership-rules.service.js';
import type { Answer } from '../auth/auth-stage.js';
import { inHours, type Person, RbacStage, said } from './rbac-stage.js';

const UNKNOWN = '0198f000-0000-7000-8000-000000000000';

describe('activations', () => {
  let rbac: RbacStage;
  let reader: string;
  let guarded: string;
  let approver: Person;
  /** Is never given anything. */
  let stranger: Person;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    reader = await made('reader', { permissions: ['tenants:read'] });
    guarded = await made('guarded', { permissions: ['tenants:read'], activationNeedsApproval: true });
    approver = await rbac.person(0);
    stranger = await rbac.person(1);
    await rbac.given(approver.id, await made('approver', { permissions: ['access:approve'] }), { scope: '/tenants' });
  }, 60_000);
  afterAll(() => rbac.close());

  let people = 2;
  const somebody = () => rbac.person(people++);
  const made = async (name: string, content: Record<string, unknown>) => rbac.role(name, content);
  const makeEligible = (token: string, subject: string, role: string, more: Record<string, unknown> = {}) =>
    rbac.call(token, 'POST', '/rbac/eligible-assignments', { subject, role, reason: 'a test', ...more });
  const eligible = async (subject: string, role: string, more: Record<string, unknown> = {}) => {
    const answer = await makeEligible(rbac.administrator.token, subject, role, more);
    if (answer.status !== 201) throw new Error(`not eligible: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  };
  const activate = ({ token }: Person, eligibleAssignment: string, more: Record<string, unknown> = {}) =>
    rbac.call(token, 'POST', '/rbac/activations', { eligibleAssignment, reason: 'an incident', ...more });
  const activated = async (person: Person, eligibleAssignment: string, more: Record<string, unknown> = {}) => {
    const answer = await activate(person, eligibleAssignment, more);
    if (answer.status !== 201) throw new Error(`not activated: ${JSON.stringify(answer.body)}`);
    return String(answer.body['id']);
  };
  const decide = ({ token }: { token: string }, id: string, verdict: 'approve' | 'deny' = 'approve'): Promise<Answer> =>
    rbac.call(token, 'POST', `/rbac/activations/${id}/${verdict}`, { reason: 'seen' });
  const end = ({ token }: Person, id: string) => rbac.call(token, 'DELETE', `/rbac/activations/${id}`);
  const statusOf = async (id: string) => (await rbac.admin('GET', `/rbac/activations/${id}`)).body['status'];
  /** Of a route that needs tenants:read everywhere. */
  const reads = async ({ token }: Person) => (await rbac.call(token, 'GET', '/tenants')).status;
  const assignmentsOf = async (id: string) =>
    (await rbac.admin('GET', `/rbac/assignments?subject=${id}`)).body['items'] as unknown[];

  describe('eligible assignments', () => {
    it('are made, read, listed by filter and removed, on record', async () => {
      const person = await somebody();
      const id = await eligible(person.id, reader, { scope: '/tenants/E', validUntil: inHours(2) });
      const path = `/rbac/eligible-assignments/${id}`;
      expect((await rbac.admin('GET', path)).body).toMatchObject({
        subject: { type: 'user', id: person.id },
        role: reader,
        scope: '/tenants/E',
        activationMaxSeconds: 28_800,
        activationNeedsApproval: false,
        assignedBy: { type: 'user', id: rbac.administrator.id },
      });
      for (const query of [`subject=${person.id}`, `role=${reader}&subject=${person.id}`, 'scope=/tenants/E']) {
        const { body } = await rbac.admin('GET', `/rbac/eligible-assignments?${query}`);
        expect(body['items']).toMatchObject([{ id }]);
      }
      const mine = await rbac.call(person.token, 'GET', '/rbac/eligible-assignments/mine');
      expect(mine.body['items']).toMatchObject([{ id }]);
      expect((await rbac.call(person.token, 'GET', path)).status).toBe(403);
      expect((await rbac.call(person.token, 'DELETE', path)).status).toBe(403);
      expect((await rbac.admin('DELETE', path)).status).toBe(204);
      expect(said(await rbac.admin('GET', path))).toEqual([404, 'rbac.eligible_assignment_not_found']);
      expect(said(await rbac.admin('DELETE', path))).toEqual([404, 'rbac.eligible_assignment_not_found']);
      expect((await rbac.audited('rbac.eligibility.created')).length).toBeGreaterThan(0);
      expect((await rbac.audited('rbac.eligibility.deleted')).length).toBeGreaterThan(0);
    });

    it('need the authority for the role, there and for all their time', async () => {
      const [delegate, person] = [await somebody(), await somebody()];
      const manager = await made('manager', { permissions: ['access:manage', 'access:read'], parents: [reader] });
      await rbac.given(delegate.id, manager, { scope: '/tenants/D', validUntil: inHours(3) });
      const tried = (role: string, more: Record<string, unknown>) =>
        makeEligible(delegate.token, person.id, role, more);
      const until = { validUntil: inHours(2) };
      expect(said(await tried(reader, { scope: '/tenants/D' }))).toEqual([403, 'rbac.no_way_up']);
      expect(said(await tried(reader, { scope: '/tenants', ...until }))).toEqual([403, 'rbac.no_way_up']);
      const mighty = await rbac.roleNamed('auditor');
      expect(said(await tried(mighty, { scope: '/tenants/D', ...until }))).toEqual([403, 'rbac.no_way_up']);
      expect((await tried(reader, { scope: '/tenants/D/x', ...until })).status).toBe(201);
      const outside = await eligible(person.id, reader, { scope: '/tenants/O' });
      const path = `/rbac/eligible-assignments/${outside}`;
      expect(said(await rbac.call(delegate.token, 'GET', path))).toEqual([404, 'rbac.eligible_assignment_not_found']);
      expect(said(await rbac.call(delegate.token, 'DELETE', path))).toEqual([403, 'rbac.no_way_up']);
      const { body } = await rbac.call(delegate.token, 'GET', '/rbac/eligible-assignments');
      expect(body['items']).toMatchObject([{ scope: '/tenants/D/x' }]);
    });

    it('are of people and groups, of roles that there are, with an end after the beginning', async () => {
      const { id } = stranger;
      const account = await rbac.admin('POST', '/service-accounts', { name: 'no activator', description: 'x' });
      const tried = (subject: unknown, role: string, more: Record<string, unknown> = {}) =>
        makeEligible(rbac.administrator.token, String(subject), role, more);
      expect(said(await tried(account.body['id'], reader))).toEqual([400, 'rbac.unknown_subject']);
      expect(said(await tried(UNKNOWN, reader))).toEqual([400, 'rbac.unknown_subject']);
      expect(said(await tried(id, UNKNOWN))).toEqual([400, 'rbac.unknown_role']);
      const period = { validFrom: inHours(2), validUntil: inHours(1) };
      expect(said(await tried(id, reader, period))).toEqual([400, 'rbac.invalid_period']);
      expect(said(await tried(id, reader, { scope: '/..' }))).toEqual([400, 'request.invalid']);
    });
  });

  describe('without approval', () => {
    it('give the permission until they are ended', async () => {
      const person = await somebody();
      const eligibleId = await eligible(person.id, reader);
      expect(await reads(person)).toBe(403);
      const answer = await activate(person, eligibleId, { durationSeconds: 600 });
      expect([answer.status, answer.body['status'], answer.body['durationSeconds']]).toEqual([201, 'active', 600]);
      expect(await reads(person)).toBe(200);
      expect(said(await activate(person, eligibleId))).toEqual([409, 'rbac.already_activated']);
      const id = String(answer.body['id']);
      expect((await end(person, id)).status).toBe(204);
      expect(await reads(person)).toBe(403);
      expect(said(await end(person, id))).toEqual([409, 'rbac.activation_over']);
      expect(await statusOf(id)).toBe('ended');
      // And may begin again.
      expect((await activate(person, eligibleId)).status).toBe(201);
      for (const action of ['requested', 'ended']) {
        expect((await rbac.audited(`rbac.activation.${action}`)).map(({ target_id }) => target_id)).toContain(id);
      }
    });

    it('end by themselves when their time is over', async () => {
      const person = await somebody();
      const eligibleId = await eligible(person.id, reader);
      const id = await activated(person, eligibleId);
      await rbac.stage.sql(
        `UPDATE role_assignments SET valid_from = now() - interval '2 hours', valid_until = now() - interval '1 second'
          WHERE id = (SELECT assignment_id FROM role_activations WHERE id = $1)`,
        [id],
      );
      await rbac.stage.sql(`UPDATE role_activations SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
      expect(
        (await rbac.admin('POST', '/rbac/check', { subject: person.id, permission: 'tenants:read', scope: '/' })).body[
          'allowed'
        ],
      ).toBe(false);
      expect(await statusOf(id)).toBe('ended');
      expect(said(await end(person, id))).toEqual([409, 'rbac.activation_over']);
      expect((await activate(person, eligibleId)).status).toBe(201);
    });

    it('last as long as the role and the eligible assignment allow, and no longer', async () => {
      const person = await somebody();
      const short = await made('short', { permissions: ['tenants:read'], activationMaxSeconds: 300 });
      const byRole = await eligible(person.id, short);
      expect(said(await activate(person, byRole, { durationSeconds: 301 }))).toEqual([400, 'rbac.activation_too_long']);
      expect(said(await activate(person, byRole, { durationSeconds: 59 }))).toEqual([400, 'request.invalid']);
      expect((await activate(person, byRole)).body['durationSeconds']).toBe(300);
      const validUntil = inHours(1);
      const byTime = await eligible(person.id, reader, { validUntil });
      expect(said(await activate(person, byTime, { durationSeconds: 3700 }))).toEqual([
        400,
        'rbac.activation_too_long',
      ]);
      const answer = await activate(person, byTime);
      expect(answer.status).toBe(201);
      expect(Date.parse(String(answer.body['expiresAt']))).toBeLessThanOrEqual(Date.parse(validUntil));
    });

    it('are not begun before, after, or without an eligible assignment', async () => {
      const person = await somebody();
      const later = await eligible(person.id, reader, { validFrom: inHours(1) });
      expect(said(await activate(person, later))).toEqual([409, 'rbac.not_eligible']);
      const over = await eligible(person.id, reader);
      await rbac.stage.sql(
        `UPDATE eligible_assignments SET valid_from = now() - interval '2 hours', valid_until = now() - interval '1 hour' WHERE id = $1`,
        [over],
      );
      expect(said(await activate(person, over))).toEqual([409, 'rbac.not_eligible']);
      const other = await eligible(approver.id, reader);
      for (const id of [other, UNKNOWN]) {
        expect(said(await activate(person, id))).toEqual([404, 'rbac.eligible_assignment_not_found']);
      }
      expect(said(await activate(person, 'x'))).toEqual([400, 'request.invalid']);
      expect(said(await activate(person, other, { reason: '' }))).toEqual([400, 'request.invalid']);
      expect(await assignmentsOf(person.id)).toEqual([]);
    });

    it('are begun once, whoever asks twice at the same time', async () => {
      const person = await somebody();
      const eligibleId = await eligible(person.id, reader);
      const answers = await Promise.all([1, 2, 3].map(() => activate(person, eligibleId)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
      expect(await assignmentsOf(person.id)).toHaveLength(1);
    });

    it('end with the eligible assignment, and with what they gave', async () => {
      const person = await somebody();
      const eligibleId = await eligible(person.id, reader);
      const id = await activated(person, eligibleId);
      expect((await rbac.admin('DELETE', `/rbac/eligible-assignments/${eligibleId}`)).status).toBe(204);
      expect(await reads(person)).toBe(403);
      expect((await rbac.admin('GET', `/rbac/activations/${id}`)).body).toMatchObject({
        status: 'ended',
        eligibleAssignment: null,
        assignment: null,
      });
      const again = await activate(person, await eligible(person.id, reader));
      expect((await rbac.admin('DELETE', `/rbac/assignments/${again.body['assignment']}`)).status).toBe(204);
      expect(await statusOf(String(again.body['id']))).toBe('ended');
      expect(await reads(person)).toBe(403);
    });

    it('keep to the separation of duties', async () => {
      const person = await somebody();
      const pair = [await made('one', {}), await made('other', {})];
      const [one = '', other = ''] = pair;
      await rbac.admin('POST', '/rbac/constraints', { name: 'activated', kind: 'roles', members: pair });
      await rbac.given(person.id, one);
      const eligibleId = await eligible(person.id, other);
      expect(said(await activate(person, eligibleId))).toEqual([409, 'rbac.separation_violated']);
      expect((await rbac.call(person.token, 'GET', '/rbac/activations')).body['items']).toEqual([]);
    });

    it('give nothing beyond their end', async () => {
      const [person, friend] = [await somebody(), approver];
      const manager = await made('for-a-time', { permissions: ['access:manage', 'tenants:read'] });
      await activated(person, await eligible(person.id, manager), { durationSeconds: 3600 });
      expect(said(await rbac.assign(person.token, friend.id, reader))).toEqual([403, 'rbac.no_way_up']);
      expect(said(await rbac.assign(person.token, friend.id, reader, { validUntil: inHours(2) }))).toEqual([
        403,
        'rbac.no_way_up',
      ]);
      expect((await rbac.assign(person.token, friend.id, reader, { validUntil: inHours(0.5) })).status).toBe(201);
      expect(said(await makeEligible(person.token, person.id, manager))).toEqual([403, 'rbac.no_way_up']);
    });
  });

  describe('of a group', () => {
    it('are of each member, and of nobody else', async () => {
      const member = await somebody();
      const group = await rbac.group('on call', [member.id]);
      const eligibleId = await eligible(group, reader);
      expect(said(await activate(stranger, eligibleId))).toEqual([404, 'rbac.eligible_assignment_not_found']);
      const id = await activated(member, eligibleId);
      expect(await reads(member)).toBe(200);
      expect(
        (await rbac.admin('GET', `/rbac/activations?user=${member.id}&status=active`)).body['items'],
      ).toMatchObject([{ id }]);
      expect((await end(member, id)).status).toBe(204);
    });

    it('are not approved for who has left it', async () => {
      const member = await somebody();
      const group = await rbac.group('left', [member.id]);
      const id = await activated(member, await eligible(group, guarded));
      await rbac.stage.sql('DELETE FROM group_members WHERE group_id = $1', [group]);
      expect(said(await decide(rbac.administrator, id))).toEqual([409, 'rbac.not_eligible']);
      expect(await assignmentsOf(member.id)).toEqual([]);
    });
  });

  describe('of a group end with the membership', () => {
    const rules = () => rbac.stage.service.app.get(GroupMembershipRules, { strict: false });
    const database = () => rbac.stage.service.app.get(DataSource, { strict: false });
    const actor = systemActor('a test');
    const remove = 'DELETE FROM group_members WHERE group_id = $1 AND user_id = $2';

    it('that somebody takes away', async () => {
      const [leaving, staying] = [await somebody(), stranger];
      const group = await rbac.group('watch', [leaving.id, staying.id]);
      const eligibleId = await eligible(group, reader);
      const pending = await activated(leaving, await eligible(group, guarded));
      const [left, stayed] = [await activated(leaving, eligibleId), await activated(staying, eligibleId)];
      await database().transaction(async (tx) => {
        await rules().assertMayChange(tx, actor, group, [], [leaving.id]);
        await tx.query(remove, [group, leaving.id]);
        await rules().assertMayStand(tx, actor, group, []);
      });
      expect([await statusOf(left), await statusOf(pending), await statusOf(stayed)]).toEqual([
        'ended',
        'cancelled',
        'active',
      ]);
      expect([await reads(leaving), await reads(staying)]).toEqual([403, 200]);
      await end(staying, stayed);
    });

    it('that the directory takes away', async () => {
      const [leaving, staying] = [await somebody(), stranger];
      const group = await rbac.group('synced', [leaving.id, staying.id]);
      const eligibleId = await eligible(group, reader);
      const [left, stayed] = [await activated(leaving, eligibleId), await activated(staying, eligibleId)];
      await database().transaction(async (tx) => {
        await rules().syncing(tx);
        await tx.query(remove, [group, leaving.id]);
        await rules().synced(tx, actor, group, []);
      });
      expect([await statusOf(left), await statusOf(stayed)]).toEqual(['ended', 'active']);
      expect([await reads(leaving), await reads(staying)]).toEqual([403, 200]);
      await end(staying, stayed);
    });
  });

  describe('with approval', () => {
    let person: Person;
    let eligibleId: string;
    let onTenant: string;
    beforeAll(async () => {
      person = await somebody();
      eligibleId = await eligible(person.id, guarded);
      onTenant = await eligible(person.id, guarded, { scope: '/tenants/P' });
    });

    it('wait for somebody else, who may be no more than an approver there', async () => {
      const id = await activated(person, onTenant);
      expect(await statusOf(id)).toBe('pending');
      expect(await assignmentsOf(person.id)).toEqual([]);
      expect(said(await activate(person, onTenant))).toEqual([409, 'rbac.already_activated']);
      const { body } = await rbac.call(approver.token, 'GET', '/rbac/activations?status=pending');
      expect(body['items']).toMatchObject([{ id, user: person.id, reason: 'an incident' }]);
      const approved = await decide(approver, id);
      expect([approved.status, approved.body]).toMatchObject([
        200,
        { status: 'active', decision: { by: approver.id, reason: 'seen' } },
      ]);
      const asked = { subject: person.id, permission: 'tenants:read' };
      const check = async (scope: string) =>
        (await rbac.admin('POST', '/rbac/check', { ...asked, scope })).body['allowed'];
      expect([await check('/tenants/P/x'), await check('/')]).toEqual([true, false]);
      expect(said(await decide(approver, id))).toEqual([409, 'rbac.activation_over']);
      expect(said(await decide(approver, id, 'deny'))).toEqual([409, 'rbac.activation_over']);
      expect((await end(person, id)).status).toBe(204);
      expect(await check('/tenants/P/x')).toBe(false);
      expect((await rbac.audited('rbac.activation.approved')).map(({ actor_id }) => actor_id)).toContain(approver.id);
      const sent = await rbac.stage.sql("SELECT * FROM outbox_events WHERE type = 'rbac.activation.requested'");
      expect(sent.length).toBeGreaterThan(0);
    });

    it('are not approved elsewhere, by strangers, by who asked, nor by any program', async () => {
      const id = await activated(person, eligibleId);
      expect(said(await decide(approver, id))).toEqual([403, 'access.denied']);
      expect((await decide(stranger, id)).status).toBe(403);
      expect((await decide(person, id)).status).toBe(403);
      const approving = await made('approves-everywhere', { permissions: ['access:approve'] });
      const right = await rbac.given(person.id, approving);
      for (const verdict of ['approve', 'deny'] as const) {
        expect(said(await decide(person, id, verdict))).toEqual([403, 'rbac.own_activation']);
      }
      // Who asked may have made it, its credential, or its assignment, whoever is said to own it.
      for (const owner of [person.id, rbac.administrator.id]) {
        const program = await programOf(owner);
        await rbac.given(program.id, approving);
        for (const verdict of ['approve', 'deny'] as const) {
          expect(said(await decide(program, id, verdict))).toEqual([403, 'access.denied']);
        }
      }
      expect(await statusOf(id)).toBe('pending');
      expect((await decide(rbac.administrator, id)).status).toBe(200);
      await end(person, id);
      await rbac.admin('DELETE', `/rbac/assignments/${right}`);
    });

    /** A service account and a token of its own. */
    const programOf = async (owner: string): Promise<Person> => {
      const account = await rbac.admin('POST', '/service-accounts', { name: `of ${owner}`, description: 'x', owner });
      const id = String(account.body['id']);
      const credential = await rbac.admin('POST', `/service-accounts/${id}/credentials`, { kind: 'secret' });
      const answer = await rbac.stage.browser().request('/api/v1/auth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: id,
          client_secret: String(credential.body['secret']),
        }).toString(),
      });
      return { id, token: String(answer.body['access_token']) };
    };

    it('are denied and cancelled, once', async () => {
      const denied = await activated(person, onTenant);
      expect((await decide(approver, denied, 'deny')).body['status']).toBe('denied');
      expect(said(await decide(approver, denied))).toEqual([409, 'rbac.activation_over']);
      const cancelled = await activated(person, onTenant);
      expect((await end(person, cancelled)).status).toBe(204);
      expect(await statusOf(cancelled)).toBe('cancelled');
      expect(said(await decide(approver, cancelled))).toEqual([409, 'rbac.activation_over']);
      expect(await assignmentsOf(person.id)).toEqual([]);
      expect(said(await decide(approver, UNKNOWN))).toEqual([404, 'rbac.activation_not_found']);
      expect(said(await rbac.call(stranger.token, 'GET', `/rbac/activations/${denied}`))).toEqual([
        404,
        'rbac.activation_not_found',
      ]);
    });

    it('lapse when nobody decides', async () => {
      const id = await activated(person, onTenant);
      await rbac.stage.sql(`UPDATE role_activations SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
      expect(await statusOf(id)).toBe('lapsed');
      expect(said(await decide(approver, id))).toEqual([409, 'rbac.activation_over']);
      expect(said(await end(person, id))).toEqual([409, 'rbac.activation_over']);
      expect((await end(person, await activated(person, onTenant))).status).toBe(204);
    });

    it('begin once, whoever approves, denies or cancels at the same time', async () => {
      for (let round = 0; round < 4; round++) {
        const twice = await activated(person, onTenant);
        const approvals = await Promise.all([decide(approver, twice), decide(rbac.administrator, twice)]);
        expect(approvals.map(({ status }) => status).sort()).toEqual([200, 409]);
        expect(await assignmentsOf(person.id)).toHaveLength(1);
        await end(person, twice);

        const raced = await activated(person, onTenant);
        const [approved, ended] = await Promise.all([decide(approver, raced), end(person, raced)]);
        // Cancelled first: no approval. Approved first: what was approved is ended.
        expect([
          [409, 204, 'cancelled'],
          [200, 204, 'ended'],
        ]).toContainEqual([approved.status, ended.status, await statusOf(raced)]);
        expect(await assignmentsOf(person.id)).toEqual([]);
      }
    });

    it('are of no use once who asked is disabled, or no longer eligible', async () => {
      const leaving = await somebody();
      const first = await eligible(leaving.id, guarded);
      const id = await activated(leaving, first);
      await rbac.stage.sql("UPDATE users SET status = 'disabled' WHERE id = $1", [leaving.id]);
      expect(said(await decide(rbac.administrator, id))).toEqual([409, 'rbac.not_eligible']);
      expect(await statusOf(id)).toBe('pending');
      await rbac.stage.sql("UPDATE users SET status = 'active' WHERE id = $1", [leaving.id]);
      expect((await rbac.admin('DELETE', `/rbac/eligible-assignments/${first}`)).status).toBe(204);
      expect(await statusOf(id)).toBe('cancelled');
      expect(said(await decide(rbac.administrator, id))).toEqual([409, 'rbac.activation_over']);
    });

    it('keep to the separation of duties of the moment they begin', async () => {
      const asking = await somebody();
      const id = await activated(asking, await eligible(asking.id, guarded));
      const other = await made('unlike-guarded', {});
      await rbac.given(asking.id, other);
      const constraint = { name: 'guarded', kind: 'roles', members: [guarded, other] };
      const created = await rbac.admin('POST', '/rbac/constraints', constraint);
      expect(said(await decide(rbac.administrator, id))).toEqual([409, 'rbac.separation_violated']);
      expect(await statusOf(id)).toBe('pending');
      await rbac.change(rbac.administrator.token, 'DELETE', `/rbac/constraints/${created.body['id']}`);
      expect((await decide(rbac.administrator, id)).status).toBe(200);
    });
  });
});
