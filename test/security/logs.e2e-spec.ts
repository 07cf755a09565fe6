import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { TokenPlan } from '../../demo/entra/token-issuer.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { Browser } from '../auth/auth-stage.js';
import { auditTrail } from '../support/audit-trail.js';
import { environmentOf, spawnService } from '../support/service-process.js';
import { accessTokenOf, type Program, ProgramStage } from './program-stage.js';
import { SenderKey } from './sender-key.js';
import { beginSignIn, signInWith } from './sign-in-attempt.js';

/** Stands in everything that an attacker can say; nothing that he can't say contains it. */
const MARK = 'f0rged';
const FORGERIES = [
  `${MARK}\n{"level":"error","message":"${MARK}","actorId":"somebody"}`,
  `${MARK}\r\n${MARK}`,
  `${MARK}", "level":"fatal", "message":"${MARK}`,
  `${MARK} status=200 actorId=administrator`,
  `${MARK}\u001b[2K\u001b[1A`,
  `${MARK}\u2028\u0085${MARK}`,
  `${MARK}%0a%0d{"message":"x"}`,
  `$\{jndi:ldap://${MARK}.example/x}`,
];
const METRICS_TOKEN = randomBytes(24).toString('base64url');

/** Study 3, family "log injection, secrets in logs", at the most talkative level. */
describe('the log', () => {
  let programs: ProgramStage;
  let program: Program;
  const key = new SenderKey();
  beforeAll(async () => {
    programs = await ProgramStage.start({
      LOG_LEVEL: 'trace',
      METRICS_TOKEN,
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_SIGN_INS_PER_MINUTE: '0',
    });
    program = await programs.program({ role: 'viewer' });
  }, 60_000);
  afterAll(() => programs.close());
  afterEach(() => programs.stage.tenant.setFaults());

  const logged = () => [...programs.stage.service.logged, ...programs.other.logged];
  const requestsLogged = () => logged().filter(({ message }) => message === 'request').length;
  /** Bytes as they are: clients refuse to send some of these. @returns the status line */
  const sendRaw = (head: string[]): Promise<string> =>
    new Promise((done, failed) => {
      const { hostname, port } = new URL(programs.stage.service.url);
      const socket = connect(Number(port), hostname, () => {
        socket.end(Buffer.from([...head, 'Connection: close', '', ''].join('\r\n'), 'latin1'));
      });
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => done(text.split('\r\n')[0] ?? ''));
      socket.on('error', failed);
    });

  it('Janssen #12759, jentic #376: nothing that a stranger sends adds a line to it, or a member to one', async () => {
    const { tenant } = programs.stage;
    const { objectId } = programs.stage.person(1);
    for (const forged of FORGERIES) {
      const query = (name: string) => new URLSearchParams({ [name]: forged }).toString();
      const browser = new Browser(programs.stage.service.url);
      const ascii = forged.replaceAll(/[^\x20-\x7e]/g, '');
      // A request id of the right form is the caller's own name for the request; this one never is.
      const headers = {
        'user-agent': ascii,
        'x-request-id': `"${ascii}`,
        traceparent: ascii,
        'x-forwarded-for': ascii,
      };
      await browser.request(`/api/v1/auth/login?${query('loginHint')}`, { headers });
      await browser.request(`/api/v1/auth/login?${query('returnTo')}`);
      await browser.request(`/api/v1/auth/callback?${query('state')}&code=x`);
      await browser.request(`/api/v1/auth/callback?state=x&${query('error')}&${query('error_description')}`);
      await browser.request(`/api/v1/${encodeURIComponent(forged)}`, {
        headers: { cookie: `blindspotx-session=${ascii}` },
      });
      await programs.clientCredentials({ ...program, id: forged });
      await programs.clientCredentials({ ...program, secret: forged });
      await programs.form('token', { grant_type: forged, client_id: forged, scope: forged });
      await programs.byAssertion(key.assertion(forged, { jti: forged }, { kid: forged }));
      await programs.clientCredentials(
        program,
        {},
        { dpop: key.proof('POST', forged, undefined, {}, { kid: forged }) },
      );
      const plans: Partial<TokenPlan>[] = [
        { header: { kid: forged } },
        { claims: { tid: forged } },
        { claims: { iss: forged, aud: forged } },
        { flaw: 'expired', claims: { name: forged } },
      ];
      for (const plan of plans) {
        const token = tenant.mintToken({ kind: 'api', objectId, ...plan });
        await programs.get('/users/me', { authorization: `Bearer ${token}` });
        await programs.exchange(token);
        await programs.form('backchannel-logout', {
          logout_token: tenant.mintToken({ kind: 'logout', sid: 'x', ...plan }),
        });
      }
      await signInWith(programs.stage, programs.stage.person(1).upn, { claims: { iss: forged } });
    }
    for (const line of logged()) {
      expect(JSON.stringify(line)).not.toContain(MARK);
      expect(['trace', 'debug', 'info', 'warn']).toContain(line['level']);
    }
    // All of that was seen, and a proper request is seen as such.
    const before = requestsLogged();
    expect(before).toBeGreaterThan(FORGERIES.length * 15);
    expect(await programs.onBoth(await programs.accessToken(program))).toEqual([200, 200]);
    expect(requestsLogged()).toBeGreaterThanOrEqual(before + 2);
  });

  it('jellyfin-sso #1560: a line that is forged inside of another stays inside its own text: bytes of headers, names of people', async () => {
    const before = requestsLogged();
    for (const head of [
      ['GET /api/v1/users/me HTTP/1.1', 'Host: x', `User-Agent: ${MARK}\x1b[2K\x85{"message":"${MARK}"}`],
      [`GET /api/v1/auth/login?loginHint=${MARK}\x1b HTTP/1.1`, 'Host: x'],
      ['GET /api/v1/users/me HTTP/1.1', 'Host: x', `X-Request-Id: ${MARK}\x00`],
      [`GET /api/v1/users/me?${MARK} HTTP/1.1`, 'Host: x', `X-Request-Id: ${MARK}\n {"message":"x"}`],
    ]) {
      expect(await sendRaw(head)).toMatch(/^HTTP\/1\.1 [34]\d\d/);
    }
    const name = `${MARK}\n{"level":"error"} "actorId":"x"`;
    const { upn, objectId } = programs.stage.person(2);
    expect((await signInWith(programs.stage, upn, { claims: { name, preferred_username: name } })).status).toBe(303);
    const token = programs.stage.tenant.mintToken({ kind: 'api', objectId, claims: { name } });
    expect((await programs.get('/users/me', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(requestsLogged()).toBeGreaterThan(before);
    for (const line of logged()) expect(JSON.stringify(line)).not.toContain(MARK);
    // On record the name stays readable, as one text of one record.
    const [row] = await programs.stage.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM users WHERE display_name LIKE $1',
      [`${MARK}%`],
    );
    expect(row?.n).toBe(1);
  });

  it('Vault CVE-2024-8365: it holds no token, code, state, cookie, assertion or secret, neither of what worked nor of what failed', async () => {
    const { tenant } = programs.stage;
    const { upn, objectId } = programs.stage.person(3);
    const attempt = await beginSignIn(programs.stage, upn);
    const signInCookie = attempt.browser.cookies.get('blindspotx-sign-in') ?? '';
    const state = new URL(attempt.back).searchParams.get('state') ?? '';
    expect((await attempt.browser.request(attempt.back)).status).toBe(303);
    const first = attempt.browser.cookies.get('blindspotx-session') ?? '';
    const { body } = await attempt.browser.refresh();
    const second = attempt.browser.cookies.get('blindspotx-session') ?? '';
    const keyed = await programs.program({ key });
    const assertion = key.assertion(keyed.id);
    const proof = key.proof('POST', '/auth/token');
    const entra = tenant.mintToken({ kind: 'api', objectId });
    const logoutToken = tenant.mintToken({ kind: 'logout', sid: 'x' });
    const idToken = tenant.mintToken({ kind: 'id', objectId });
    const guess = randomBytes(32).toString('base64url');
    const issued = [
      accessTokenOf(await programs.byAssertion(assertion)),
      accessTokenOf(await programs.exchange(entra)),
      accessTokenOf(await programs.clientCredentials(program, {}, { dpop: proof })),
    ];
    await programs.byAssertion(assertion);
    await programs.refresh(guess);
    await programs.clientCredentials({ ...program, secret: `wrong-${guess}` });
    await programs.get('/users/me', { authorization: `Bearer ${idToken}` });
    await programs.form('backchannel-logout', { logout_token: logoutToken });
    await programs.form('revoke', { token: issued[0], client_id: program.id, client_secret: program.secret });
    tenant.setFaults({ kind: 'status', path: `/${tenant.tenantId}/oauth2/v2.0/token`, status: 500 });
    const failing = await beginSignIn(programs.stage, upn);
    expect((await failing.browser.request(failing.back)).status).toBeGreaterThanOrEqual(400);
    const secrets = [
      ...[attempt.code, failing.code, state, signInCookie, first, second, String(body['accessToken'])],
      ...[assertion, proof, entra, logoutToken, idToken, guess, ...issued, program.secret],
      ...[tenant.clientSecret, METRICS_TOKEN, Buffer.alloc(32, 'test-key').toString('base64')],
    ];
    const log = JSON.stringify(logged());
    const audited = JSON.stringify(await auditTrail(programs.stage.service.app.get(AuditService, { strict: false })));
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(16);
      expect([secret, log.includes(secret), audited.includes(secret)]).toEqual([secret, false, false]);
      // Nor as one puts it into an address.
      expect(log.includes(encodeURIComponent(secret))).toBe(false);
    }
    expect(log).toContain('/api/v1/auth/token');
    expect(audited).toContain(program.id);
  });

  it('SpiceDB CVE-2026-40091: what the process says when the database refuses it names no password', async () => {
    const password = `p${randomBytes(12).toString('hex')}`;
    const env: Record<string, string> = {
      ...environmentOf(programs.stage.tenant),
      PROCESS_ROLE: 'api',
      MIGRATE_ON_START: 'false',
      LOG_LEVEL: 'trace',
    };
    for (const address of ['127.0.0.1:1/x', `${new URL(programs.stage.service.databaseUrl).host}/no_such_database`]) {
      const DATABASE_URL = `postgres://nobody:${password}@${address}`;
      const said = await spawnService({ ...env, DATABASE_URL }).then(
        () => 'it started',
        (error: Error) => error.message,
      );
      expect(said).toMatch(/the service ended with/);
      expect(said.length).toBeGreaterThan(50);
      for (const secret of [password, String(env['MASTER_KEY']), String(env['ENTRA_CLIENT_SECRET'])]) {
        expect(said.includes(secret)).toBe(false);
      }
    }
    const proper = await spawnService({ ...env, DATABASE_URL: programs.stage.service.databaseUrl });
    expect((await fetch(`${proper.url}/health/ready`)).status).toBe(200);
    await proper.kill('SIGTERM');
  }, 60_000);

  it('SpiceDB CVE-2023-29193, OpenFGA CVE-2026-40293: no page of the service shows a secret of its configuration', async () => {
    const { tenant, service } = programs.stage;
    const secrets = [
      tenant.clientSecret,
      METRICS_TOKEN,
      Buffer.alloc(32, 'test-key').toString('base64'),
      service.databaseUrl,
      new URL(service.databaseUrl).password,
    ].filter((secret) => secret !== '');
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    const open = ['/api/openapi.json', '/api/docs', '/health/live', '/health/ready', '/.well-known/jwks.json', '/'];
    const pages = await Promise.all(open.map(async (path) => (await fetch(service.url + path)).text()));
    const metrics = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
    const details = await programs.admin('GET', '/../../health/details');
    expect([metrics.status, (await fetch(`${service.url}/metrics`)).status, details.status]).toEqual([200, 404, 200]);
    pages.push(await metrics.text(), JSON.stringify(details.body));
    for (const path of ['/debug/pprof/cmdline', '/env', '/actuator/env', '/playground', '/.env', '/api/v1/settings']) {
      expect([path, (await fetch(service.url + path)).status]).toEqual([path, 404]);
    }
    for (const page of pages) for (const secret of secrets) expect(page.includes(secret)).toBe(false);
  });
});
