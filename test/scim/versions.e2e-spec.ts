import { randomUUID } from 'node:crypto';
import { GROUP, PATCH_OP, ScimStage, USER } from './scim-stage.js';

/** RFC 7644 3.14. */
describe.each(['Users', 'Groups'] as const)('the version of one of the %s', (type) => {
  let scim: ScimStage;
  let path: string;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());
  beforeEach(async () => {
    const id = type === 'Users' ? await scim.person(randomUUID()) : await scim.group(randomUUID());
    path = `/${type}/${id}`;
  });

  const replacement = (displayName: string) =>
    type === 'Users' ? { schemas: [USER], userName: path, displayName } : { schemas: [GROUP], displayName };
  const patchOf = (displayName: string) => ({
    schemas: [PATCH_OP],
    Operations: [{ op: 'replace', path: 'displayName', value: displayName }],
  });
  const etagOf = async () => (await scim.call('GET', path)).headers.get('etag') ?? '';
  const nameOf = async () => (await scim.call('GET', path)).body['displayName'];

  it('comes with every answer, and changes with it', async () => {
    const first = await etagOf();
    expect(first).toBe('W/"1"');
    expect((await scim.call('GET', path)).body).toMatchObject({ meta: { version: first } });
    const patched = await scim.call('PATCH', path, patchOf('second'));
    const second = patched.headers.get('etag');
    expect(second).not.toBe(first);
    expect(await etagOf()).toBe(second);
    const replaced = await scim.call('PUT', path, replacement('third'));
    expect([replaced.status, replaced.headers.get('etag') === second]).toEqual([200, false]);
    const again = await scim.call('PATCH', path, patchOf('third'));
    expect(again.headers.get('etag')).toBe(replaced.headers.get('etag'));
  });

  it('spares what is known', async () => {
    const etag = await etagOf();
    for (const known of [etag, etag.replace('W/', ''), `W/"99", ${etag}`, '*']) {
      const answer = await scim.call('GET', path, undefined, { 'if-none-match': known });
      expect([known, answer.status, answer.body, answer.headers.get('etag')]).toEqual([known, 304, { text: '' }, etag]);
    }
    for (const unknown of ['W/"99"', '"x"', 'x', 'W/"1', '']) {
      expect([unknown, (await scim.call('GET', path, undefined, { 'if-none-match': unknown })).status]).toEqual([
        unknown,
        200,
      ]);
    }
  });

  it('keeps a change from being made to another one', async () => {
    const stale = await etagOf();
    await scim.call('PATCH', path, patchOf('meanwhile'));
    const current = await etagOf();
    for (const [method, body] of [
      ['PUT', replacement('late')],
      ['PATCH', patchOf('late')],
      ['DELETE', undefined],
    ] as const) {
      for (const demanded of [stale, 'W/"99"', '"x"', 'x', 'W/"1e0"', 'W/"99999999999999"']) {
        const answer = await scim.call(method, path, body, { 'if-match': demanded });
        expect([method, demanded, answer.status, answer.body['status']]).toEqual([method, demanded, 412, '412']);
      }
    }
    expect(await nameOf()).toBe('meanwhile');
    expect((await scim.call('PATCH', path, patchOf('a'), { 'if-match': `${stale}, ${current}` })).status).toBeLessThan(
      300,
    );
    expect((await scim.call('PATCH', path, patchOf('b'), { 'if-match': '*' })).status).toBeLessThan(300);
    expect((await scim.call('PUT', path, replacement('c'), { 'if-match': await etagOf() })).status).toBe(200);
    expect((await scim.call('DELETE', path, undefined, { 'if-match': await etagOf() })).status).toBe(204);
  });

  it('is demanded by many at once, of whom one changes it', async () => {
    const etag = await etagOf();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => scim.call('PATCH', path, patchOf(`by ${n}`), { 'if-match': etag })),
    );
    const won = answers.filter(({ status }) => status < 300);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
  });

  it('is demanded by nobody, and everybody changes it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, n) => scim.call('PATCH', path, patchOf(`by ${n}`))),
    );
    expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
  });
});

describe('members of a group that two replace at once', () => {
  let scim: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());

  it('are those of the one who came last', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => scim.person(randomUUID())));
    const id = await scim.group('contended', people.slice(0, 1));
    for (let round = 0; round < 5; round++) {
      const sets = [people.slice(1, 3), people.slice(3, 6)];
      const answers = await Promise.all(
        sets.map((members) =>
          scim.call('PUT', `/Groups/${id}`, { displayName: 'contended', members: members.map((value) => ({ value })) }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const { body } = await scim.call('GET', `/Groups/${id}`);
      const members = (body['members'] as { value: string }[]).map(({ value }) => value).sort();
      expect(sets.map((set) => [...set].sort())).toContainEqual(members);
    }
  });
});
