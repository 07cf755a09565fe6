import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Browser } from '../auth/auth-stage.js';
import { inHours, type Person, RbacStage, said } from '../rbac/rbac-stage.js';
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

  it('Keycloak CVE-2026-16105 (parts of roles): puts nothing into a role, and wraps none in another, that they do not hold', async () => {
    const administrator = await roleId('administrator');
    const own = await roleId('delegate');
    const before = await programs.stage.sql('SELECT * FROM role_permissions ORDER BY role_id, permission');
    const tag = (await call('GET', `/rbac/roles/${own}`)).headers.get('etag') ?? '';
    for (const [method, path, body] of [
      ['PATCH', `/rbac/roles/${own}`, { permissions: ['users:manage'] }],
      ['PATCH', `/rbac/roles/${own}`, { parents: [administrator] }],
      ['POST', '/rbac/roles', { name: 'x', permissions: ['users:manage'] }],
      ['POST', '/rbac/roles', { name: 'x', parents: [administrator] }],
    ] as const) {
      expect(said(await call(method, path, body, delegate, { 'if-match': tag }))).toEqual(NO_WAY_UP);
    }
    // No other way in.
    for (const [method, path, body] of [
      ['POST', `/rbac/roles/${own}/permissions`, { permissions: ['users:manage'] }],
      ['PUT', `/rbac/roles/${own}/permissions`, { permissions: ['users:manage'] }],
      ['DELETE', `/rbac/roles/${own}/permissions/users:manage`, undefined],
    ] as const) {
      expect((await call(method, path, body)).status).toBe(404);
    }
    expect(await programs.stage.sql('SELECT * FROM role_permissions ORDER BY role_id, permission')).toEqual(before);
    expect((await call('GET', `/rbac/roles/${own}/permissions`)).status).toBe(200);
    const made = await call('POST', '/rbac/roles', {
      name: 'of-the-delegate',
      permissions: ['drift:read'],
      parents: [own],
    });
    expect(made.status).toBe(201);
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

  it('gives with a token that is narrowed to scopes no more than the scopes say', async () => {
    const program = await programs.program({ role: 'viewer' });
    const client = { client_id: program.id, client_secret: program.secret };
    const { objectId } = programs.stage.person(DELEGATE);
    const narrowed = async (scope: string) =>
      accessTokenOf(
        await programs.exchange(programs.stage.tenant.mintToken({ kind: 'api', objectId }), { ...client, scope }),
      );
    const viewer = await roleId('viewer');
    const give = async (scope: string) =>
      call(
        'POST',
        '/rbac/assignments',
        { subject: program.id, role: viewer, scope: '/more', reason: 'a test' },
        await narrowed(scope),
      );
    expect(said(await give('access:manage tenants:read'))).toEqual(NO_WAY_UP);
    expect(said(await give('drift:read tenants:read'))).toEqual([403, 'access.denied']);
    expect((await give('access:manage drift:read tenants:read')).status).toBe(201);
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

/**
 * The same family, for who manages access: by role, inheritance, scope, time, group and return. The delegate manages access
 * everywhere and in one tenant even more, but holds little of what there is.
 */
describe('a delegate who manages access', () => {
  const NO_WAY_UP = [403, 'rbac.no_way_up'];
  const HERE = '/tenants/T';
  let rbac: RbacStage;
  let delegate: Person;
  let colleague: Person;
  /** Holds what the delegate doesn't. */
  let mighty: string;
  /** Holds what the delegate does. */
  let small: string;
  let own: string;
  beforeAll(async () => {
    rbac = await RbacStage.start();
    small = await rbac.role('small', { permissions: ['drift:read', 'tenants:read'] });
    mighty = await rbac.role('mighty', { permissions: ['audit:read', 'drift:read'] });
    own = await rbac.role('own', {
      permissions: ['access:manage', 'access:read', 'users:manage', 'users:read', 'permissions:register'],
      parents: [small],
    });
    [delegate, colleague] = [await rbac.person(1), await rbac.person(2)];
    await rbac.given(delegate.id, own);
    await rbac.given(delegate.id, mighty, { scope: HERE });
  }, 60_000);
  afterAll(() => rbac.close());

  const assign = (subject: string, role: string, more: Record<string, unknown> = {}) =>
    rbac.assign(delegate.token, subject, role, more);
  const patch = (role: string, change: object) => rbac.change(delegate.token, 'PATCH', `/rbac/roles/${role}`, change);
  const remove = (assignment: string) => rbac.call(delegate.token, 'DELETE', `/rbac/assignments/${assignment}`);
  const is = (answer: Answer, status: number) =>
    expect([answer.status, answer.body]).toEqual([status, expect.anything()]);

  it('assigns what they hold, on the scope where they hold it, and nowhere wider', async () => {
    expect(said(await assign(colleague.id, mighty))).toEqual(NO_WAY_UP);
    expect(said(await assign(colleague.id, mighty, { scope: '/tenants' }))).toEqual(NO_WAY_UP);
    expect(said(await assign(colleague.id, mighty, { scope: '/tenants/T2' }))).toEqual(NO_WAY_UP);
    is(await assign(colleague.id, mighty, { scope: `${HERE}/apps/A` }), 201);
    is(await assign(colleague.id, small), 201);
  });

  it('edits no role beyond what they hold everywhere, the one they have least of all', async () => {
    for (const change of [
      { permissions: ['audit:read'] },
      { parents: [mighty] },
      { permissions: ['scim:provision'] },
    ]) {
      expect(said(await patch(own, change))).toEqual(NO_WAY_UP);
      expect(said(await patch(small, change))).toEqual(NO_WAY_UP);
    }
    is(await patch(small, { permissions: ['drift:read', 'tenants:read', 'users:read'] }), 200);
    is(await patch(small, { permissions: ['drift:read', 'tenants:read'] }), 200);
  });

  it('takes nothing out of a role that they do not hold, since the role may deny it', async () => {
    expect(said(await patch(mighty, { permissions: ['drift:read'] }))).toEqual(NO_WAY_UP);
    is(await patch(mighty, { permissions: ['audit:read'] }), 200);
    is(await patch(mighty, { permissions: ['audit:read', 'drift:read'] }), 200);
  });

  it('inherits from no mightier role, neither at once nor by a detour through a role of their own', async () => {
    const detour = await rbac.call(delegate.token, 'POST', '/rbac/roles', { name: 'detour', parents: [small] });
    is(detour, 201);
    const id = String(detour.body['id']);
    expect(said(await patch(id, { parents: [mighty] }))).toEqual(NO_WAY_UP);
    const heir = await rbac.role('mighty-heir', { parents: [mighty] });
    expect(said(await patch(id, { parents: [heir] }))).toEqual(NO_WAY_UP);
    is(await patch(id, { parents: [small, own] }), 200);
  });

  it('gives no role another name, and eases the activation of none, that holds more than they do', async () => {
    for (const change of [{ name: 'harmless' }, { activationMaxSeconds: 2_592_000 }]) {
      expect(said(await patch(mighty, change))).toEqual(NO_WAY_UP);
      is(await patch(small, change), 200);
    }
    const strict = { activationNeedsApproval: true };
    is(await patch(mighty, strict), 200);
    expect(said(await patch(mighty, { activationNeedsApproval: false }))).toEqual(NO_WAY_UP);
    expect(
      said(await rbac.change(delegate.token, 'DELETE', `/rbac/roles/${await rbac.role('m2', { parents: [mighty] })}`)),
    ).toEqual(NO_WAY_UP);
  });

  it('gives nothing beyond the end of their own, and over no gap', async () => {
    const [temporary] = [await rbac.role('temporary', { permissions: ['drift:scan'] })];
    const end = inHours(2);
    await rbac.given(delegate.id, temporary, { validUntil: end });
    await rbac.given(delegate.id, temporary, { validFrom: inHours(3), validUntil: inHours(4) });
    for (const more of [
      {},
      { validUntil: inHours(2.5) },
      { validUntil: inHours(3.5) },
      { validFrom: inHours(3.2), validUntil: inHours(3.5) },
    ]) {
      expect(said(await assign(colleague.id, temporary, more))).toEqual(NO_WAY_UP);
    }
    is(await assign(colleague.id, temporary, { validUntil: end }), 201);
    is(await assign(colleague.id, temporary, { validUntil: inHours(1) }), 201);
  });

  it('gives nothing that is denied them on a part of the scope, now or soon', async () => {
    const part = await rbac.role('part', { permissions: ['webhooks:read'] });
    await rbac.given(delegate.id, part);
    is(await assign(colleague.id, part), 201);
    const denial = await rbac.given(delegate.id, part, { effect: 'deny', scope: '/a/b', validFrom: inHours(1) });
    expect(said(await assign(colleague.id, part))).toEqual(NO_WAY_UP);
    expect(said(await assign(colleague.id, part, { scope: '/a' }))).toEqual(NO_WAY_UP);
    is(await assign(colleague.id, part, { scope: '/b' }), 201);
    // Nor do they lift that denial, by removing it or by emptying its role.
    expect(said(await remove(denial))).toEqual(NO_WAY_UP);
    expect(said(await patch(part, { permissions: [] }))).toEqual(NO_WAY_UP);
  });

  it('lifts no denial of what they do not hold, and denies nobody what they do not hold', async () => {
    const denial = await rbac.given(colleague.id, mighty, { effect: 'deny', scope: '/denied' });
    expect(said(await remove(denial))).toEqual(NO_WAY_UP);
    is(await remove(await rbac.given(colleague.id, mighty, { effect: 'deny', scope: `${HERE}/x` })), 204);
    const administrator = await rbac.roleNamed('administrator');
    for (const role of [administrator, mighty]) {
      expect(said(await assign(rbac.administrator.id, role, { effect: 'deny' }))).toEqual(NO_WAY_UP);
    }
    // What they hold they may deny to others, but not to the last administrator.
    is(await assign(colleague.id, small, { effect: 'deny', scope: '/denied' }), 201);
    expect(said(await assign(rbac.administrator.id, small, { effect: 'deny' }))).toEqual([
      409,
      'rbac.last_administrator',
    ]);
  });

  it('Keycloak CVE-2026-94000, -9099 (groups): gives a group no more than themselves, whether they are a member or not', async () => {
    const mine = await rbac.group('mine', [delegate.id]);
    const others = await rbac.group('others', [colleague.id]);
    for (const group of [mine, others]) {
      expect(said(await assign(group, mighty))).toEqual(NO_WAY_UP);
      expect(said(await assign(group, await rbac.roleNamed('administrator')))).toEqual(NO_WAY_UP);
      is(await assign(group, small), 201);
    }
    const given = await rbac.given(others, mighty);
    expect(said(await remove(given))).toEqual(NO_WAY_UP);
    // What they hold by a group is theirs to give, and no longer when they have left it.
    await rbac.given(mine, mighty);
    is(await assign(colleague.id, mighty, { scope: '/by-group' }), 201);
    await rbac.stage.sql('DELETE FROM group_members WHERE group_id = $1', [mine]);
    expect(said(await assign(colleague.id, mighty, { scope: '/by-group/2' }))).toEqual(NO_WAY_UP);
  });

  it('lets nobody back in who holds more, or could activate more, and others they do', async () => {
    const person = await rbac.person(3);
    const setStatus = (token: string, status: string) => rbac.change(token, 'PATCH', `/users/${person.id}`, { status });
    const given = await rbac.given(person.id, mighty, { validFrom: inHours(24) });
    is(await setStatus(rbac.administrator.token, 'disabled'), 200);
    expect(said(await setStatus(delegate.token, 'active'))).toEqual(NO_WAY_UP);
    is(await rbac.admin('DELETE', `/rbac/assignments/${given}`), 204);
    const [eligible] = await rbac.stage.sql<{ id: string }>(
      `INSERT INTO eligible_assignments (id, user_id, role_id, scope, reason, assigned_by_type, assigned_by_id)
       VALUES (gen_random_uuid(), $1, $2, '/', 'a test', 'system', 'test') RETURNING id`,
      [person.id, mighty],
    );
    expect(said(await setStatus(delegate.token, 'active'))).toEqual(NO_WAY_UP);
    await rbac.stage.sql('DELETE FROM eligible_assignments WHERE id = $1', [eligible?.id]);
    const group = await rbac.group('of the disabled', [person.id]);
    const byGroup = await rbac.given(group, mighty);
    expect(said(await setStatus(delegate.token, 'active'))).toEqual(NO_WAY_UP);
    is(await rbac.admin('DELETE', `/rbac/assignments/${byGroup}`), 204);
    is(await rbac.admin('POST', '/rbac/assignments', { subject: person.id, role: small, reason: 'a test' }), 201);
    is(await setStatus(delegate.token, 'active'), 200);
  });

  it('gets into no namespace, and with a namespace to nothing of ours', async () => {
    is(await rbac.admin('POST', '/rbac/namespaces', { name: 'shop' }), 201);
    const register = (token: string, name: string) =>
      rbac.call(token, 'PUT', '/rbac/namespaces/shop/permissions', { permissions: [{ name, description: 'x' }] });
    is(await register(rbac.administrator.token, 'order:refund'), 200);
    // They register, since they manage access everywhere; what they register they do not hold.
    is(await register(delegate.token, 'order:refund'), 200);
    for (const permissions of [['shop/order:refund'], ['users:manage', 'shop/order:refund']]) {
      const made = await rbac.call(delegate.token, 'POST', '/rbac/roles', { name: 'refunder', permissions });
      expect(said(made)).toEqual(NO_WAY_UP);
    }
    // Who manages access only somewhere neither makes one nor registers.
    const local = await rbac.person(4);
    await rbac.given(local.id, own, { scope: HERE });
    expect(said(await rbac.call(local.token, 'POST', '/rbac/namespaces', { name: 'mine' }))).toEqual([
      403,
      'access.denied',
    ]);
    expect(said(await register(local.token, 'order:take'))).toEqual([403, 'access.denied']);
    expect(said(await rbac.call(local.token, 'POST', '/rbac/roles', { name: 'mine' }))).toEqual([403, 'access.denied']);
    is(await rbac.call(local.token, 'GET', '/rbac/roles'), 200);
    is(await rbac.assign(local.token, colleague.id, small, { scope: `${HERE}/local` }), 201);
  });
});
