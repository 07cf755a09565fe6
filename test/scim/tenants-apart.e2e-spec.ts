import { randomUUID } from 'node:crypto';
import type { Answer } from '../auth/auth-stage.js';
import { GROUP, PATCH_OP, ScimStage, USER } from './scim-stage.js';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

/** What differs between two refusals besides the id of the request. */
const said = ({ status, body }: Answer) => [
  status,
  JSON.stringify(body).replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID'),
];

describe('people and groups of another tenant', () => {
  let ours: ScimStage;
  let theirs: ScimStage;
  const objectId = randomUUID();
  const userName = `alice-${randomUUID()}@theirs.example`;
  let alice: string;
  let team: string;
  let before: string;

  const stateOfTheirs = async () =>
    JSON.stringify([
      await ours.stage.sql('SELECT * FROM users WHERE id = $1', [alice]),
      await ours.stage.sql('SELECT * FROM groups WHERE id = $1', [team]),
      await ours.stage.sql('SELECT * FROM group_members WHERE group_id = $1', [team]),
    ]);

  beforeAll(async () => {
    ours = await ScimStage.start();
    theirs = await ours.ofAnotherTenant();
    alice = await theirs.person(userName, { externalId: objectId, emails: [{ value: userName, type: 'work' }] });
    team = await theirs.group(`team-${userName}`, [alice]);
    before = await stateOfTheirs();
  });
  afterAll(() => ours.close());
  afterEach(async () => {
    expect(await stateOfTheirs()).toBe(before);
  });

  it('are there, for who provisions them', async () => {
    expect((await theirs.call('GET', `/Users/${alice}`)).status).toBe(200);
    expect((await theirs.call('GET', `/Groups/${team}`)).body).toMatchObject({ members: [{ value: alice }] });
  });

  it('are not there for others: the answer is that to an id of nobody', async () => {
    const user = { schemas: [USER], userName: 'x@ours.example' };
    const group = { schemas: [GROUP], displayName: 'x', members: [] };
    const patch = { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] };
    const attempts = [
      ['GET', undefined],
      ['PUT', { Users: user, Groups: group }],
      ['PATCH', { Users: patch, Groups: patch }],
      ['DELETE', undefined],
    ] as const;
    for (const [type, id] of [
      ['Users', alice],
      ['Groups', team],
    ] as const) {
      for (const [method, bodies] of attempts) {
        for (const headers of [{}, { 'if-match': 'W/"1"' }, { 'if-none-match': 'W/"1"' }] as Record<string, string>[]) {
          const there = await ours.call(method, `/${type}/${id}`, bodies?.[type], headers);
          const nowhere = await ours.call(method, `/${type}/${randomUUID()}`, bodies?.[type], headers);
          expect(there.status).toBe(404);
          expect(said(there)).toEqual(said(nowhere));
          expect(there.headers.get('etag')).toBeNull();
        }
      }
    }
  });

  it('are not found by any filter, and not counted', async () => {
    for (const [type, filter] of [
      ['Users', `id eq "${alice}"`],
      ['Users', `userName eq "${userName}"`],
      ['Users', `userName co "alice"`],
      ['Users', `externalId eq "${objectId}"`],
      ['Users', `emails.value eq "${userName}"`],
      ['Users', `emails[type eq "work" and value eq "${userName}"]`],
      ['Users', `not (userName eq "nobody") and userName sw "alice"`],
      ['Users', `meta.location ew "${alice}"`],
      ['Groups', `id eq "${team}"`],
      ['Groups', `displayName co "team-"`],
      ['Groups', `displayName eq "team-${userName}"`],
      ['Groups', `members eq "${alice}"`],
      ['Groups', `members[value eq "${alice}"]`],
      ['Groups', `members.value sw "${alice.slice(0, 30)}"`],
    ] as const) {
      expect([filter, (await ours.find(type, filter)).body['totalResults']]).toEqual([filter, 0]);
      expect([filter, (await theirs.find(type, filter)).body['totalResults']]).toEqual([filter, 1]);
      for (const path of ['/.search', `/${type}/.search`]) {
        const { status, body } = await ours.call('POST', path, { filter });
        expect([filter, status, body['totalResults']]).toEqual([filter, 200, 0]);
      }
    }
    const everybody = await ours.call('GET', '/Users?count=200');
    expect(JSON.stringify(everybody.body)).not.toContain(alice);
    const [counted] = await ours.stage.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM users u JOIN service_accounts a ON a.tenant_id = u.tenant_id WHERE a.id = $1`,
      [ours.program.id],
    );
    expect(everybody.body['totalResults']).toBe(counted?.n);
  });

  it('get into no group of ours, and the refusal is that for an id of nobody', async () => {
    const own = await ours.group('own');
    const bodyWith = (id: string) => ({ schemas: [GROUP], displayName: 'own', members: [{ value: id }] });
    for (const attempt of [
      (id: string) => ours.patch(`/Groups/${own}`, { op: 'add', path: 'members', value: [{ value: id }] }),
      (id: string) => ours.patch(`/Groups/${own}`, { op: 'add', value: { members: [{ value: id }] } }),
      (id: string) => ours.patch(`/Groups/${own}`, { op: 'replace', path: 'members', value: [{ value: id }] }),
      (id: string) => ours.call('PUT', `/Groups/${own}`, bodyWith(id)),
      (id: string) => ours.call('POST', '/Groups', bodyWith(id)),
    ]) {
      const there = await attempt(alice);
      expect(there.status).toBe(400);
      expect(there.body['scimType']).toBe('invalidValue');
      expect(said(there)).toEqual(said(await attempt(randomUUID())));
    }
    const { body } = await ours.find('Groups', 'displayName eq "own"');
    expect(body).toMatchObject({ totalResults: 1, Resources: [{ members: [] }] });
    const foreignGroup = await ours.patch(`/Groups/${own}`, { op: 'add', path: 'members', value: [{ value: team }] });
    expect(foreignGroup.status).toBe(400);
  });

  it('are reached by no bulk', async () => {
    const operations = [
      { method: 'DELETE', path: `/Users/${alice}` },
      { method: 'DELETE', path: `/Groups/${team}` },
      { method: 'PUT', path: `/Users/${alice}`, data: { schemas: [USER], userName: 'x@ours.example' } },
      {
        method: 'PATCH',
        path: `/Groups/${team}`,
        data: { schemas: [PATCH_OP], Operations: [{ op: 'remove', path: 'members' }] },
      },
      {
        method: 'POST',
        bulkId: 'g',
        path: '/Groups',
        data: { schemas: [GROUP], displayName: 'by bulk', members: [{ value: alice }] },
      },
    ];
    const { status, body } = await ours.call('POST', '/Bulk', { schemas: [BULK], Operations: operations });
    expect(status).toBe(200);
    expect((body['Operations'] as { status: string }[]).map((one) => one.status)).toEqual([
      '404',
      '404',
      '404',
      '404',
      '400',
    ]);
  });

  it('keep their names and ids, which ours may have too', async () => {
    const mine = await ours.person(userName, { externalId: objectId });
    expect(mine).not.toBe(alice);
    expect((await ours.find('Users', `externalId eq "${objectId}"`)).body).toMatchObject({
      totalResults: 1,
      Resources: [{ id: mine }],
    });
    const again = await ours.call('POST', '/Users', { schemas: [USER], userName });
    expect([again.status, again.body['scimType']]).toEqual([409, 'uniqueness']);
    expect(JSON.stringify(again.body)).not.toContain(alice);
    expect((await ours.call('DELETE', `/Users/${mine}`)).status).toBe(204);
    expect(await ours.person(userName, { externalId: objectId })).toBe(mine);
  });

  it('have no forged ids', async () => {
    for (const id of [
      '1',
      `${alice}'`,
      `${alice}%00`,
      '%00',
      '..%2FGroups',
      '*',
      'me',
      `${alice}%20`,
      `%7B${alice}%7D`,
      alice.replaceAll('-', ''),
      'x'.repeat(500),
      "' OR 1=1 --",
    ]) {
      for (const type of ['Users', 'Groups']) {
        for (const method of ['GET', 'DELETE']) {
          const { status, body } = await ours.call(method, `/${type}/${id}`);
          expect([id, [400, 404].includes(status)]).toEqual([id, true]);
          expect(body['status']).toBe(String(status));
        }
      }
    }
  });
});
