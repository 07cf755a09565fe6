import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { type AuthStage, startAuthStage } from './auth-stage.js';

interface Refreshed {
  status: number;
  refreshToken: string;
  accessToken: string;
  retryAfter: string | undefined;
}

const UNLIMITED = { RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };
/** How many begin at once, over 500 connections: fewer where two busy cores do everything else in 30 s of grace too. */
const STORM = proofSize(1000, 10_000);
const KILLS = proofSize(3, 10);
/** What an address may ask for: two come back in a second. And how many of us want one while others have used it up. */
const PER_MINUTE = 120;
const FOLLOWERS = 12;

describe('refresh under fire', () => {
  let stage: AuthStage;
  let other: TestService;
  const agent = new Agent({ keepAlive: true, maxSockets: 500 });
  beforeAll(async () => {
    // The pool and its queue as they are by default: nothing here may need more.
    stage = await startAuthStage(UNLIMITED);
    other = await stage.anotherInstance();
  });
  afterAll(async () => {
    agent.destroy();
    await stage?.close();
  });

  const signIn = async (number: number): Promise<string> => {
    const browser = stage.browser();
    await browser.signIn(stage.person(number).upn);
    return browser.cookies.get('blindspotx-session') ?? '';
  };
  const refresh = async (url: string, refreshToken: string): Promise<Refreshed> => {
    const sent = request(`${url}/api/v1/auth/token`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    sent.end(
      new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'blindspotx',
        refresh_token: refreshToken,
      }).toString(),
    );
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    const body = JSON.parse(text) as Record<string, string>;
    return {
      status: answer.statusCode ?? 0,
      refreshToken: body['refresh_token'] ?? '',
      accessToken: body['access_token'] ?? '',
      retryAfter: answer.headers['retry-after'],
    };
  };
  /** A server's queue for new connections is short: who is turned away there, before any answer, comes again. */
  const refreshAnyway = async (url: string, refreshToken: string): Promise<Refreshed> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await refresh(url, refreshToken);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || attempt === 10) throw error;
        await sleep(100 * attempt);
      }
    }
  };
  const me = (url: string, accessToken: string): Promise<number> =>
    fetch(`${url}/api/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } }).then(
      ({ status }) => status,
    );

  it(
    `gives ${STORM} refreshes of one token at once, over two instances, one successor and no 5xx`,
    async () => {
      const token = await signIn(0);
      const answers = await Promise.all(
        Array.from({ length: STORM }, (_, place) =>
          refreshAnyway(place % 2 === 0 ? stage.service.url : other.url, token),
        ),
      );
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses]).toEqual([200]);
      const successors = new Set(answers.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      const [successor = ''] = successors;
      expect((await refresh(other.url, successor)).status).toBe(200);
      const alive = await stage.sql(
        `SELECT 1 FROM refresh_tokens t JOIN refresh_tokens n ON n.session_id = t.session_id
        WHERE t.token_hash = sha256($1::bytea) AND n.used_at IS NULL`,
        [Buffer.from(token)],
      );
      expect(alive).toHaveLength(1);
    },
    60_000 + STORM * 40,
  );

  it('leaves a client signed in that is told 429 and follows its Retry-After', async () => {
    const limited = await startTestService({
      ...UNLIMITED,
      DATABASE_URL: stage.service.databaseUrl,
      RATE_LIMIT_TOKENS_PER_MINUTE: String(PER_MINUTE),
    });
    const token = await signIn(1);
    // Others at the same address use up what it may ask for.
    const stranger = () => refresh(limited.url, randomBytes(32).toString('base64url'));
    for (let isUsedUp = false; !isUsedUp; ) {
      const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await stranger()).status));
      isUsedUp = statuses.includes(429);
    }
    let refused = 0;
    // On a slow machine what came back may be enough for all of us: then each asks on until somebody was refused.
    const follow = async (): Promise<Refreshed> => {
      for (;;) {
        const answer = await refresh(limited.url, token);
        if (answer.status !== 429 && refused > 0) return answer;
        if (answer.status !== 429) continue;
        refused += 1;
        await sleep(Number(answer.retryAfter) * 1000);
      }
    };
    const answers = await Promise.all(Array.from({ length: FOLLOWERS }, follow));
    await limited.close();
    expect(refused).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status, refreshToken }) => `${status} ${refreshToken}`)).size).toBe(1);
    expect((await refresh(stage.service.url, answers[0]?.refreshToken ?? '')).status).toBe(200);
  }, 60_000);

  it('lets two instances race through ten generations with one successor each', async () => {
    let token = await signIn(2);
    for (let generation = 0; generation < 10; generation++) {
      const answers = await Promise.all(
        [stage.service.url, other.url, stage.service.url, other.url].map((url) => refresh(url, token)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const successors = new Set(answers.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      [token = ''] = successors;
    }
  });

  it('against a revocation at the same moment leaves nothing alive, whichever comes first', async () => {
    for (let round = 0; round < 20; round++) {
      const token = await signIn(3);
      const revoke = () =>
        fetch(`${other.url}/api/v1/auth/revoke`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ token, client_id: 'blindspotx' }).toString(),
        });
      const [refreshed, revoked] = await Promise.all([
        sleep(round % 4).then(() => refresh(stage.service.url, token)),
        sleep(Math.floor(round / 4) % 4).then(revoke),
      ]);
      expect(revoked.status).toBe(200);
      expect([200, 400]).toContain(refreshed.status);
      expect((await refresh(other.url, token)).status).toBe(400);
      if (refreshed.status !== 200) continue;
      expect((await refresh(stage.service.url, refreshed.refreshToken)).status).toBe(400);
      for (const url of [stage.service.url, other.url]) {
        let status = await me(url, refreshed.accessToken);
        for (let again = 0; again < 50 && status !== 401; again++) {
          await sleep(20);
          status = await me(url, refreshed.accessToken);
        }
        expect(status).toBe(401);
      }
    }
  }, 60_000);

  it(`survives ${KILLS} kills in the middle: the old token, presented to the other instance, keeps its holder signed in`, async () => {
    const env = {
      ...environmentOf(stage.tenant),
      ...UNLIMITED,
      DATABASE_URL: stage.service.databaseUrl,
      PROCESS_ROLE: 'api',
      MIGRATE_ON_START: 'false',
      LOG_LEVEL: 'info',
    };
    let token = await signIn(4);
    let next: Promise<SpawnedService> | null = spawnService(env);
    let answered = 0;
    let round = 0;
    // A kill that came after the last answer, because this process was kept waiting, proves nothing: then there is another.
    for (; round < KILLS || (answered === 50 * round && round < 3 * KILLS); round++) {
      const victim = await (next ?? spawnService(env));
      next = round + 1 < KILLS ? spawnService(env) : null;
      const fired = Array.from({ length: 50 }, () => refresh(victim.url, token).catch(() => null));
      await sleep(Math.random() * 30);
      await victim.kill('SIGKILL');
      const before = (await Promise.all(fired)).filter((answer) => answer !== null);
      answered += before.length;
      const retried = await refresh(stage.service.url, token);
      expect([round, retried.status]).toEqual([round, 200]);
      // Whoever got an answer before the end got this very successor.
      for (const answer of before) expect([answer.status, answer.refreshToken]).toEqual([200, retried.refreshToken]);
      expect(await me(stage.service.url, retried.accessToken)).toBe(200);
      token = retried.refreshToken;
    }
    expect(answered).toBeLessThan(50 * round);
  }, 180_000);
});
