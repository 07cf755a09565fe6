import { randomUUID } from 'node:crypto';
import { ENTERPRISE, GROUP, PATCH_OP, ScimStage, USER } from './scim-stage.js';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

interface Outcome {
  method: string;
  status: string;
  bulkId?: string;
  location?: string;
  version?: string;
  response?: { status: string; scimType?: string };
}

/** RFC 7644 3.7. */
describe('a bulk', () => {
  let scim: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
  }, 60_000);
  afterAll(() => scim.close());

  const run = async (operations: unknown[], more: Record<string, unknown> = {}): Promise<Outcome[]> => {
    const { status, body } = await scim.call('POST', '/Bulk', { schemas: [BULK], Operations: operations, ...more });
    expect([status, body['schemas']]).toEqual([200, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse']]);
    return body['Operations'] as Outcome[];
  };
  const statuses = (outcomes: Outcome[]) => outcomes.map(({ status }) => status);
  const userOf = (bulkId: string, more: Record<string, unknown> = {}) => ({
    method: 'POST',
    path: '/Users',
    bulkId,
    data: { schemas: [USER], userName: `${bulkId}-${randomUUID()}`, ...more },
  });
  const groupOf = (bulkId: string, members: string[]) => ({
    method: 'POST',
    path: '/Groups',
    bulkId,
    data: { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) },
  });
  const idOf = ({ location = '' }: Outcome) => location.slice(location.lastIndexOf('/') + 1);

  it('makes what is referred to first, and answers in the order of the request', async () => {
    const outcomes = await run([
      groupOf('team', ['bulkId:alice', 'bulkId:bob']),
      userOf('alice', { [ENTERPRISE]: { manager: { value: 'bulkId:bob' } } }),
      userOf('bob'),
    ]);
    expect(statuses(outcomes)).toEqual(['201', '201', '201']);
    expect(outcomes.map(({ bulkId }) => bulkId)).toEqual(['team', 'alice', 'bob']);
    const [team = '', alice = '', bob = ''] = outcomes.map(idOf);
    const group = (await scim.call('GET', `/Groups/${team}`)).body;
    expect((group['members'] as { value: string }[]).map(({ value }) => value)).toEqual([alice, bob].sort());
    expect((await scim.call('GET', `/Users/${alice}`)).body).toMatchObject({
      [ENTERPRISE]: { manager: { value: bob } },
    });
    for (const { location = '', version } of outcomes) {
      const path = location.slice(location.indexOf('/scim/v2') + '/scim/v2'.length);
      expect((await scim.call('GET', path)).headers.get('etag')).toBe(version);
    }
  });

  it('does everything that can be asked for by itself', async () => {
    const [id, other] = [await scim.person(randomUUID()), await scim.person(randomUUID())];
    const group = await scim.group('g', [id]);
    const outcomes = await run([
      { method: 'put', path: `/Users/${id}`, data: { userName: `renamed-${id}` } },
      {
        method: 'PATCH',
        path: `/Users/${id}`,
        data: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'title', value: 'T' }] },
      },
      {
        method: 'PATCH',
        path: `/Users/${id}`,
        version: 'W/"1"',
        data: { Operations: [{ op: 'remove', path: 'title' }] },
      },
      { method: 'PUT', path: `/Groups/${group}`, data: { displayName: 'h', members: [{ value: other }] } },
      { method: 'PATCH', path: `/Groups/${group}`, data: { Operations: [{ op: 'remove', path: 'members' }] } },
      { method: 'DELETE', path: `/Groups/${group}` },
      { method: 'DELETE', path: `/Users/${other}` },
      { method: 'DELETE', path: `/Users/${other}` },
      { method: 'POST', path: '/Users', bulkId: 'x', data: { schemas: [GROUP], displayName: 'x' } },
      { method: 'POST', path: '/Users', bulkId: 'y' },
      { method: 'POST', path: '/Users', bulkId: 'z', data: { userName: `renamed-${id}` } },
    ]);
    expect(statuses(outcomes)).toEqual(['200', '200', '412', '200', '200', '204', '204', '404', '400', '400', '409']);
    expect(outcomes[10]?.response).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect((await scim.call('GET', `/Users/${id}`)).body).toMatchObject({ userName: `renamed-${id}`, title: 'T' });
  });

  it('refers to what it made also by its address and in a patch', async () => {
    const group = await scim.group('patched');
    const outcomes = await run([
      { method: 'PATCH', path: '/Users/bulkId:u', data: { Operations: [{ op: 'add', path: 'title', value: 'T' }] } },
      {
        method: 'PATCH',
        path: `/Groups/${group}`,
        data: { Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:u' }] }] },
      },
      userOf('u'),
    ]);
    expect(statuses(outcomes)).toEqual(['200', '200', '201']);
    const [, , made] = outcomes;
    const id = made === undefined ? '' : idOf(made);
    expect((await scim.call('GET', `/Users/${id}`)).body).toMatchObject({ title: 'T' });
    expect((await scim.call('GET', `/Groups/${group}`)).body).toMatchObject({ members: [{ value: id }] });
  });

  it('refuses references that go round, to themselves and to nothing, and does the rest', async () => {
    const manager = (value: string) => ({ [ENTERPRISE]: { manager: { value } } });
    const outcomes = await run([
      userOf('a', manager('bulkId:b')),
      userOf('b', manager('bulkId:a')),
      userOf('self', manager('bulkId:self')),
      groupOf('g', ['bulkId:nothing']),
      groupOf('h', ['bulkId:fails']),
      userOf('fails', { active: 'maybe' }),
      userOf('fine'),
    ]);
    expect(statuses(outcomes)).toEqual(['409', '409', '409', '409', '409', '400', '201']);
  });

  it('stops after as many errors as the client bears', async () => {
    const bad = (bulkId: string) => userOf(bulkId, { active: 'maybe' });
    const outcomes = ['400', '201', '400', '201', '400'];
    for (const [failOnErrors, tried] of [
      [1, 1],
      [2, 3],
      [4, 5],
      [null, 5],
    ]) {
      const operations = [bad('1'), userOf('2'), bad('3'), userOf('4'), bad('5')];
      expect(statuses(await run(operations, { failOnErrors }))).toEqual(outcomes.slice(0, tried ?? 0));
    }
  });

  it('is as large as ServiceProviderConfig says, and no larger', async () => {
    const { bulk } = (await scim.call('GET', '/ServiceProviderConfig')).body as {
      bulk: { maxOperations: number; maxPayloadSize: number };
    };
    const gone = { method: 'DELETE', path: `/Users/${randomUUID()}` };
    const most = Array.from({ length: bulk.maxOperations }, () => gone);
    expect(statuses(await run(most))).toEqual(most.map(() => '404'));
    const more = await scim.call('POST', '/Bulk', { Operations: [...most, gone] });
    expect([more.status, more.body['status']]).toEqual([413, '413']);
    const padded = (bytes: number) => {
      const text = JSON.stringify({ Operations: [gone] });
      return text + ' '.repeat(bytes - text.length);
    };
    expect((await scim.call('POST', '/Bulk', padded(bulk.maxPayloadSize))).status).toBe(200);
    const heavy = await scim.call('POST', '/Bulk', padded(bulk.maxPayloadSize + 1));
    expect([heavy.status, heavy.body['status']]).toEqual([413, '413']);
  });

  it.each<[string, unknown]>([
    ['no list', { Operations: {} }],
    ['nothing', {}],
    ['an operation that is none', { Operations: [5] }],
    ['an unknown method', { Operations: [{ method: 'GET', path: '/Users' }] }],
    ['no method', { Operations: [{ path: '/Users', bulkId: 'x' }] }],
    ['another address', { Operations: [{ method: 'POST', path: '/Bulk', bulkId: 'x', data: {} }] }],
    ['a way out', { Operations: [{ method: 'DELETE', path: '/Users/../../../api/v1/users/x' }] }],
    ['a part of a resource', { Operations: [{ method: 'DELETE', path: '/Users/x/y' }] }],
    ['an id to make', { Operations: [{ method: 'POST', path: '/Users/x', bulkId: 'x', data: {} }] }],
    ['no id to change', { Operations: [{ method: 'DELETE', path: '/Users' }] }],
    ['no bulkId', { Operations: [{ method: 'POST', path: '/Users', data: {} }] }],
    ['a bulkId twice', { Operations: [1, 2].map(() => ({ method: 'POST', path: '/Users', bulkId: 'x', data: {} })) }],
    ['a bulkId that is no text', { Operations: [{ method: 'POST', path: '/Users', bulkId: 5, data: {} }] }],
    ['an empty bulkId', { Operations: [{ method: 'POST', path: '/Users', bulkId: '', data: { userName: 'x' } }] }],
    ['a long bulkId', { Operations: [{ method: 'POST', path: '/Users', bulkId: 'x'.repeat(201), data: {} }] }],
    ['no errors', { failOnErrors: 0, Operations: [] }],
    ['half an error', { failOnErrors: 1.5, Operations: [] }],
    ['another message', { schemas: [PATCH_OP], Operations: [] }],
  ])('is refused whole for %s', async (_what, body) => {
    const { status, body: answer } = await scim.call('POST', '/Bulk', body);
    expect([status, answer['scimType']]).toEqual([400, 'invalidSyntax']);
  });
});
