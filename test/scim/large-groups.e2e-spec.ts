import { randomUUID } from 'node:crypto';
import { PATCH_OP, ScimStage } from './scim-stage.js';

const MEMBERS = 5000;
const TIME = 120_000;

describe('a group of five thousand', () => {
  let scim: ScimStage;
  let people: string[];
  let group: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
    people = Array.from({ length: MEMBERS }, () => randomUUID()).sort();
    await scim.stage.sql(
      `INSERT INTO users (id, tenant_id, user_principal_name, display_name, status, security_stamp, version)
       SELECT u, a.tenant_id, u::text, 'one of many', 'active', 1, 1
         FROM unnest($1::uuid[]) u, service_accounts a WHERE a.id = $2`,
      [people, scim.program.id],
    );
    group = `/Groups/${await scim.group('many')}`;
  }, TIME);
  afterAll(() => scim.close());

  const values = (ids: string[]) => ids.map((value) => ({ value }));
  const members = async () =>
    ((await scim.call('GET', group)).body['members'] as { value: string }[]).map(({ value }) => value);

  it(
    'takes all of them in one request, and shows them',
    async () => {
      expect((await scim.patch(group, { op: 'Add', path: 'members', value: values(people) })).status).toBe(204);
      expect(await members()).toEqual(people);
    },
    TIME,
  );

  it(
    'is shown without them by who asks so, one by one and in a list',
    async () => {
      for (const query of ['excludedAttributes=members', 'attributes=displayName']) {
        const one = await scim.call('GET', `${group}?${query}`);
        expect([one.body['displayName'], 'members' in one.body]).toEqual(['many', false]);
        const { body } = await scim.call('GET', `/Groups?${query}`);
        expect(JSON.stringify(body).length).toBeLessThan(2000);
      }
      const [first = ''] = people;
      const { body } = await scim.call(
        'GET',
        `/Groups?excludedAttributes=members&filter=${encodeURIComponent(`members[value eq "${first}"]`)}`,
      );
      expect(body['totalResults']).toBe(1);
    },
    TIME,
  );

  it(
    'loses a thousand by a thousand operations, as Entra sends them',
    async () => {
      const leaving = people.slice(0, 1000);
      const operations = leaving.map((id) => ({ op: 'Remove', path: `members[value eq "${id}"]` }));
      expect((await scim.patch(group, ...operations)).status).toBe(204);
      expect(await members()).toEqual(people.slice(1000));
      const more = await scim.call('PATCH', group, {
        schemas: [PATCH_OP],
        Operations: [...operations, ...operations.slice(0, 1)],
      });
      expect([more.status, more.body['status']]).toEqual([413, '413']);
    },
    TIME,
  );

  it(
    'compares its members with so many filters and no more',
    async () => {
      const operations = Array.from({ length: 900 }, () => ({ op: 'remove', path: 'members[value sw "nobody"]' }));
      const answer = await scim.patch(group, ...operations);
      expect([answer.status, answer.body['status']]).toEqual([413, '413']);
      expect((await scim.patch(group, ...operations.slice(0, 10))).status).toBe(204);
    },
    TIME,
  );

  it(
    'is replaced by all, and by half, and emptied',
    async () => {
      const put = (ids: string[]) =>
        scim.call('PUT', `${group}?attributes=id`, { displayName: 'many', members: values(ids) });
      expect((await put(people)).status).toBe(200);
      expect(await members()).toEqual(people);
      const half = people.slice(0, MEMBERS / 2);
      expect((await put(half)).status).toBe(200);
      expect(await members()).toEqual(half);
      expect((await scim.patch(group, { op: 'Remove', path: 'members', value: values(half) })).status).toBe(204);
      expect(await members()).toEqual([]);
    },
    TIME,
  );

  it(
    'names ten thousand at once at most',
    async () => {
      const tooMany = Array.from({ length: 10_001 }, () => ({ value: people[0] }));
      for (const answer of [
        await scim.patch(group, { op: 'add', path: 'members', value: tooMany }),
        await scim.patch(group, ...[0, 1].map(() => ({ op: 'add', path: 'members', value: tooMany.slice(0, 5001) }))),
        await scim.call('PUT', group, { displayName: 'many', members: tooMany }),
        await scim.call('POST', '/Groups', { displayName: 'many', members: tooMany }),
        await scim.patch(group, {
          op: 'add',
          path: 'members',
          value: Array.from({ length: 100_000 }, () => ({ value: people[0] })),
        }),
      ]) {
        expect([answer.status, answer.body['status']]).toEqual([413, '413']);
      }
      expect(await members()).toEqual([]);
    },
    TIME,
  );
});
