import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser } from '../auth/auth-stage.js';
import { basic, makeProgram, type Program, postForm } from '../auth/programs.js';
import { makeScimToken, ScimStage } from './scim-stage.js';

interface Endpoint {
  method: string;
  path: string;
  kind: 'public' | 'authenticated' | 'permission';
}

const ENDPOINTS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/contract/endpoints.json'), 'utf8'),
) as Endpoint[];
const UNPREFIXED = /^\/(?:metrics|health|\.well-known|scim\/v2)(?:\/|$)/;
const SOME_ID = '0198f000-0000-7000-8000-000000000000';

describe('a token for SCIM', () => {
  let scim: ScimStage;
  beforeAll(async () => {
    scim = await ScimStage.start();
  });
  afterAll(() => scim.close());

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const request = (method: string, path: string, token: string) =>
    new Browser(scim.stage.service.url).request(
      `${UNPREFIXED.test(path) ? '' : '/api/v1'}${path.replace(/:[A-Za-z]+/g, SOME_ID)}`,
      {
        method,
        headers: { ...bearer(token), ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
        ...(method === 'GET' ? {} : { body: '{}' }),
      },
    );
  const opens = async (token: string) => (await scim.by(token).call('GET', '/ServiceProviderConfig')).status;
  const owned = async (person: number) => {
    const owner = scim.stage.person(person);
    await scim.stage.browser().accessToken(owner.upn);
    const program = await makeProgram(scim.stage, owner, { roles: ['provisioning'] });
    return { owner, program, token: await makeScimToken(scim.stage, program) };
  };

  const guarded = ENDPOINTS.filter(({ kind }) => kind !== 'public');
  const [ours, others] = [true, false].map((isScim) =>
    guarded.filter(({ path }) => path.startsWith('/scim/v2/') === isScim),
  );

  it('opens every route of SCIM', async () => {
    expect(ours?.length).toBeGreaterThan(20);
    for (const { method, path } of ours ?? []) {
      const { status } = await request(method, path, scim.token);
      expect([method, path, [401, 403].includes(status), status < 500]).toEqual([method, path, false, true]);
    }
  });

  it('opens no other route of the API, not even as the administrator whose program it is', async () => {
    await scim.stage.sql(
      `INSERT INTO role_assignments (id, service_account_id, role_id, scope, effect, valid_from, reason, assigned_by_type, assigned_by_id)
       SELECT gen_random_uuid(), $1, id, '/', 'allow', now(), 'a test', 'system', 'test' FROM roles WHERE name = 'administrator'`,
      [scim.program.id],
    );
    expect(others?.length).toBeGreaterThan(80);
    for (const { method, path } of others ?? []) {
      const answer = await request(method, path, scim.token);
      expect([method, path, answer.status, answer.body['code']]).toEqual([method, path, 401, 'auth.token_invalid']);
    }
  });

  it('is no token that the token endpoints know', async () => {
    const { url } = scim.stage.service;
    const inspector = await makeProgram(scim.stage, scim.stage.tenant.administrator, { roles: ['administrator'] });
    const known = await postForm(url, 'introspect', { token: scim.token }, basic(inspector));
    expect([known.status, known.body]).toEqual([200, { active: false }]);
    await postForm(url, 'revoke', { token: scim.token }, basic(scim.program));
    expect(await opens(scim.token)).toBe(200);
    const asSecret = await postForm(
      url,
      'token',
      { grant_type: 'client_credentials' },
      basic({ ...scim.program, secret: scim.token }),
    );
    expect([asSecret.status, asSecret.body['error']]).toEqual([401, 'invalid_client']);
    const exchanged = await postForm(
      url,
      'token',
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: scim.token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
      basic(inspector),
    );
    expect(exchanged.status).toBe(400);
    expect(JSON.stringify(exchanged.body)).not.toContain('access_token"');
  });

  it('is never what client credentials bring, and access tokens of others open nothing here', async () => {
    expect(await scim.accessToken()).not.toMatch(/^bxscim_/);
    const stranger = await makeProgram(scim.stage, scim.stage.tenant.administrator, { roles: ['viewer'] });
    const form = { grant_type: 'client_credentials' };
    const { body } = await postForm(scim.stage.service.url, 'token', form, basic(stranger));
    expect(await opens(String(body['access_token']))).toBe(403);
    expect(await opens(await makeScimToken(scim.stage, stranger))).toBe(403);
    const person = await scim.by(scim.administratorToken).call('GET', '/Users');
    expect(person.status).toBe(403);
    expect(person.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '403' });
  });

  it('is asked for as it is: in no other form and no other place', async () => {
    const { token } = scim;
    const { url } = scim.stage.service;
    for (const [path, headers] of [
      ['/scim/v2/Users', { authorization: token }],
      ['/scim/v2/Users', { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }],
      ['/scim/v2/Users', { authorization: `DPoP ${token}` }],
      ['/scim/v2/Users', bearer(token.slice(0, -1))],
      ['/scim/v2/Users', bearer(`${token}a`)],
      ['/scim/v2/Users', bearer('bxscim_')],
      ['/scim/v2/Users', bearer(token.toUpperCase())],
      ['/scim/v2/Users', { cookie: `blindspotx-session=${token}` }],
      [`/scim/v2/Users?access_token=${token}`, {}],
    ] as const) {
      const answer = await new Browser(url).request(path, { headers });
      expect([path, headers, answer.status]).toEqual([path, headers, 401]);
      expect(answer.headers.get('content-type')).toContain('application/scim+json');
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(answer.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' });
    }
  });

  it('ends by its time', async () => {
    const program = await makeProgram(scim.stage, scim.stage.tenant.administrator, { roles: ['provisioning'] });
    const token = await makeScimToken(scim.stage, program);
    expect(await opens(token)).toBe(200);
    await scim.stage.sql(
      `UPDATE service_account_credentials SET created_at = now() - interval '9 days', expires_at = now() - interval '1 ms'
        WHERE service_account_id = $1 AND kind = 'scim_token'`,
      [program.id],
    );
    expect(await opens(token)).toBe(401);
  });

  const admin = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    scim.stage.browser().call(method, path, scim.administratorToken, body, headers);
  /** PATCH with the version that the resource has now. */
  const patched = async (path: string, body: unknown) => {
    const etag = (await admin('GET', path)).headers.get('etag') ?? '';
    return admin('PATCH', path, body, { 'if-match': etag });
  };
  const userIdOf = async (objectId: string) => {
    const [row] = await scim.stage.sql<{ id: string }>('SELECT id FROM users WHERE object_id = $1', [objectId]);
    return row?.id ?? '';
  };

  it.each<[string, (made: { owner: { objectId: string }; program: Program }) => Promise<{ status: number }>]>([
    [
      'is revoked',
      async ({ program }) => {
        const [row] = await scim.stage.sql<{ id: string }>(
          `SELECT id FROM service_account_credentials WHERE service_account_id = $1 AND kind = 'scim_token'`,
          [program.id],
        );
        return admin('DELETE', `/service-accounts/${program.id}/credentials/${row?.id}`);
      },
    ],
    ['loses its program', ({ program }) => patched(`/service-accounts/${program.id}`, { status: 'disabled' })],
    [
      'belongs to a program whose owner is disabled',
      async ({ owner }) => patched(`/users/${await userIdOf(owner.objectId)}`, { status: 'disabled' }),
    ],
    [
      'belongs to a program whose owner is deleted',
      async ({ owner }) => {
        const path = `/users/${await userIdOf(owner.objectId)}`;
        const etag = (await admin('GET', path)).headers.get('etag') ?? '';
        return admin('DELETE', path, undefined, { 'if-match': etag });
      },
    ],
    [
      'is to be bound to a key from now on',
      ({ program }) => patched(`/service-accounts/${program.id}`, { dpopRequired: true }),
    ],
  ])('is dead on both instances at once when it %s', async (_what, end) => {
    people += 1;
    const { owner, program, token } = await owned(people);
    const other = await anotherInstance();
    expect(await statuses(token, other)).toEqual([200, 200]);
    const { status } = await end({ owner, program });
    expect([200, 204]).toContain(status);
    // Not after a second, as is promised, but when the answer is there.
    expect(await statuses(token, other)).toEqual([401, 401]);
  });
  let people = 0;
  let second: Promise<{ url: string }> | undefined;
  const anotherInstance = () => (second ??= scim.stage.anotherInstance());
  const statuses = async (token: string, other: { url: string }) =>
    Promise.all(
      [scim.stage.service, other].map(
        async ({ url }) => (await new Browser(url).request('/scim/v2/Users', { headers: bearer(token) })).status,
      ),
    );

  it('loses its role, and its tenant', async () => {
    const { program, token } = await owned(9);
    expect(await opens(token)).toBe(200);
    const [row] = await scim.stage.sql<{ id: string }>(
      'SELECT id FROM role_assignments WHERE service_account_id = $1',
      [program.id],
    );
    expect((await admin('DELETE', `/rbac/assignments/${row?.id}`)).status).toBe(204);
    expect(await opens(token)).toBe(403);
    const whole = await scim.asProgramOf(scim.stage.tenant.administrator);
    expect(await opens(whole.token)).toBe(200);
    await scim.stage.sql('UPDATE tenants SET sign_in_allowed = false');
    expect(await opens(whole.token)).toBe(401);
    await scim.stage.sql('UPDATE tenants SET sign_in_allowed = true');
    expect(await opens(whole.token)).toBe(200);
  });

  it('is made by whoever controls the program, is shown once, and lives a year at most', async () => {
    const path = `/service-accounts/${(await makeProgram(scim.stage, scim.stage.tenant.administrator)).id}/credentials`;
    const tooLong = await admin('POST', path, { kind: 'scim_token', expiresInDays: 366 });
    expect(tooLong.status).toBe(400);
    const made = await admin('POST', path, { kind: 'scim_token', expiresInDays: 180 });
    expect(made.status).toBe(201);
    expect(String(made.body['secret'])).toMatch(/^bxscim_[\w-]{43}$/);
    expect(JSON.stringify((await admin('GET', path)).body)).not.toContain('bxscim_');
    const byItself = await scim.call('POST', path);
    expect(byItself.status).toBe(404);
  });
});
