import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { TestService } from '../support/test-service.js';
import { type AuthStage, type Browser, startAuthStage } from './auth-stage.js';

/** What is promised: dead on every instance within one second. */
const PROMISED_MS = 1000;
/** Less than a statement may take. */
const WAITED_MS = 5000;

describe('what was ended', () => {
  let stage: AuthStage;
  let other: TestService;
  beforeAll(async () => {
    stage = await startAuthStage();
    other = await stage.anotherInstance();
  });
  afterAll(() => stage.close());

  const call = async (service: { url: string }, token: string, path = '/users/me'): Promise<number> => {
    const answer = await fetch(`${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    await answer.arrayBuffer();
    return answer.status;
  };
  const signedIn = async (number: number): Promise<{ browser: Browser; token: string }> => {
    const browser = stage.browser();
    const token = await browser.accessToken(stage.person(number).upn);
    expect([await call(stage.service, token), await call(other, token)]).toEqual([200, 200]);
    return { browser, token };
  };
  const administrator = () => stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
  /** All of what says who stands and what they may, locked until it is released. */
  const heldLock = async () => {
    const client = new pg.Client({ connectionString: stage.service.databaseUrl });
    await client.connect();
    await client.query('BEGIN');
    await client.query(
      `LOCK TABLE user_sessions, users, tenants, roles, role_permissions, role_assignments, revoked_access_tokens
         IN ACCESS EXCLUSIVE MODE`,
    );
    return { release: () => client.end() };
  };
  /** Processes of the database that push changes to the instances. */
  const pushBackends = async (): Promise<number[]> =>
    (
      await stage.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'blindspotx changes' AND datname = current_database()`,
      )
    ).map(({ pid }) => pid);

  it('is dead on the other instance a second after the answer, ten times out of ten', async () => {
    const tokens: string[] = [];
    for (let round = 0; round < 10; round++) {
      const { token } = await signedIn(round);
      tokens.push(token);
      expect((await stage.browser().call('POST', '/auth/logout', token)).status).toBe(204);
      const since = performance.now();
      expect(await call(stage.service, token)).toBe(401);
      // A second is the longest; the next round begins as soon as it is so.
      while ((await call(other, token)) !== 401 && performance.now() - since < PROMISED_MS) await sleep(20);
      expect([round, await call(other, token)]).toEqual([round, 401]);
    }
    await sleep(PROMISED_MS);
    expect(await Promise.all(tokens.map((token) => call(other, token)))).toEqual(tokens.map(() => 401));
  }, 60_000);

  it('is dead within a second although the push connections have gone silent', async () => {
    const { token } = await signedIn(1);
    const silenced = await pushBackends();
    expect(silenced).toHaveLength(2);
    for (const pid of silenced) process.kill(pid, 'SIGSTOP');
    try {
      expect((await stage.browser().call('POST', '/auth/logout', token)).status).toBe(204);
      await sleep(PROMISED_MS);
      expect([await call(stage.service, token), await call(other, token)]).toEqual([401, 401]);
    } finally {
      for (const pid of silenced) process.kill(pid, 'SIGCONT');
    }
  });

  it('keeps answering everybody else while the push connections are silent, and says so in a metric', async () => {
    const { token } = await signedIn(2);
    const silenced = await pushBackends();
    for (const pid of silenced) process.kill(pid, 'SIGSTOP');
    try {
      await sleep(PROMISED_MS);
      expect([await call(stage.service, token), await call(other, token)]).toEqual([200, 200]);
    } finally {
      for (const pid of silenced) process.kill(pid, 'SIGCONT');
    }
  });

  it('is dead within a second although the push connections are cut at the same moment', async () => {
    const { token } = await signedIn(3);
    await Promise.all([
      stage.browser().call('POST', '/auth/logout', token),
      ...(await pushBackends()).map((pid) => stage.sql('SELECT pg_terminate_backend($1)', [pid])),
    ]);
    await sleep(PROMISED_MS);
    expect([await call(stage.service, token), await call(other, token)]).toEqual([401, 401]);
  });

  it('stays dead when an operator wrote it with plain SQL', async () => {
    const { token } = await signedIn(4);
    await stage.sql(`UPDATE user_sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE ended_at IS NULL`);
    await sleep(PROMISED_MS);
    expect([await call(stage.service, token), await call(other, token)]).toEqual([401, 401]);
  });

  it('is a role as well: what was taken away is denied on the other instance within a second', async () => {
    const admin = await administrator();
    const { token } = await signedIn(5);
    const me = await stage.browser().call('GET', '/users/me', token);
    const roles = await stage.browser().call('GET', '/rbac/roles', admin);
    const auditor = (roles.body['items'] as { id: string; name: string }[]).find(({ name }) => name === 'auditor');
    const given = await stage
      .browser()
      .call('POST', '/rbac/assignments', admin, { subject: me.body['id'], role: auditor?.id, reason: 'test' });
    expect(given.status).toBe(201);
    await sleep(PROMISED_MS);
    expect(await call(other, token, '/rbac/permissions')).toBe(200);
    const taken = await stage.browser().call('DELETE', `/rbac/assignments/${String(given.body['id'])}`, admin);
    expect(taken.status).toBe(204);
    expect(await call(stage.service, token, '/rbac/permissions')).toBe(403);
    await sleep(PROMISED_MS);
    expect(await call(other, token, '/rbac/permissions')).toBe(403);
  });

  it('costs nobody else anything: an ordinary call asks the database nothing', async () => {
    const admin = await administrator();
    expect(await call(stage.service, admin, '/rbac/permissions')).toBe(200);
    // Whoever asks one of these tables now, waits. Memory is not believed on a machine that stood still for a while: then once more.
    let isAnswered = false;
    for (let attempt = 0; attempt < 5 && !isAnswered; attempt++) {
      const lock = await heldLock();
      const answers = (async () => {
        for (let i = 0; i < 50; i++) expect(await call(stage.service, admin, '/rbac/permissions')).toBe(200);
        return true;
      })();
      isAnswered = await Promise.race([answers, sleep(WAITED_MS, false)]);
      await lock.release();
      await answers;
    }
    expect(isAnswered).toBe(true);
  }, 60_000);
});
