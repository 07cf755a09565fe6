import { ENTERPRISE, ScimStage, USER } from './scim-stage.js';

interface Listed {
  totalResults: number;
  startIndex: number;
  itemsPerPage: number;
  Resources: Record<string, unknown>[];
}

/** RFC 7644 3.4.2.4, 3.4.2.5, 3.4.3 and 3.9. */
describe('a list of SCIM', () => {
  let scim: ScimStage;
  let ids: string[];
  let groupId: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
    const made: string[] = [];
    for (const letter of 'abcde') {
      made.push(
        await scim.person(`list-${letter}`, {
          name: { givenName: letter, familyName: 'List' },
          emails: [{ value: `${letter}@x.example`, type: 'work' }],
          [ENTERPRISE]: { department: 'Lists', costCenter: letter },
        }),
      );
    }
    ids = made;
    groupId = await scim.group('list-group', made);
  });
  afterAll(() => scim.close());

  const list = async (query: string) => {
    const { status, body } = await scim.call(
      'GET',
      `/Users?filter=${encodeURIComponent('userName sw "list-"')}&${query}`,
    );
    expect([query, status]).toEqual([query, 200]);
    return body as unknown as Listed;
  };

  it.each<[string, number[], number, number]>([
    ['', [0, 1, 2, 3, 4], 1, 5],
    ['startIndex=1&count=2', [0, 1], 1, 2],
    ['startIndex=3&count=2', [2, 3], 3, 2],
    ['startIndex=5&count=2', [4], 5, 1],
    ['startIndex=6&count=2', [], 6, 0],
    ['startIndex=0&count=1', [0], 1, 1],
    ['startIndex=-7&count=1', [0], 1, 1],
    ['count=0', [], 1, 0],
    ['count=-1', [], 1, 0],
    ['startIndex=999999999999&count=1', [], 1_000_000_000, 0],
  ])('with %s', async (query, expected, startIndex, itemsPerPage) => {
    const body = await list(query);
    expect(body.totalResults).toBe(5);
    expect(body.Resources.map(({ id }) => id)).toEqual(expected.map((index) => ids[index]));
    expect([body.startIndex, body.itemsPerPage]).toEqual([startIndex, itemsPerPage]);
  });

  it('has no more than it says that it has', async () => {
    const { body } = await scim.call('GET', '/ServiceProviderConfig');
    const { maxResults } = body['filter'] as { maxResults: number };
    await scim.stage.sql(
      `INSERT INTO users (id, tenant_id, user_principal_name, display_name, status, security_stamp, version)
       SELECT gen_random_uuid(), a.tenant_id, 'crowd-' || n, 'crowd', 'active', 1, 1
         FROM generate_series(0, $2) n, service_accounts a WHERE a.id = $1`,
      [scim.program.id, maxResults],
    );
    const all = (await scim.call('GET', '/Users?count=100000')).body as unknown as Listed;
    expect(all.totalResults).toBeGreaterThan(maxResults);
    expect([all.Resources.length, all.itemsPerPage]).toEqual([maxResults, maxResults]);
    for (const query of [
      'count=a',
      'startIndex=1.5',
      'count=1e3',
      'count=0x10',
      'startIndex=1&startIndex=2',
      'count=%00',
    ])
      expect([query, (await scim.call('GET', `/Users?${query}`)).status]).toEqual([query, 400]);
  });

  it('is paged through the same way when every page is a request of its own', async () => {
    const seen: unknown[] = [];
    for (let startIndex = 1; ; startIndex += 2) {
      const { Resources } = await list(`startIndex=${startIndex}&count=2`);
      if (Resources.length === 0) break;
      seen.push(...Resources.map(({ id }) => id));
    }
    expect(seen).toEqual(ids);
  });

  it('takes no sorting, and says so', async () => {
    expect((await scim.call('GET', '/ServiceProviderConfig')).body).toMatchObject({ sort: { supported: false } });
    for (const query of ['sortBy=userName&sortOrder=descending', 'sortBy=nothing', 'sortBy=a.b.c.d'])
      expect((await list(query)).Resources.map(({ id }) => id)).toEqual(ids);
  });

  const one = async (query: string) => (await scim.call('GET', `/Users/${ids[0]}?${query}`)).body;

  it.each<[string, string[]]>([
    ['attributes=userName', ['schemas', 'id', 'userName']],
    ['attributes=USERNAME,name.givenName', ['schemas', 'id', 'userName', 'name']],
    [`attributes=${USER}:userName`, ['schemas', 'id', 'userName']],
    ['attributes=nothing', ['schemas', 'id']],
    ['attributes=userName&attributes=active', ['schemas', 'id', 'userName', 'active']],
    [`attributes=${ENTERPRISE}`, ['schemas', 'id', ENTERPRISE]],
    [`attributes=${ENTERPRISE}:department`, ['schemas', 'id', ENTERPRISE]],
    ['attributes=meta.version', ['schemas', 'id', 'meta']],
    ['attributes=userName,active&excludedAttributes=active', ['schemas', 'id', 'userName']],
    ['attributes=__proto__,constructor,toString', ['schemas', 'id']],
  ])('shows with %s only that', async (query, members) => {
    const shown = await one(query);
    expect(Object.keys(shown).sort()).toEqual([...members].sort());
    const [listed] = (await list(query)).Resources;
    expect(listed).toEqual(shown);
  });

  it('shows parts of what is complex', async () => {
    expect(await one('attributes=name.givenName,emails.value')).toMatchObject({
      name: { givenName: 'a' },
      emails: [{ value: 'a@x.example' }],
    });
    expect((await one('attributes=name.givenName'))['name']).toEqual({ givenName: 'a' });
    expect((await one('attributes=emails.value'))['emails']).toEqual([{ value: 'a@x.example' }]);
    expect((await one(`attributes=${ENTERPRISE}:department`))[ENTERPRISE]).toEqual({ department: 'Lists' });
    expect((await one(`excludedAttributes=${ENTERPRISE}:department`))[ENTERPRISE]).toEqual({ costCenter: 'a' });
    expect((await one('excludedAttributes=emails.value'))['emails']).toEqual([{ type: 'work' }]);
    expect(await one(`excludedAttributes=${ENTERPRISE}`)).not.toHaveProperty([ENTERPRISE]);
    expect(await one('excludedAttributes=id,schemas,userName,meta')).toMatchObject({
      id: ids[0],
      schemas: [USER, ENTERPRISE],
    });
    expect(await one('excludedAttributes=meta')).not.toHaveProperty('meta');
  });

  it('shows the same after a change as when it is read', async () => {
    const changed = await scim.call('PATCH', `/Users/${ids[1]}?attributes=userName`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'add', path: 'title', value: 't' }],
    });
    expect(Object.keys(changed.body).sort()).toEqual(['id', 'schemas', 'userName']);
    expect(changed.headers.get('etag')).toBe((await scim.call('GET', `/Users/${ids[1]}`)).headers.get('etag'));
    const replaced = await scim.call('PUT', `/Groups/${groupId}?excludedAttributes=members`, {
      displayName: 'list-group',
      members: ids.map((value) => ({ value })),
    });
    expect([replaced.status, 'members' in replaced.body]).toEqual([200, false]);
  });

  it('is asked for in a body too, over people and groups together', async () => {
    const search = async (path: string, body: unknown) => {
      const { status, body: found } = await scim.call('POST', path, body);
      expect([path, status]).toEqual([path, 200]);
      return found as unknown as Listed;
    };
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];
    const filter = 'userName sw "list-" or displayName sw "list-"';
    const all = await search('/.search', { schemas, filter, attributes: ['userName', 'displayName'] });
    expect(all.Resources.map(({ id }) => id)).toEqual([...ids, groupId]);
    expect(all).toMatchObject({ totalResults: 6, startIndex: 1, itemsPerPage: 6 });
    const seen: unknown[] = [];
    for (let startIndex = 1; startIndex < 8; startIndex += 2) {
      const page = await search('/.search', { filter, startIndex, count: 2, attributes: ['id'] });
      expect(page.totalResults).toBe(6);
      seen.push(...page.Resources.map(({ id }) => id));
    }
    expect(seen).toEqual([...ids, groupId]);
    expect(await search('/.search', { filter, count: 0 })).toMatchObject({ totalResults: 6, Resources: [] });
    const groups = await search('/Groups/.search', {
      filter: 'displayName sw "list-"',
      excludedAttributes: ['members'],
    });
    expect(groups.Resources).toHaveLength(1);
    expect(groups.Resources[0]).not.toHaveProperty('members');
    for (const body of ['[]', '"x"', 'null', '5', ''])
      expect([body, (await scim.call('POST', '/.search', body)).status]).toEqual([body, 400]);
  });

  it('of what is discovered takes no filter', async () => {
    for (const path of ['/Schemas', '/ResourceTypes']) {
      expect((await scim.call('GET', `${path}?filter=id%20pr`)).status).toBe(403);
    }
    expect((await scim.call('GET', '/Schemas/nothing')).status).toBe(404);
    expect((await scim.call('GET', '/ResourceTypes/User')).body).toMatchObject({ id: 'User', schema: USER });
  });
});
