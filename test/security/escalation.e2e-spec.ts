import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Browser } from '../auth/auth-stage.js';
import { ACCESS_TOKEN_TYPE, accessTokenOf, EXCHANGE, PROMISED_MS, ProgramStage } from './program-stage.js';

const DELEGATE = 1;

/**
 * Study 3, family "delegated-admin escalation", as far as tokens, service accounts and sessions go: a delegate who manages
 * programs, but holds little, tries every indirect way up. Each stands beside what the delegate may do.
 */
describe('a delegate who manages programs', () => {
  let programs: ProgramStage;
  let delegate: string;
  let delegateId: string;
  beforeAll(async () => {
    programs = await ProgramStage.start({ RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_SIGN_INS_PER_MINUTE: '0' });
    await makeRole('program-manager', [
      'service-accounts:manage',
      'service-accounts:read',
      'drift:read',
      'tenants:read',
    ]);
    await makeRole('delegate', [
      'service-accounts:manage',
      'service-accounts:read',
      'access:manage',
      'access:read',
      'drift:read',
      'tenants:read',
    ]);
    delegateId = await programs.userId(DELEGATE);
    await programs.assign(delegateId, 'delegate');
    delegate = accessTokenOf(await programs.refresh(await programs.refreshToken(DELEGATE)));
  }, 60_000);
  afterAll(() => programs.close());

  const makeRole = (name: string, permissions: string[]) =>
    programs.stage.sql(
      `WITH role AS (INSERT INTO roles (id, name, description) VALUES (gen_random_uuid(), $1, 'a test') RETURNING id)
       INSERT INTO role_permissions SELECT id, unnest($2::text[]) FROM role`,
      [name, permissions],
    );
  const call = (method: string, path: string, body?: unknown, token = delegate, headers: Record<string, string> = {}) =>
    new Browser(programs.stage.service.url).call(method, path, token, body, headers);
  const said = ({ status, body }: Answer) => [status, body['code']];
  const NO_WAY_UP = [403, 'rbac.no_way_up'];
  const roleId = async (name: string) => {
    const { body } = await programs.admin('GET', '/rbac/roles?limit=100');
    return (body['items'] as { id: string; name: string }[]).find((role) => role.name === name)?.id;
  };
  const assign = async (subject: string, role: string, more: object = {}, token = delegate) =>
    call('POST', '/rbac/assignments', { subject, role: await roleId(role), reason: 'a test', ...more }, token);
  const patch = async (id: string, change: object, token = delegate) => {
    const { headers } = await programs.admin('GET', `/service-accounts/${id}`);
    return call('PATCH', `/service-accounts/${id}`, change, token, { 'if-match': headers.get('etag') ?? '' });
  };
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

  it('Keycloak CVE-2026-3121: gives nobody a role by managing programs alone, neither a program nor themselves', async () => {
    const manager = await programs.userId(2);
    await programs.assign(manager, 'program-manager');
    const token = accessTokenOf(await programs.refresh(await programs.refreshToken(2)));
    const made = await call('POST', '/service-accounts', { name: 'of the manager' }, token);
    expect(made.status).toBe(201);
    for (const subject of [String(made.body['id']), manager]) {
      for (const role of ['viewer', 'administrator']) {
        expect(said(await assign(subject, role, {}, token))).toEqual([403, 'access.denied']);
      }
    }
  });

  it('Vault CVE-2025-5999: makes no program mightier than themselves, whatever they own', async () => {
    const made = await call('POST', '/service-accounts', { name: 'of the delegate' });
    const id = String(made.body['id']);
    for (const role of ['administrator', 'auditor', 'security-analyst']) {
      expect(said(await assign(id, role))).toEqual(NO_WAY_UP);
      expect(said(await assign(delegateId, role))).toEqual(NO_WAY_UP);
    }
    expect((await assign(id, 'viewer')).status).toBe(201);
  });

  it('Keycloak CVE-2026-4629 (mapper injection): puts no claim into a token by anything that a request can say', async () => {
    const program = await programs.program({ role: 'viewer' });
    const wishes = {
      claims: JSON.stringify({ access_token: { roles: ['administrator'] } }),
      roles: 'administrator',
      permissions: 'users:manage',
      sub: delegateId,
      sid: '0198f000-0000-7000-8000-000000000000',
      stamp: '99',
      client_assertion_claims: '{}',
      requested_subject: delegateId,
      subject: delegateId,
      exp: '9999999999',
      'cnf[jkt]': 'A'.repeat(43),
    };
    const claimsOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    const plain = claimsOf(await programs.accessToken(program));
    const wished = await programs.accessToken(program, wishes);
    const { jti: _jti, iat, exp, ...rest } = claimsOf(wished);
    const { jti: _plainJti, iat: plainIat, exp: plainExp, ...plainRest } = plain;
    expect(rest).toEqual(plainRest);
    expect(Number(exp) - Number(iat)).toBe(Number(plainExp) - Number(plainIat));
    expect(await programs.onBoth(wished, '/users')).toEqual([403, 403]);
    expect(await programs.onBoth(wished)).toEqual([200, 200]);
    for (const extra of [
      { permissions: ['users:manage'] },
      { roles: ['administrator'] },
      { securityStamp: 9 },
      { tenantId: 'x' },
    ]) {
      expect((await call('POST', '/service-accounts', { name: 'with more', ...extra })).status).toBe(400);
    }
  });

  it('Keycloak CVE-2026-94000 (group join): no group, role or directory role that a token of Entra ID names confers anything', async () => {
    const { objectId } = programs.stage.person(3);
    await programs.userId(3);
    const claims = {
      groups: ['administrator', await roleId('administrator')] as string[],
      roles: ['administrator', 'users:manage'],
      wids: ['62e90394-69f5-4237-9190-012177145e10'],
      permissions: ['users:manage'],
      scope: 'users:manage',
    };
    const entra = programs.stage.tenant.mintToken({ kind: 'api', objectId, claims });
    expect(await programs.onBoth(entra, '/users')).toEqual([403, 403]);
    expect(await programs.onBoth(accessTokenOf(await programs.exchange(entra)), '/users')).toEqual([403, 403]);
    expect(await programs.onBoth(entra, '/users/me')).toEqual([200, 200]);
  });

  it('Keycloak CVE-2026-9099 (reparenting): takes over no program that holds more, by owner, name or state, and gives none of it away', async () => {
    const mighty = await programs.program({ role: 'auditor' });
    const administrator = (await programs.admin('GET', '/users/me')).body['id'];
    for (const change of [
      { owner: delegateId },
      { name: 'taken over' },
      { status: 'disabled' },
      { dpopRequired: true },
    ]) {
      expect(said(await patch(mighty.id, change))).toEqual(NO_WAY_UP);
    }
    // A program of one's own gains nothing from a mighty owner.
    const own = await call('POST', '/service-accounts', { name: 'of a small one' });
    const id = String(own.body['id']);
    expect((await patch(id, { owner: administrator })).status).toBe(200);
    const { body } = await call('POST', `/service-accounts/${id}/credentials`, { kind: 'secret' });
    const program = { id, secret: String(body['secret']), credentialId: String(body['id']) };
    expect(await programs.onBoth(await programs.accessToken(program), '/users')).toEqual([403, 403]);
    expect((await assign(id, 'viewer')).status).toBe(201);
    await sleep(PROMISED_MS);
    expect(await programs.onBoth(await programs.accessToken(program))).toEqual([200, 200]);
  });

  it('Keycloak CVE-2026-9795 (scope mapping): a program gets by scope nothing that it does not hold, whoever asks for whom', async () => {
    const program = await programs.program({ role: 'viewer' });
    for (const scope of ['users:manage', 'tenants:read users:manage', 'administrator', '*']) {
      expect((await programs.clientCredentials(program, { scope })).body['error']).toBe('invalid_scope');
    }
    const { objectId } = programs.stage.person(DELEGATE);
    const entra = () => programs.stage.tenant.mintToken({ kind: 'api', objectId });
    const client = { client_id: program.id, client_secret: program.secret };
    const wide = await programs.exchange(entra(), { ...client, scope: 'users:manage audit:read' });
    // A scope never adds to what the person holds.
    if (wide.status === 200) {
      for (const path of ['/users', '/audit/events']) {
        expect(await programs.onBoth(accessTokenOf(wide), path)).toEqual([403, 403]);
      }
    } else expect(wide.body['error']).toBe('invalid_scope');
    const narrow = accessTokenOf(await programs.exchange(entra(), { ...client, scope: 'tenants:read' }));
    expect(await programs.onBoth(narrow)).toEqual([200, 200]);
    expect(await programs.onBoth(narrow, '/service-accounts')).toEqual([403, 403]);
  });

  it('Keycloak CVE-2026-16105 (parts of roles): there is no way to change what a role holds, or to wrap one in another', async () => {
    const administrator = await roleId('administrator');
    const own = await roleId('delegate');
    const before = await programs.stage.sql('SELECT * FROM role_permissions ORDER BY role_id, permission');
    for (const id of [administrator, own]) {
      for (const [method, path, body] of [
        ['POST', `/rbac/roles/${id}/permissions`, { permissions: ['users:manage'] }],
        ['PUT', `/rbac/roles/${id}/permissions`, { permissions: ['users:manage'] }],
        ['DELETE', `/rbac/roles/${id}/permissions/users:manage`, undefined],
        ['PATCH', `/rbac/roles/${id}`, { permissions: ['users:manage'] }],
        ['POST', '/rbac/roles', { name: 'x', permissions: ['users:manage'] }],
      ] as const) {
        expect([403, 404]).toContain((await call(method, path, body)).status);
      }
    }
    expect(await programs.stage.sql('SELECT * FROM role_permissions ORDER BY role_id, permission')).toEqual(before);
    expect((await call('GET', `/rbac/roles/${own}/permissions`)).status).toBe(200);
  });

  it('Keycloak CVE-2026-17526 (impersonation): gets no token in the name of somebody else, whatever is asked', async () => {
    const program = await programs.program({ role: 'administrator' });
    const { administrator } = programs.stage.tenant;
    const mine = () =>
      programs.stage.tenant.mintToken({ kind: 'api', objectId: programs.stage.person(DELEGATE).objectId });
    const subject = { grant_type: EXCHANGE, subject_token: mine(), subject_token_type: ACCESS_TOKEN_TYPE };
    const client = { client_id: program.id, client_secret: program.secret };
    const wishes = [
      { requested_subject: administrator.objectId },
      { requested_subject: administrator.userPrincipalName },
      { subject_issuer: 'x', login_hint: administrator.userPrincipalName },
      { username: administrator.userPrincipalName },
    ];
    for (const wish of wishes) {
      const token = accessTokenOf(
        await programs.form('token', { ...subject, subject_token: mine(), ...client, ...wish }),
      );
      const { body } = await programs.get('/users/me', { authorization: `Bearer ${token}` });
      expect(body['id']).toBe(delegateId);
      expect(await programs.onBoth(token, '/users')).toEqual([403, 403]);
    }
    const adminsToken = programs.stage.tenant.mintToken({ kind: 'api', objectId: administrator.objectId });
    for (const actor of [adminsToken, await programs.accessToken(program)]) {
      const form = { ...subject, ...client, actor_token: actor, actor_token_type: ACCESS_TOKEN_TYPE };
      expect((await programs.form('token', form)).body['error']).toBe('invalid_request');
    }
    // The token of a program for a person is the person's: the mighty program adds nothing.
    const exchanged = accessTokenOf(await programs.exchange(mine(), client));
    expect(await programs.onBoth(exchanged, '/users')).toEqual([403, 403]);
    expect(await programs.onBoth(exchanged)).toEqual([200, 200]);
  });

  it('Keycloak CVE-2026-94001: ends no credential of a program that holds more, and puts none in its place', async () => {
    const [mighty, equal] = [await programs.program({ role: 'auditor' }), await programs.program({ role: 'viewer' })];
    const credentials = ({ id }: { id: string }) => `/service-accounts/${id}/credentials`;
    expect(said(await call('DELETE', `${credentials(mighty)}/${mighty.credentialId}`))).toEqual(NO_WAY_UP);
    expect(said(await call('POST', credentials(mighty), { kind: 'secret' }))).toEqual(NO_WAY_UP);
    // Nor by naming it under a program of which they may.
    expect((await call('DELETE', `${credentials(equal)}/${mighty.credentialId}`)).status).toBe(404);
    expect((await programs.clientCredentials(mighty)).status).toBe(200);
    expect((await call('DELETE', `${credentials(equal)}/${equal.credentialId}`)).status).toBe(200);
    expect((await programs.clientCredentials(equal)).status).toBe(401);
  });

  it('Keycloak #45875 (workflows): what will be held only later, or is denied for a while, is asked for today', async () => {
    const program = await programs.program();
    expect(said(await assign(program.id, 'administrator', { validFrom: at(24) }))).toEqual(NO_WAY_UP);
    expect(said(await assign(delegateId, 'administrator', { validFrom: at(24), validUntil: at(25) }))).toEqual(
      NO_WAY_UP,
    );
    expect((await assign(program.id, 'viewer', { validFrom: at(24) })).status).toBe(201);
    // By the administrator: tomorrow's auditor is out of reach today.
    const tomorrow = await programs.program();
    const granted = await programs.admin('POST', '/rbac/assignments', {
      subject: tomorrow.id,
      role: await roleId('auditor'),
      reason: 'a test',
      validFrom: at(24),
    });
    expect(granted.status).toBe(201);
    expect(said(await call('POST', `/service-accounts/${tomorrow.id}/credentials`, { kind: 'secret' }))).toEqual(
      NO_WAY_UP,
    );
    expect((await call('POST', `/service-accounts/${program.id}/credentials`, { kind: 'secret' })).status).toBe(201);
  });

  it('ends no session of others, and sees none, without the permission for it', async () => {
    const administrator = String((await programs.admin('GET', '/users/me')).body['id']);
    const attempts = [
      await call('GET', `/users/${administrator}/sessions`),
      await call('DELETE', `/users/${administrator}/sessions`),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([403, 403]);
    expect((await programs.admin('GET', '/users/me')).status).toBe(200);
    expect((await call('GET', '/auth/sessions')).status).toBe(200);
  });
});
