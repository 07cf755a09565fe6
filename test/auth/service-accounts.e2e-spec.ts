import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Permission } from '../../src/access/permissions.js';
import { AuditService } from '../../src/audit/audit.service.js';
import type { AuditFilter } from '../../src/audit/read/audit-filter.js';
import { AccessTokens } from '../../src/auth/tokens/access-tokens.service.js';
import { sha256 } from '../../src/crypto/digest.js';
import { ServiceAccountsService } from '../../src/users/service-accounts.service.js';
import { auditTrail } from '../support/audit-trail.js';
import { type Answer, type AuthStage, startAuthStage } from './auth-stage.js';

interface SignedIn {
  token: string;
  id: string;
}

const DELEGATED: Permission[] = [
  'service-accounts:manage',
  'service-accounts:read',
  'access:manage',
  'access:read',
  'drift:read',
  'tenants:read',
];

describe('service accounts', () => {
  let stage: AuthStage;
  let admin: SignedIn;
  let delegate: SignedIn;
  let names = 0;

  const call = (method: string, path: string, token: string, body?: unknown, headers?: Record<string, string>) =>
    stage.browser().call(method, path, token, body, headers);
  const signIn = async (upn: string): Promise<SignedIn> => {
    const token = await stage.browser().accessToken(upn);
    return { token, id: String((await call('GET', '/users/me', token)).body['id']) };
  };
  const said = ({ status, body }: Answer) => [status, body['code']];
  const items = ({ body }: Answer) => body['items'] as Record<string, unknown>[];

  const create = async (by = admin.token, more: Record<string, unknown> = {}): Promise<string> => {
    const answer = await call('POST', '/service-accounts', by, { name: `program ${++names}`, ...more });
    expect(answer.status).toBe(201);
    return String(answer.body['id']);
  };
  const patch = async (id: string, body: unknown, by = admin.token) => {
    const { headers } = await call('GET', `/service-accounts/${id}`, admin.token);
    return call('PATCH', `/service-accounts/${id}`, by, body, { 'if-match': headers.get('etag') ?? '' });
  };
  const addSecret = (id: string, by = admin.token, more: Record<string, unknown> = {}) =>
    call('POST', `/service-accounts/${id}/credentials`, by, { kind: 'secret', ...more });
  const revoke = (id: string, credentialId: unknown, by = admin.token) =>
    call('DELETE', `/service-accounts/${id}/credentials/${credentialId}`, by);
  const assign = async (subject: string, role: string, by = admin.token, more: Record<string, unknown> = {}) => {
    const roles = items(await call('GET', '/rbac/roles', admin.token));
    const roleId = roles.find(({ name }) => name === role)?.['id'];
    return call('POST', '/rbac/assignments', by, { subject, role: roleId, reason: 'a test', ...more });
  };
  const check = async (subject: string, permission: Permission) =>
    (await call('POST', '/rbac/check', admin.token, { subject, permission })).body['allowed'];
  const makeRole = async (name: string, permissions: readonly Permission[]) => {
    await stage.sql(
      `WITH role AS (INSERT INTO roles (id, name, description) VALUES (gen_random_uuid(), $1, 'a test') RETURNING id)
       INSERT INTO role_permissions SELECT id, unnest($2::text[]) FROM role`,
      [name, permissions],
    );
  };

  const accounts = () => stage.service.app.get(ServiceAccountsService, { strict: false });
  const trail = (filter: AuditFilter = {}) =>
    auditTrail(stage.service.app.get(AuditService, { strict: false }), filter);
  const tokens = () => stage.service.app.get(AccessTokens, { strict: false });
  /** As the token endpoint gives it. */
  const tokenOf = async (id: string, scopes: readonly Permission[] | null = null): Promise<string> => {
    const { securityStamp } = await accounts().get(id);
    const subject = { type: 'service_account' as const, serviceAccountId: id, securityStamp };
    return (await tokens().issue({ subject, clientId: id, scopes, dpopJkt: null })).token;
  };
  const narrowed = async ({ token }: SignedIn, scopes: readonly Permission[]): Promise<string> => {
    const { subject, clientId } = await tokens().verify(token);
    return (await tokens().issue({ subject, clientId, scopes, dpopJkt: null })).token;
  };
  const isDead = async (token: string): Promise<boolean> => {
    for (let round = 0; round < 100; round++) {
      const answer = await call('GET', '/tenants', token);
      if (answer.status === 401) return answer.body['code'] === 'auth.session_ended';
      await sleep(10);
    }
    return false;
  };
  const proves = async (id: string, secret: unknown): Promise<boolean> => {
    const hash = sha256(String(secret));
    const known = await accounts().forAuthentication(id);
    return (
      known?.credentials.some((credential) => credential.kind === 'secret' && credential.secretHash.equals(hash)) ===
      true
    );
  };

  beforeAll(async () => {
    stage = await startAuthStage();
    admin = await signIn(stage.tenant.administrator.userPrincipalName);
    delegate = await signIn(stage.person(0).upn);
    await makeRole('delegate', DELEGATED);
    expect((await assign(delegate.id, 'delegate')).status).toBe(201);
  });
  afterAll(() => stage.close());

  describe('are made', () => {
    it('for their maker, in the tenant of the owner, without any permission', async () => {
      const made = await call('POST', '/service-accounts', delegate.token, {
        name: 'Nightly export',
        description: 'ETL',
      });
      expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
      const { body } = await call('GET', `/users/${delegate.id}`, admin.token);
      const id = String(made.body['id']);
      expect(made.body).toMatchObject({
        name: 'Nightly export',
        description: 'ETL',
        owner: delegate.id,
        tenantId: body['tenantId'],
        status: 'active',
        dpopRequired: false,
      });
      expect(items(await call('GET', `/service-accounts/${id}/access`, admin.token))).toEqual([]);
      expect(said(await call('GET', '/tenants', await tokenOf(id)))).toEqual([403, 'access.denied']);
    });

    it('and listed by tenant, owner and state, page by page', async () => {
      const owner = await signIn(stage.person(1).upn);
      const ids = [await create(admin.token, { owner: owner.id }), await create(admin.token, { owner: owner.id })];
      await patch(String(ids[1]), { status: 'disabled' });
      const found = async (query: string) =>
        items(await call('GET', `/service-accounts?owner=${owner.id}${query}`, delegate.token)).map(({ id }) => id);
      expect(await found('')).toEqual(ids);
      expect(await found('&status=active')).toEqual([ids[0]]);
      expect(await found('&tenant=0198f000-0000-7000-8000-000000000000')).toEqual([]);
      const first = await call('GET', `/service-accounts?owner=${owner.id}&limit=1`, delegate.token);
      expect(items(first).map(({ id }) => id)).toEqual([ids[0]]);
      expect(await found(`&limit=1&cursor=${first.body['nextCursor']}`)).toEqual([ids[1]]);
    });

    it.each([
      ['no name', {}, 400, 'request.invalid'],
      ['a name of two lines', { name: 'a\nb' }, 400, 'request.invalid'],
      ['a name that turns text around', { name: 'a\u202eb' }, 400, 'request.invalid'],
      ['a blank name', { name: '  ' }, 400, 'request.invalid'],
      ['a security stamp', { name: 'x', securityStamp: 7 }, 400, 'request.invalid'],
      ['null as owner', { name: 'x', owner: null }, 400, 'request.invalid'],
      [
        'an owner who is nobody',
        { name: 'x', owner: '0198f000-0000-7000-8000-000000000000' },
        400,
        'users.invalid_owner',
      ],
    ])('but not with %s', async (_what, body, status, code) => {
      expect(said(await call('POST', '/service-accounts', admin.token, body))).toEqual([status, code]);
    });

    it('once by a name', async () => {
      await create(admin.token, { name: 'the only one' });
      const again = await call('POST', '/service-accounts', admin.token, { name: 'the only one' });
      expect(said(again)).toEqual([409, 'users.service_account_name_taken']);
    });

    it('by a program only for a person, because a program owns none', async () => {
      const id = await create();
      await assign(id, 'administrator');
      const token = await tokenOf(id);
      expect(said(await call('POST', '/service-accounts', token, { name: 'child' }))).toEqual([
        400,
        'users.invalid_owner',
      ]);
      expect((await call('POST', '/service-accounts', token, { name: 'child', owner: admin.id })).status).toBe(201);
    });
  });

  describe('get credentials', () => {
    it('whose secret is shown once and stands nowhere else: not in lists, records, logs nor the database', async () => {
      const id = await create();
      const made = await addSecret(id);
      const secret = String(made.body['secret']);
      expect(secret).toMatch(/^bxs_[\w-]{43}$/);
      expect([made.status, made.body['clientId'], made.headers.get('cache-control')]).toEqual([201, id, 'no-store']);
      expect(await proves(id, secret)).toBe(true);
      const listed = await call('GET', `/service-accounts/${id}/credentials`, admin.token);
      expect(items(listed)).toEqual([
        {
          id: made.body['id'],
          kind: 'secret',
          thumbprint: null,
          createdAt: expect.any(String),
          expiresAt: expect.any(String),
          lastUsedAt: null,
        },
      ]);
      const kept = [
        listed.body,
        await call('GET', `/service-accounts/${id}`, admin.token),
        await trail(),
        await stage.sql('SELECT c::text AS row FROM service_account_credentials c'),
        stage.service.logged,
      ].map((where) => JSON.stringify(where));
      const forms = [secret, secret.slice('bxs_'.length), Buffer.from(secret).toString('hex')];
      expect(kept.filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
      const [record] = await trail({ action: 'users.credential.created', targetId: String(made.body['id']) });
      const { expiresAt: _expiresAt, ...after } = record?.after ?? {};
      expect(after).toEqual({ serviceAccountId: id, kind: 'secret', thumbprint: null });
    });

    it('two at a time, so that a program changes over without a gap', async () => {
      const id = await create();
      const old = (await addSecret(id)).body;
      const next = (await addSecret(id)).body;
      expect([await proves(id, old['secret']), await proves(id, next['secret'])]).toEqual([true, true]);
      expect(said(await addSecret(id))).toEqual([409, 'users.too_many_credentials']);
      expect(said(await revoke(id, old['id']))).toEqual([200, undefined]);
      expect([await proves(id, old['secret']), await proves(id, next['secret'])]).toEqual([false, true]);
      expect((await addSecret(id)).status).toBe(201);
    });

    it('until they are revoked, with every token of the account, and say how soon', async () => {
      const [id, other] = [await create(), await create()];
      await assign(id, 'viewer');
      const { body } = await addSecret(id);
      const token = await tokenOf(id);
      expect((await call('GET', '/tenants', token)).status).toBe(200);
      expect(said(await revoke(other, body['id']))).toEqual([404, 'users.credential_not_found']);
      expect((await revoke(id, body['id'])).body).toEqual({ deadWithinMs: 1000 });
      expect(await isDead(token)).toBe(true);
      expect(said(await revoke(id, body['id']))).toEqual([404, 'users.credential_not_found']);
      expect((await call('GET', '/tenants', await tokenOf(id))).status).toBe(200);
      expect(items(await call('GET', `/service-accounts/${id}/credentials`, admin.token))).toEqual([]);
    });

    it('that are public keys, of which the thumbprint is shown', async () => {
      const id = await create();
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const jwk = publicKey.export({ format: 'jwk' });
      const made = await call('POST', `/service-accounts/${id}/credentials`, admin.token, {
        kind: 'public_key',
        publicJwk: { ...jwk, kid: 'mine', use: 'sig', x5u: 'http://127.0.0.1/' },
      });
      const thumbprint = sha256(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })).toString(
        'base64url',
      );
      expect([made.status, made.body['secret'], made.body['thumbprint']]).toEqual([201, null, thumbprint]);
      const known = await accounts().forAuthentication(id);
      expect(known?.credentials).toEqual([
        { id: made.body['id'], kind: 'public_key', publicJwk: { ...jwk, alg: 'ES256' } },
      ]);
      expect(
        JSON.stringify((await call('GET', `/service-accounts/${id}/credentials`, admin.token)).body),
      ).not.toContain(jwk.x);
    });

    const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
    const jwkOf = (key: ReturnType<typeof rsa>['publicKey']) => key.export({ format: 'jwk' });
    it.each([
      ['a private key', () => jwkOf(rsa(2048).privateKey), 'users.invalid_public_key'],
      ['a short RSA key', () => jwkOf(rsa(1024).publicKey), 'users.invalid_public_key'],
      ['a shared secret', () => ({ kty: 'oct', k: 'AAAA' }), 'users.invalid_public_key'],
      [
        'another curve',
        () => jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
        'users.invalid_public_key',
      ],
      ['a key that encrypts', () => ({ ...jwkOf(rsa(2048).publicKey), use: 'enc' }), 'users.invalid_public_key'],
      ['a list', () => [], 'request.invalid'],
      ['nothing', () => undefined, 'request.invalid'],
    ])('but never %s as public key', async (_what, publicJwk, code) => {
      const body = { kind: 'public_key', publicJwk: publicJwk() };
      const answer = await call('POST', `/service-accounts/${await create()}/credentials`, admin.token, body);
      expect(said(answer)).toEqual([400, code]);
    });

    it.each([
      ['no kind', { kind: undefined }],
      ['more than a year', { expiresInDays: 366 }],
      ['no day', { expiresInDays: 0 }],
      ['half a day', { expiresInDays: 1.5 }],
      ['a secret of the caller’s own', { secret: 'bxs_mine' }],
    ])('but not with %s', async (_what, more) => {
      expect(said(await addSecret(await create(), admin.token, more))).toEqual([400, 'request.invalid']);
    });
  });

  describe('end', () => {
    it('when they are disabled, at once and for their tokens for good, and come back when enabled', async () => {
      const id = await create();
      await assign(id, 'viewer');
      const { body } = await addSecret(id);
      const token = await tokenOf(id);
      expect((await call('GET', '/tenants', token)).status).toBe(200);
      expect((await patch(id, { status: 'disabled' })).body).toMatchObject({ status: 'disabled', deadWithinMs: 1000 });
      expect(await isDead(token)).toBe(true);
      expect([await proves(id, body['secret']), await check(id, 'drift:read')]).toEqual([false, false]);
      expect((await patch(id, { status: 'active' })).body).toMatchObject({ status: 'active', deadWithinMs: null });
      expect([await proves(id, body['secret']), await check(id, 'drift:read')]).toEqual([true, true]);
      expect(await isDead(token)).toBe(true);
      expect((await call('GET', '/tenants', await tokenOf(id))).status).toBe(200);
    });

    it('with their owner, and are handed over before or after', async () => {
      const [leaver, heir] = [await signIn(stage.person(2).upn), await signIn(stage.person(3).upn)];
      const [kept, left] = [
        await create(admin.token, { owner: leaver.id }),
        await create(admin.token, { owner: leaver.id }),
      ];
      for (const id of [kept, left]) await assign(id, 'viewer');
      const [keptToken, leftToken] = [await tokenOf(kept), await tokenOf(left)];
      expect((await patch(kept, { owner: heir.id })).body['owner']).toBe(heir.id);
      const { headers } = await call('GET', `/users/${leaver.id}`, admin.token);
      const ifMatch = { 'if-match': headers.get('etag') ?? '' };
      await call('PATCH', `/users/${leaver.id}`, admin.token, { status: 'disabled' }, ifMatch);
      expect(await isDead(leftToken)).toBe(true);
      expect((await call('GET', '/tenants', keptToken)).status).toBe(200);
      expect([await check(kept, 'drift:read'), await check(left, 'drift:read')]).toEqual([true, false]);
      expect(said(await patch(left, { status: 'active' }))).toEqual([400, 'users.invalid_owner']);
      expect((await patch(left, { status: 'active', owner: heir.id })).status).toBe(200);
      expect(await check(left, 'drift:read')).toBe(true);
      const records = await stage.sql(
        `SELECT reason, actor_id FROM audit_events
          WHERE action = 'users.service-account.updated' AND target_id = $1 ORDER BY id`,
        [left],
      );
      expect(records).toEqual([
        { reason: 'owner_disabled', actor_id: admin.id },
        { reason: null, actor_id: admin.id },
      ]);
    });
  });

  it('are changed only as they were last seen', async () => {
    const id = await create();
    const change = { description: 'changed' };
    expect(said(await call('PATCH', `/service-accounts/${id}`, admin.token, change))).toEqual([
      428,
      'request.precondition_required',
    ]);
    expect((await patch(id, change)).headers.get('etag')).toBe('"2"');
    const stale = await call('PATCH', `/service-accounts/${id}`, admin.token, { name: 'x' }, { 'if-match': '"1"' });
    expect(said(stale)).toEqual([412, 'request.precondition_failed']);
    const unknown = '/service-accounts/0198f000-0000-7000-8000-000000000000';
    for (const [method, path, body] of [
      ['GET', unknown],
      ['PATCH', unknown, change],
      ['GET', `${unknown}/access`],
      ['GET', `${unknown}/credentials`],
      ['POST', `${unknown}/credentials`, { kind: 'secret' }],
      ['DELETE', `${unknown}/credentials/${id}`],
    ] as const) {
      const answer = await call(method, path, admin.token, body, { 'if-match': '"1"' });
      expect([method, path, ...said(answer)]).toEqual([method, path, 404, 'users.service_account_not_found']);
    }
  });

  describe('hold roles like people', () => {
    it('given, shown with their path, checked and taken', async () => {
      const id = await create();
      const given = await assign(id, 'viewer');
      expect(given.body).toMatchObject({ subject: { type: 'service_account', id }, roleName: 'viewer' });
      expect(items(await call('GET', `/rbac/assignments?subject=${id}`, admin.token))).toEqual([given.body]);
      expect([await check(id, 'drift:read'), await check(id, 'users:manage')]).toEqual([true, false]);
      const access = items(await call('GET', `/service-accounts/${id}/access`, admin.token));
      expect(access.map(({ permission, allowed }) => [permission, allowed])).toEqual([
        ['drift:read', true],
        ['tenants:read', true],
      ]);
      const token = await tokenOf(id);
      expect((await call('GET', '/tenants', token)).status).toBe(200);
      expect(said(await call('GET', `/users/${id}/access`, admin.token))).toEqual([404, 'users.not_found']);
      expect((await call('DELETE', `/rbac/assignments/${given.body['id']}`, admin.token)).status).toBe(204);
      expect(await check(id, 'drift:read')).toBe(false);
      const records = await trail({ targetId: String(given.body['id']) });
      expect(records.map(({ before, after }) => after ?? before)).toMatchObject(
        Array(2).fill({ subjectType: 'service_account', subject: id }),
      );
    });

    it('but are no administrator who could let the last person go', async () => {
      await assign(await create(), 'administrator');
      const mine = items(await call('GET', `/rbac/assignments?subject=${admin.id}`, admin.token));
      const last = mine.find(({ roleName }) => roleName === 'administrator');
      expect(said(await call('DELETE', `/rbac/assignments/${last?.['id']}`, admin.token))).toEqual([
        409,
        'rbac.last_administrator',
      ]);
    });
  });

  describe('are no way up', () => {
    /** Everything by which one could act as the account, or keep others from it. */
    const attempts: [string, (id: string, by: string) => Promise<Answer>][] = [
      ['a secret', (id, by) => addSecret(id, by)],
      [
        'a public key',
        (id, by) => {
          const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
          const publicJwk = publicKey.export({ format: 'jwk' });
          return call('POST', `/service-accounts/${id}/credentials`, by, { kind: 'public_key', publicJwk });
        },
      ],
      ['its name', (id, by) => patch(id, { name: `program ${++names}` }, by)],
      ['bound tokens', (id, by) => patch(id, { dpopRequired: true }, by)],
      ['a handover', (id, by) => patch(id, { owner: delegate.id }, by)],
      ['disabling it', (id, by) => patch(id, { status: 'disabled' }, by)],
      ['enabling it', (id, by) => patch(id, { status: 'active' }, by)],
      [
        'the end of a credential',
        async (id, by) => {
          const [credential] = items(await call('GET', `/service-accounts/${id}/credentials`, admin.token));
          return revoke(id, credential?.['id'], by);
        },
      ],
    ];

    it.each(attempts)('for a delegate by %s, where the account holds what they do not', async (_what, attempt) => {
      const id = await create();
      await addSecret(id);
      await assign(id, 'auditor');
      const before = await accounts().get(id);
      const refused = await attempt(id, delegate.token);
      expect(said(refused)).toEqual([403, 'rbac.no_way_up']);
      expect(refused.body['detail']).toContain('audit:read');
      expect(await accounts().get(id)).toEqual(before);
      expect((await accounts().forAuthentication(id))?.credentials).toHaveLength(1);
    });

    it.each(attempts)(
      'and no wall: the delegate may have %s, where the account holds no more than they',
      async (_what, attempt) => {
        const id = await create();
        await addSecret(id);
        await assign(id, 'viewer');
        expect([200, 201]).toContain((await attempt(id, delegate.token)).status);
      },
    );

    it('by what the account will hold only tomorrow, nor by what a denial hides from it for a while', async () => {
      const [tomorrow, denied] = [await create(), await create()];
      const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
      await assign(tomorrow, 'auditor', admin.token, { validFrom: at(24) });
      await assign(denied, 'auditor');
      await assign(denied, 'auditor', admin.token, { effect: 'deny', validUntil: at(1) });
      for (const id of [tomorrow, denied]) {
        expect(await check(id, 'audit:read')).toBe(false);
        expect(said(await addSecret(id, delegate.token))).toEqual([403, 'rbac.no_way_up']);
      }
      await assign(denied, 'auditor', admin.token, { effect: 'deny' });
      expect((await addSecret(denied, delegate.token)).status).toBe(201);
    });

    it('by a narrowed token: it controls and confers no more than it may use', async () => {
      const token = await narrowed(admin, DELEGATED);
      const id = await create();
      expect((await assign(id, 'viewer', token)).status).toBe(201);
      expect((await addSecret(id, token)).status).toBe(201);
      expect(said(await assign(id, 'auditor', token))).toEqual([403, 'rbac.no_way_up']);
      expect((await assign(id, 'auditor', admin.token)).status).toBe(201);
      expect(said(await addSecret(id, token))).toEqual([403, 'rbac.no_way_up']);
      expect((await addSecret(id, admin.token)).status).toBe(201);
    });

    it('by a program: it controls and confers what it holds, narrowed by its token, and nothing else', async () => {
      const [id, target] = [await create(), await create()];
      await assign(id, 'delegate');
      const token = await tokenOf(id);
      expect((await assign(target, 'viewer', token)).body['assignedBy']).toEqual({ type: 'service_account', id });
      expect(said(await assign(target, 'auditor', token))).toEqual([403, 'rbac.no_way_up']);
      expect((await addSecret(target, token)).status).toBe(201);
      const narrow = await tokenOf(id, ['access:manage', 'service-accounts:manage']);
      expect(said(await assign(target, 'viewer', narrow))).toEqual([403, 'rbac.no_way_up']);
      expect(said(await addSecret(target, narrow))).toEqual([403, 'rbac.no_way_up']);
      await assign(target, 'auditor');
      expect(said(await addSecret(target, token))).toEqual([403, 'rbac.no_way_up']);
    });

    it('for those who may only read them', async () => {
      const reader = await signIn(stage.person(4).upn);
      await assign(reader.id, 'auditor');
      const id = await create();
      expect((await call('GET', `/service-accounts/${id}`, reader.token)).status).toBe(200);
      expect(said(await addSecret(id, reader.token))).toEqual([403, 'access.denied']);
      expect(said(await patch(id, { status: 'disabled' }, reader.token))).toEqual([403, 'access.denied']);
      expect(said(await call('POST', '/service-accounts', reader.token, { name: 'x' }))).toEqual([
        403,
        'access.denied',
      ]);
    });
  });
});
