import { UserProfiles } from '../../src/users/user-profiles.service.js';
import type { Answer } from '../auth/auth-stage.js';
import { RbacStage, said } from '../rbac/rbac-stage.js';

const MADE = 300;

/** The list of users: found by words, filtered, sorted, paged, over real HTTP. */
describe('searching users', () => {
  let stage: RbacStage;
  let tenantId: string;
  let otherTenantId: string;
  beforeAll(async () => {
    stage = await RbacStage.start();
    const [own] = await stage.stage.sql<{ tenant_id: string }>('SELECT tenant_id FROM users WHERE id = $1', [
      stage.administrator.id,
    ]);
    tenantId = String(own?.tenant_id);
    const [other] = await stage.stage.sql<{ id: string }>(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES (gen_random_uuid(), gen_random_uuid(), 'Other', false, false, 3600) RETURNING id`,
    );
    otherTenantId = String(other?.id);
    // Many have the same name and the same moments: pages must be cut by the id then.
    await stage.stage.sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name, user_principal_name, status, created_at, last_sign_in_at, deleted_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), 'Made ' || n % 7, 'made' || n || '@example.test',
              CASE WHEN n % 10 = 0 THEN 'deleted' WHEN n % 10 = 1 THEN 'disabled' ELSE 'active' END,
              now() - n % 11 * interval '1 day' - n % 3 * interval '1 microsecond',
              CASE WHEN n % 4 > 0 THEN now() - n % 13 * interval '1 hour' + n % 3 * interval '1 microsecond' END,
              CASE WHEN n % 10 = 0 THEN now() END
         FROM generate_series(1, $2::int) n`,
      [tenantId, MADE],
    );
    for (const [name, upn, email] of [
      ['José Ångström', 'jose@example.test', 'j.angstrom@mail.test'],
      ['ΟΔΥΣΣΕΑΣ Ελύτης', 'poet@example.test', null],
      ['山田 太郎', 'yamada@example.test', null],
      ['100% Real_Name\\', 'percent@example.test', null],
      ['100 per Realxname', 'plain@example.test', null],
      ['Lovelace, Ada', 'ada@example.test', null],
    ]) {
      await stage.stage.sql(
        `INSERT INTO users (id, tenant_id, object_id, display_name, user_principal_name, email)
         VALUES (gen_random_uuid(), $1, gen_random_uuid(), $2, $3, $4)`,
        [tenantId, name, upn, email],
      );
    }
    await stage.stage.sql(
      `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'Elsewhere')`,
      [otherTenantId],
    );
  });
  afterAll(() => stage.close());

  const list = (query: Record<string, string>, token = stage.administrator.token): Promise<Answer> =>
    stage.call(token, 'GET', `/users?${new URLSearchParams(query).toString()}`);
  const found = async (q: string): Promise<unknown[]> => {
    const { status, body } = await list({ q });
    expect([status, body['code']]).toEqual([200, undefined]);
    return itemsOf(body).map(({ displayName }) => displayName);
  };
  /** All pages of a list. */
  const whole = async (query: Record<string, string>): Promise<Item[]> => {
    const all: Item[] = [];
    let cursor: unknown;
    do {
      const { status, body } = await list({ ...query, ...(typeof cursor === 'string' ? { cursor } : {}) });
      expect(status).toBe(200);
      all.push(...itemsOf(body));
      cursor = body['nextCursor'];
    } while (cursor !== null);
    return all;
  };

  it.each([
    ['a part of the name', 'ngstr', ['José Ångström']],
    ['letters without accents', 'jose angstrom', ['José Ångström']],
    ['letters decomposed and in capitals', 'JOSE\u0301', ['José Ångström']],
    ['an address of mail', 'J.ANGSTROM@mail', ['José Ångström']],
    ['letters of another script', 'οδυσσεας', ['ΟΔΥΣΣΕΑΣ Ελύτης']],
    ['letters without case', '太郎', ['山田 太郎']],
    ['words in another order', 'ada lovelace', ['Lovelace, Ada']],
    ['a word of the name and one of the principal name', 'lovelace ada@example', ['Lovelace, Ada']],
    ['a single letter', '田', ['山田 太郎']],
    ['a percent sign', '100%', ['100% Real_Name\\']],
    ['a full-width percent sign', '100％', ['100% Real_Name\\']],
    ['an underscore', 'real_name', ['100% Real_Name\\']],
    ['a backslash', '\\', ['100% Real_Name\\']],
    ['wildcards alone', '%_%', []],
    ['what would end the pattern', "' OR true --", []],
    ['nobody', 'zzzzzz', []],
  ])('finds by %s', async (_what, q, names) => {
    expect(await found(q)).toEqual(names);
  });

  it.each(['displayName', 'createdAt', 'lastSignIn'])('pages by %s through everybody once, both ways', async (sort) => {
    const up = await whole({ sort, order: 'asc', limit: '17' });
    const down = await whole({ sort, order: 'desc', limit: '200' });
    const [count] = await stage.stage.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM users WHERE status <> 'deleted'`,
    );
    expect(new Set(up.map(({ id }) => id)).size).toBe(up.length);
    expect(up).toHaveLength(count?.n ?? 0);
    expect(down.map(({ id }) => id)).toEqual(up.map(({ id }) => id).reverse());
    const keys = up.map((user) => String(user[sort === 'lastSignIn' ? 'lastSignInAt' : sort] ?? ''));
    if (sort !== 'displayName') expect(keys).toEqual([...keys].sort());
    else expect(keys.indexOf('José Ångström')).toBeLessThan(keys.indexOf('Lovelace, Ada'));
  });

  it('goes on where it was when somebody is renamed or signs in between pages', async () => {
    const first = await list({ sort: 'displayName', limit: '5', q: 'made' });
    const last = itemsOf(first.body).at(-1);
    await stage.stage.sql(`UPDATE users SET display_name = 'Aaa Made' WHERE id = $1`, [last?.['id']]);
    const next = await list({ sort: 'displayName', limit: '5', q: 'made', cursor: String(first.body['nextCursor']) });
    const ids = [...itemsOf(first.body), ...itemsOf(next.body)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(10);
    await stage.stage.sql(`UPDATE users SET display_name = $2 WHERE id = $1`, [last?.['id'], last?.['displayName']]);
  });

  it('shows deleted people only to whoever asks for them', async () => {
    const everybody = await whole({ q: 'made', limit: '200' });
    expect(everybody.filter(({ status }) => status === 'deleted')).toEqual([]);
    const deleted = await whole({ q: 'made', status: 'deleted' });
    expect(deleted).toHaveLength(MADE / 10);
    expect(new Set(deleted.map(({ status }) => status))).toEqual(new Set(['deleted']));
    expect(await whole({ q: 'made', status: 'disabled' })).toHaveLength(MADE / 10);
  });

  it('filters by tenant and by where the account came from', async () => {
    expect((await whole({ tenant: otherTenantId })).map(({ displayName }) => displayName)).toEqual(['Elsewhere']);
    expect(await whole({ tenant: tenantId, q: 'elsewhere' })).toEqual([]);
    const bySignIn = await whole({ source: 'entra', limit: '200' });
    expect(bySignIn.map(({ id }) => id)).toContain(stage.administrator.id);
    const provisioned = await whole({ source: 'scim', limit: '200' });
    expect(provisioned.map(({ displayName }) => displayName)).toContain('Lovelace, Ada');
    expect([...bySignIn, ...provisioned]).toHaveLength((await whole({ limit: '200' })).length);
  });

  it('shows the profile that a directory gave', async () => {
    const profile = { name: { givenName: 'Ada' }, title: 'Analyst', 'urn:x': { department: 'Engines' } };
    const [user] = await stage.stage.sql<{ id: string }>(`SELECT id FROM users WHERE display_name = 'Lovelace, Ada'`);
    const profiles = stage.stage.service.app.get(UserProfiles, { strict: false });
    await stage.stage.sql(`UPDATE users SET sealed_profile = $2, external_id = 'ada-1' WHERE id = $1`, [
      user?.id,
      await profiles.seal(String(user?.id), tenantId, profile),
    ]);
    const { status, body, headers } = await stage.admin('GET', `/users/${user?.id}`);
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({ profile, externalId: 'ada-1', source: 'scim', status: 'active', deletedAt: null });
    expect(body['securityStamp']).toBeUndefined();
  });

  describe('refuses', () => {
    it.each([
      ['ten thousand characters', { q: 'x'.repeat(10_000) }],
      ['one character too many', { q: 'x'.repeat(101) }],
      ['a NUL', { q: 'a\0b' }],
      ['a control character', { q: 'a\u0007b' }],
      ['white space alone', { q: '   ' }],
      ['an empty text', { q: '' }],
      ['nine words', { q: 'a b c d e f g h i' }],
      ['an unknown order', { sort: 'securityStamp' }],
      ['SQL as an order', { sort: 'displayName; DROP TABLE users' }],
      ['an unknown direction', { order: 'up' }],
      ['an unknown status', { status: 'all' }],
      ['an unknown source', { source: 'ldap' }],
      ['a tenant that is no id', { tenant: '*' }],
      ['too large a page', { limit: '201' }],
      ['an unknown filter', { email: 'x' }],
    ])('%s', async (_what, query) => {
      expect(said(await list(query as unknown as Record<string, string>))).toEqual([400, 'request.invalid']);
    });

    it.each(['q=a&q=b', 'q[]=a', 'q[x]=a', 'q=%ff', 'sort=displayName&sort=createdAt', 'q=%ed%a0%80'])(
      '%s or reads it as text',
      async (query) => {
        const { status } = await stage.admin('GET', `/users?${query}`);
        expect([200, 400]).toContain(status);
      },
    );

    it('cursors of another question, another caller, and forged ones', async () => {
      const question = { q: 'made', status: 'active', sort: 'displayName', order: 'asc', tenant: tenantId, limit: '2' };
      const cursor = String((await list(question)).body['nextCursor']);
      expect((await list({ ...question, cursor })).status).toBe(200);
      expect((await list({ ...question, limit: '7', cursor })).status).toBe(200);
      const others: Record<string, string>[] = [
        { q: 'mad' },
        { status: 'disabled' },
        { sort: 'createdAt' },
        { order: 'desc' },
        { tenant: otherTenantId },
        { source: 'scim' },
      ];
      for (const other of others) {
        expect(said(await list({ ...question, ...other, cursor }))).toEqual([400, 'request.invalid']);
      }
      const reader = await stage.person(0);
      await stage.given(reader.id, await stage.roleNamed('auditor'));
      expect((await list(question, reader.token)).status).toBe(200);
      expect(said(await list({ ...question, cursor }, reader.token))).toEqual([400, 'request.invalid']);
      const [digest, key, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string, string, string];
      for (const forged of [
        [digest, `${key}\0`, id],
        [digest, key.repeat(40), id],
        [digest, key, 'x'],
        [digest, key, id, 1],
        [digest, 7, id],
        [digest, ['made'], id],
        ['', key, id],
        { digest, key, id },
        null,
      ]) {
        const made = Buffer.from(JSON.stringify(forged)).toString('base64url');
        expect([forged, ...said(await list({ ...question, cursor: made }))]).toEqual([forged, 400, 'request.invalid']);
      }
      for (const text of [
        'forged',
        '',
        `${cursor}=`,
        `${cursor}AA`,
        cursor.slice(1),
        'x'.repeat(701),
        Buffer.from(id).toString('base64url'),
      ]) {
        expect([text, ...said(await list({ ...question, cursor: text }))]).toEqual([text, 400, 'request.invalid']);
      }
    });

    it.each([
      ['createdAt', ['never', '1e3', '99999999999999999', '', 'NaN', "0'::text"]],
      ['lastSignIn', ['Never', '-', '0x10', '1.5', 'infinity']],
    ])('a key that %s has not', async (sort, keys) => {
      const cursor = String((await list({ sort, limit: '1' })).body['nextCursor']);
      const [digest, , id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
      for (const key of keys) {
        const forged = Buffer.from(JSON.stringify([digest, key, id])).toString('base64url');
        expect([key, ...said(await list({ sort, cursor: forged }))]).toEqual([key, 400, 'request.invalid']);
      }
      for (const key of ['9999999999999999', '-9999999999999999']) {
        const extreme = Buffer.from(JSON.stringify([digest, key, id])).toString('base64url');
        expect((await list({ sort, cursor: extreme })).status).toBe(200);
      }
    });

    it('whoever reads users of one tenant only, or of none', async () => {
      const reader = await stage.person(1);
      expect((await list({}, reader.token)).status).toBe(403);
      await stage.given(reader.id, await stage.role('reads-one-tenant', { permissions: ['users:read'] }), {
        scope: `/tenants/${tenantId}`,
      });
      expect((await list({ tenant: tenantId }, reader.token)).status).toBe(403);
      expect((await list({ tenant: otherTenantId }, reader.token)).status).toBe(403);
    });
  });
});

type Item = Record<string, unknown>;

function itemsOf(body: Record<string, unknown>): Item[] {
  return body['items'] as Item[];
}
