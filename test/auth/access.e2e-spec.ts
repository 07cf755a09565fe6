import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ACCESS_LOCK } from '../../src/rbac/assignments/assignments.repository.js';
import { type AuthStage, startAuthStage } from './auth-stage.js';

interface SignedIn {
  token: string;
  id: string;
}

describe('who may do what', () => {
  let stage: AuthStage;
  let admin: SignedIn;
  const call = (method: string, path: string, token: string, body?: unknown, headers?: Record<string, string>) =>
    stage.browser().call(method, path, token, body, headers);
  const signIn = async (upn: string): Promise<SignedIn> => {
    const token = await stage.browser().accessToken(upn);
    return { token, id: String((await call('GET', '/users/me', token)).body['id']) };
  };
  const roleId = async (name: string): Promise<string> => {
    const { body } = await call('GET', '/rbac/roles', admin.token);
    const role = (body['items'] as { id: string; name: string }[]).find((item) => item.name === name);
    return String(role?.id);
  };
  const assign = async (by: string, subject: string, role: string, more: Record<string, unknown> = {}) =>
    call('POST', '/rbac/assignments', by, { subject, role: await roleId(role), reason: 'a test', ...more });
  const check = async (subject: string, permission: string) =>
    (await call('POST', '/rbac/check', admin.token, { subject, permission, scope: '/' })).body['allowed'];
  const audited = (action: string) =>
    stage.sql<{ outcome: string; actor_id: string; reason: string }>('SELECT * FROM audit_events WHERE action = $1', [
      action,
    ]);

  /** Lets changes of access begin while another one is under way, and go on when all of them wait for it. */
  const whileHeld = async <T>(begin: () => Promise<T>[]): Promise<T[]> => {
    const holder = new pg.Client({ connectionString: stage.service.databaseUrl });
    await holder.connect();
    try {
      await holder.query('SELECT pg_advisory_lock($1)', [ACCESS_LOCK]);
      const begun = begin();
      const waiting = async () =>
        (await stage.sql(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).length;
      for (let round = 0; round < 500 && (await waiting()) < begun.length; round++) await sleep(10);
      expect(await waiting()).toBe(begun.length);
      await holder.query('SELECT pg_advisory_unlock($1)', [ACCESS_LOCK]);
      return await Promise.all(begun);
    } finally {
      await holder.end();
    }
  };

  beforeAll(async () => {
    stage = await startAuthStage();
    admin = await signIn(stage.tenant.administrator.userPrincipalName);
  });
  afterAll(() => stage.close());

  describe('the guards', () => {
    it('deny a signed-in person without the permission, say which one is missing, and record it', async () => {
      const { token, id } = await signIn(stage.person(0).upn);
      const { status, body } = await call('GET', '/users', token);
      expect([status, body['code']]).toEqual([403, 'access.denied']);
      expect(body['detail']).toContain('users:read');
      const records = (await audited('access.request.denied')).filter(({ actor_id }) => actor_id === id);
      expect(records).toMatchObject([{ outcome: 'denied', reason: 'missing_permission' }]);
    });

    it('let the token of an access token alone in: no scheme, no parts, no other type of ours', async () => {
      const [header = '', payload = '', signature = ''] = admin.token.split('.');
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const head = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const forged = (changedHead: object, changedClaims: object) => {
        const input = `${part({ ...head, ...changedHead })}.${part({ ...claims, ...changedClaims })}`;
        const made = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
        return `${input}.${made.toString('base64url')}`;
      };
      const attacks: Record<string, string> = {
        'another key': forged({}, {}),
        'its own key in the header': forged({ jwk: privateKey.export({ format: 'jwk' }) }, {}),
        'an unknown key id': forged({ kid: 'x' }, {}),
        'changed claims': `${header}.${part({ ...claims, sub: '0198f000-0000-7000-8000-000000000000' })}.${signature}`,
        'alg none': `${part({ ...head, alg: 'none' })}.${payload}.AA`,
        'HS256 with the key id as secret': (() => {
          const input = `${part({ ...head, alg: 'HS256' })}.${payload}`;
          return `${input}.${createHmac('sha256', String(head['kid'])).update(input).digest('base64url')}`;
        })(),
        'no type': `${part({ ...head, typ: 'JWT' })}.${payload}.${signature}`,
        'a cut signature': admin.token.slice(0, -4),
        'no token at all': 'x',
        '20 kB of it': 'a'.repeat(12_000),
      };
      for (const [name, token] of Object.entries(attacks)) {
        const { status, body } = await call('GET', '/users/me', token);
        expect([name, status, body['code']]).toEqual([name, 401, 'auth.token_invalid']);
      }
      for (const authorization of ['', 'Basic YTpi', `bearer`, `Bearer ${admin.token} x`, admin.token]) {
        const { status } = await stage.browser().request('/api/v1/users/me', { headers: { authorization } });
        expect([authorization.slice(0, 12), status]).toEqual([authorization.slice(0, 12), 401]);
      }
      expect((await call('GET', '/users/me', admin.token)).status).toBe(200);
    });

    it('say of themselves who signs: the published keys verify our tokens', async () => {
      const answer = await fetch(`${stage.service.url}/.well-known/jwks.json`);
      expect(answer.headers.get('cache-control')).toContain('max-age=300');
      const { keys } = (await answer.json()) as { keys: Record<string, string>[] };
      const head = JSON.parse(Buffer.from(admin.token.split('.')[0] ?? '', 'base64url').toString()) as Record<
        string,
        string
      >;
      // The key that signs, and the one that will sign after it.
      expect(keys).toHaveLength(2);
      expect(head).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
      expect(keys.map(({ kid }) => kid)).toContain(head['kid']);
      for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    });
  });

  describe('Entra access tokens as bearer', () => {
    const mine = () => ({ kind: 'api' as const, objectId: stage.tenant.administrator.objectId });
    /** Entra's times are whole seconds: a token must not be from the second in which the account was last changed. */
    const later = () => ({ iat: Math.floor(Date.now() / 1000) + 5 });

    it('are accepted for our audience from somebody who has signed in before', async () => {
      const { status, body } = await call('GET', '/users/me', stage.tenant.mintToken(mine()));
      expect([status, body['id']]).toEqual([200, admin.id]);
      expect((await call('GET', '/users', stage.tenant.mintToken(mine()))).status).toBe(200);
    });

    it.each([
      'badSignature',
      'unknownKey',
      'algNone',
      'hs256',
      'wrongAudience',
      'wrongIssuer',
      'wrongTenant',
      'missingSub',
      'missingOid',
      'missingIat',
      'missingAud',
      'expired',
      'notYetValid',
      'futureIat',
    ] as const)('are refused with the flaw %s', async (flaw) => {
      const { status, body } = await call('GET', '/users/me', stage.tenant.mintToken({ ...mine(), flaw }));
      expect([status, body['code']]).toEqual([401, 'auth.token_invalid']);
    });

    it.each([
      ['an id token', { kind: 'id' as const }],
      ['an id token with app roles', { kind: 'id' as const, claims: { roles: ['Administrator'] } }],
      ['a token without scope or roles', { claims: { scp: undefined } }],
      ['a token for Microsoft Graph', { kind: 'graph' as const }],
      ['an application’s token for itself', { objectId: undefined, claims: { roles: ['Tasks.Do'] } }],
      ['a token with another scope of ours', { scope: 'read_only' }],
      ['a token of version 1.0', { claims: { ver: '1.0' } }],
      ['a token with two audiences', { claims: { aud: ['00000003-0000-0000-c000-000000000000', 'x'] } }],
    ])('do not include %s', async (_what, plan) => {
      const { status, body } = await call('GET', '/users/me', stage.tenant.mintToken({ ...mine(), ...plan }));
      expect([status, body['code']]).toEqual([401, 'auth.token_invalid']);
    });

    it('know nobody who never signed in here', async () => {
      const token = stage.tenant.mintToken({ kind: 'api', objectId: stage.person(9).objectId });
      const { status, body } = await call('GET', '/users/me', token);
      expect([status, body['code']]).toEqual([401, 'auth.account_unknown']);
    });

    it('find nobody by name or address', async () => {
      const claims = {
        preferred_username: stage.tenant.administrator.userPrincipalName,
        email: stage.tenant.administrator.userPrincipalName,
        upn: stage.tenant.administrator.userPrincipalName,
      };
      const token = stage.tenant.mintToken({ kind: 'api', objectId: stage.person(9).objectId, claims });
      expect((await call('GET', '/users/me', token)).status).toBe(401);
    });

    it('die with the account like everything else', async () => {
      const { id } = await signIn(stage.person(3).upn);
      const plan = { kind: 'api' as const, objectId: stage.person(3).objectId };
      const token = stage.tenant.mintToken(plan);
      expect((await call('GET', '/users/me', token)).status).toBe(200);
      for (const status of ['disabled', 'active']) {
        const { headers } = await call('GET', `/users/${id}`, admin.token);
        await call('PATCH', `/users/${id}`, admin.token, { status }, { 'if-match': headers.get('etag') ?? '' });
        expect((await call('GET', '/users/me', token)).body['code']).toBe('auth.session_ended');
      }
      expect((await call('GET', '/users/me', stage.tenant.mintToken({ ...plan, claims: later() }))).status).toBe(200);
    });
  });

  describe('disabling a user', () => {
    it('ends all of their sessions at once, refuses the next sign-in, and is on record', async () => {
      const person = await signIn(stage.person(1).upn);
      const { headers } = await call('GET', `/users/${person.id}`, admin.token);
      const etag = headers.get('etag') ?? '';
      expect((await call('PATCH', `/users/${person.id}`, admin.token, { status: 'disabled' })).status).toBe(428);
      const changed = await call(
        'PATCH',
        `/users/${person.id}`,
        admin.token,
        { status: 'disabled' },
        { 'if-match': etag },
      );
      expect([changed.status, changed.body['status']]).toEqual([200, 'disabled']);
      expect((await call('GET', '/users/me', person.token)).body['code']).toBe('auth.session_ended');
      expect((await stage.browser().signIn(stage.person(1).upn)).body['code']).toBe('auth.user_disabled');
      expect(await audited('users.user.updated')).not.toEqual([]);
      expect((await audited('auth.session.refused')).map(({ reason }) => reason)).toEqual(['user_disabled']);
      const stale = await call('PATCH', `/users/${person.id}`, admin.token, { status: 'active' }, { 'if-match': etag });
      expect(stale.status).toBe(412);
    });

    it('leaves the ended sessions ended when the user is enabled again', async () => {
      const browser = stage.browser();
      await browser.signIn(stage.person(2).upn);
      const { body } = await browser.refresh();
      const { id } = (await call('GET', '/users/me', String(body['accessToken']))).body;
      for (const status of ['disabled', 'active']) {
        const { headers } = await call('GET', `/users/${id}`, admin.token);
        await call('PATCH', `/users/${id}`, admin.token, { status }, { 'if-match': headers.get('etag') ?? '' });
      }
      expect((await browser.refresh()).body['code']).toBe('auth.session_ended');
    });

    it('is refused for the last administrator, also by themselves', async () => {
      const { headers } = await call('GET', `/users/${admin.id}`, admin.token);
      const answer = await call(
        'PATCH',
        `/users/${admin.id}`,
        admin.token,
        { status: 'disabled' },
        { 'if-match': headers.get('etag') ?? '' },
      );
      expect([answer.status, answer.body['code']]).toEqual([409, 'rbac.last_administrator']);
      expect((await call('GET', '/users/me', admin.token)).status).toBe(200);
    });
  });

  describe('assignments', () => {
    it('take effect at the next call, and end with it when they are removed', async () => {
      const person = await signIn(stage.person(4).upn);
      expect(await check(person.id, 'drift:read')).toBe(false);
      const created = await assign(admin.token, person.id, 'viewer');
      expect([created.status, created.body['effect'], created.body['scope']]).toEqual([201, 'allow', '/']);
      expect(await check(person.id, 'drift:read')).toBe(true);
      expect((await call('GET', '/tenants', person.token)).status).toBe(200);
      expect((await call('DELETE', `/rbac/assignments/${created.body['id']}`, admin.token)).status).toBe(204);
      expect((await call('GET', '/tenants', person.token)).status).toBe(403);
    });

    it('deny over allow, whatever else allows it, and show both in the effective access', async () => {
      const person = await signIn(stage.person(5).upn);
      await assign(admin.token, person.id, 'security-analyst');
      await assign(admin.token, person.id, 'viewer', { effect: 'deny' });
      expect([await check(person.id, 'drift:read'), await check(person.id, 'drift:scan')]).toEqual([false, true]);
      const { body } = await call('GET', `/users/${person.id}/access`, admin.token);
      const read = (body['items'] as { permission: string; allowed: boolean; via: { effect: string }[] }[]).find(
        ({ permission }) => permission === 'drift:read',
      );
      expect([read?.allowed, read?.via.map(({ effect }) => effect).sort()]).toEqual([false, ['allow', 'deny']]);
    });

    it('on a part change nothing for routes, which are decided on the whole', async () => {
      const person = await signIn(stage.person(10).upn);
      await assign(admin.token, person.id, 'viewer', { scope: '/tenants/x' });
      expect((await call('GET', '/tenants', person.token)).status).toBe(403);
      await assign(admin.token, person.id, 'viewer');
      await assign(admin.token, person.id, 'viewer', { effect: 'deny', scope: '/tenants/x' });
      expect((await call('GET', '/tenants', person.token)).status).toBe(200);
    });

    it('hold from their beginning to their end, by the clock of the database', async () => {
      const person = await signIn(stage.person(6).upn);
      const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
      await assign(admin.token, person.id, 'viewer', { validFrom: at(3600) });
      await assign(admin.token, person.id, 'auditor', { validFrom: at(-7200), validUntil: at(-3600) });
      expect([await check(person.id, 'drift:read'), await check(person.id, 'audit:read')]).toEqual([false, false]);
      const backwards = await assign(admin.token, person.id, 'viewer', { validFrom: at(10), validUntil: at(5) });
      expect([backwards.status, backwards.body['code']]).toEqual([400, 'rbac.invalid_period']);
    });

    it('give nobody, and take from nobody, what the giver does not hold', async () => {
      const delegate = await signIn(stage.person(7).upn);
      const [role] = await stage.sql<{ id: string }>(
        `INSERT INTO roles (id, name, description) VALUES (gen_random_uuid(), 'delegate', 'a test') RETURNING id`,
      );
      await stage.sql(
        `INSERT INTO role_permissions SELECT $1, unnest(ARRAY['access:manage', 'access:read', 'drift:read', 'tenants:read'])`,
        [role?.id],
      );
      expect((await assign(admin.token, delegate.id, 'delegate')).status).toBe(201);
      const upwards = await assign(delegate.token, delegate.id, 'administrator');
      expect([upwards.status, upwards.body['code']]).toEqual([403, 'rbac.no_way_up']);
      expect(upwards.body['detail']).toContain('audit:read');
      expect((await assign(delegate.token, admin.id, 'administrator', { effect: 'deny' })).body['code']).toBe(
        'rbac.no_way_up',
      );
      const { body } = await call('GET', `/rbac/assignments?subject=${admin.id}`, admin.token);
      const [first] = body['items'] as { id: string }[];
      expect((await call('DELETE', `/rbac/assignments/${first?.id}`, delegate.token)).body['code']).toBe(
        'rbac.no_way_up',
      );
      expect((await assign(delegate.token, delegate.id, 'viewer')).status).toBe(201);
    });

    it('cannot remove or deny the last administrator, and two administrators cannot remove each other at once', async () => {
      const list = async (subject: string) =>
        (await call('GET', `/rbac/assignments?subject=${subject}`, admin.token)).body['items'] as { id: string }[];
      const [mine] = await list(admin.id);
      expect((await call('DELETE', `/rbac/assignments/${mine?.id}`, admin.token)).body['code']).toBe(
        'rbac.last_administrator',
      );
      expect((await assign(admin.token, admin.id, 'viewer', { effect: 'deny' })).body['code']).toBe(
        'rbac.last_administrator',
      );
      const until = { validUntil: new Date(Date.now() + 3_600_000).toISOString() };
      const second = await signIn(stage.person(8).upn);
      expect((await assign(admin.token, second.id, 'administrator', until)).status).toBe(201);
      expect((await call('DELETE', `/rbac/assignments/${mine?.id}`, admin.token)).body['code']).toBe(
        'rbac.last_administrator',
      );
      const permanent = await assign(admin.token, second.id, 'administrator');
      const answers = await whileHeld(() => [
        call('DELETE', `/rbac/assignments/${mine?.id}`, second.token),
        call('DELETE', `/rbac/assignments/${permanent.body['id']}`, admin.token),
      ]);
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      const left = await stage.sql(
        `SELECT 1 FROM role_assignments a JOIN roles r ON r.id = a.role_id AND r.name = 'administrator'
          WHERE a.effect = 'allow' AND a.valid_until IS NULL`,
      );
      expect(left).toHaveLength(1);
      await stage.browser().signIn(stage.tenant.administrator.userPrincipalName);
      expect(await check(admin.id, 'users:manage')).toBe(true);
    });

    it.each([
      ['an unknown permission', { permission: 'drift:everything' }, 'rbac.unknown_permission'],
      ['a permission that is a name of every object', { permission: 'constructor' }, 'rbac.unknown_permission'],
      ['a scope with ..', { scope: '/tenants/../x' }, 'request.invalid'],
      ['a thousand levels', { scope: '/a'.repeat(1000) }, 'request.invalid'],
      ['a subject that is no id', { subject: 'admin' }, 'request.invalid'],
      ['an unknown property', { asOf: 'now' }, 'request.invalid'],
    ])('are not decided for %s', async (_what, change, code) => {
      const question = { subject: admin.id, permission: 'drift:read', scope: '/', ...change };
      const { status, body } = await call('POST', '/rbac/check', admin.token, question);
      expect([status, body['code']]).toEqual([400, code]);
    });

    it('are never allowed to somebody unknown', async () => {
      expect(await check('0198f000-0000-7000-8000-000000000000', 'drift:read')).toBe(false);
    });
  });
});
