import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';
import { Browser, PUBLIC_URL } from './auth-stage.js';

const REQUESTS = proofSize(600, 2400);
const ROTATIONS = proofSize(2, 4);
const REQUESTS_PER_SECOND = 200;
/** One request in so many is a refresh; the others are bearer calls. */
const REFRESH_EVERY = 6;
const PEOPLE = 12;
/** On a machine that is busy with something else the load gives way, rather than pile up requests until they time out. */
const IN_FLIGHT = 64;

interface Session {
  refreshToken: string;
  accessToken: string;
  refreshing: boolean;
}

interface Outcome {
  what: string;
  status: number;
  body: string;
}

describe('rotation of signing keys under load, on two instances', () => {
  let tenant: DemoTenant;
  let services: SpawnedService[];
  let database: DataSource;
  let env: Record<string, string>;
  const sessions: Session[] = [];

  beforeAll(async () => {
    tenant = await startDemoTenant({ users: 40, redirectUris: [`${PUBLIC_URL}/api/v1/auth/callback`] });
    const databaseUrl = await createDatabaseFromTemplate();
    env = { ...environmentOf(tenant), DATABASE_URL: databaseUrl, PROCESS_ROLE: 'api', LOG_LEVEL: 'warn' };
    services = await Promise.all([
      spawnService({ ...env, LOG_LEVEL: 'info' }),
      spawnService({ ...env, LOG_LEVEL: 'info' }),
    ]);
    database = await new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 2 }).initialize();
    for (let number = 0; number < PEOPLE; number++) sessions.push(await signIn(number));
  }, 120_000);
  afterAll(async () => {
    await Promise.all((services ?? []).map((service) => service.kill('SIGTERM')));
    await database?.destroy();
    await tenant?.close();
  });

  const urlOf = (number: number): string => services[number % services.length]?.url ?? '';

  async function signIn(number: number): Promise<Session> {
    const people = tenant.cast.memberIds.map((id) => tenant.state.collections.users.get(id));
    const able = people.filter((person) => person !== undefined && person['accountEnabled'] !== false);
    const browser = new Browser(urlOf(number));
    const accessToken = await browser.accessToken(String(able[number]?.['userPrincipalName']));
    return { refreshToken: browser.cookies.get('blindspotx-session') ?? '', accessToken, refreshing: false };
  }

  /** The command as an operator calls it. */
  async function keys(...args: string[]): Promise<string> {
    const cli = join(__dirname, '..', '..', 'dist', 'src', 'cli.js');
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'keys', ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    return stdout;
  }

  async function me(url: string, token: string): Promise<Outcome> {
    const answer = await fetch(`${url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
    return { what: 'bearer call', status: answer.status, body: await answer.text() };
  }

  async function refresh(url: string, session: Session): Promise<Outcome> {
    session.refreshing = true;
    try {
      const answer = await fetch(`${url}/api/v1/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken: session.refreshToken }),
      });
      const body = await answer.text();
      if (answer.ok) Object.assign(session, JSON.parse(body) as Session);
      return { what: 'refresh', status: answer.status, body: answer.ok ? '' : body };
    } finally {
      session.refreshing = false;
    }
  }

  function kidOf(token: string): string {
    const [header = ''] = token.split('.');
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
  }

  /** Of each instance. */
  function publishedKids(): Promise<string[][]> {
    return Promise.all(
      services.map(async ({ url }) => {
        const answer = await fetch(`${url}/.well-known/jwks.json`);
        return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid).sort();
      }),
    );
  }

  it('fails no request of 200 a second, bearer calls and refreshes, while the keys are rotated again and again', async () => {
    const first = sessions.map(({ accessToken }) => accessToken);
    const kids = new Set<string>();
    let rotations = 0;
    let loaded = true;
    const rotating = (async () => {
      while (loaded) {
        expect(await keys('rotate', '--force')).toMatch(/^current {3}\S+ {2}signs from now on$/m);
        rotations += 1;
      }
    })().finally(() => {
      loaded = false;
    });
    rotating.catch(() => undefined);

    const answers: Outcome[] = [];
    const inFlight = new Set<Promise<void>>();
    const startedAt = performance.now();
    for (let number = 0; loaded && (number < REQUESTS || rotations < ROTATIONS); number++) {
      const early = startedAt + (number * 1000) / REQUESTS_PER_SECOND - performance.now();
      if (early > 1) await sleep(early);
      while (inFlight.size >= IN_FLIGHT) await Promise.race(inFlight);
      const session = sessions[number % PEOPLE];
      if (session === undefined) throw new Error('nobody is signed in');
      kids.add(kidOf(session.accessToken));
      // A token issued by one instance is presented to the other as often as to itself.
      const url = urlOf(Math.floor(number / PEOPLE));
      const asked =
        number % REFRESH_EVERY === 0 && !session.refreshing ? refresh(url, session) : me(url, session.accessToken);
      const answered = asked.then(
        (answer) => void answers.push(answer),
        (error: Error) => void answers.push({ what: 'no answer', status: 0, body: String(error.cause ?? error) }),
      );
      const tracked = answered.finally(() => inFlight.delete(tracked));
      inFlight.add(tracked);
    }
    await Promise.all(inFlight);
    const failures = answers.filter(({ status }) => status !== 200);
    loaded = false;
    await rotating;

    expect(failures).toEqual([]);
    expect(answers.length).toBeGreaterThanOrEqual(REQUESTS);
    expect(kids.size).toBeGreaterThanOrEqual(ROTATIONS);
    // What was signed before the first rotation is good to its end.
    const old = await Promise.all(first.map((token, number) => me(urlOf(number), token)));
    expect(old.map(({ status }) => status)).toEqual(first.map(() => 200));
  }, 240_000);

  it('publishes next, current and retiring keys, on both instances the same', async () => {
    const status = await keys('status');
    const expected = [...status.matchAll(/^(?:next|current|retiring) +(\S+)/gm)].map(([, kid]) => kid).sort();
    expect(expected.length).toBeGreaterThanOrEqual(ROTATIONS + 2);
    expect(await publishedKids()).toEqual([expected, expected]);
  });

  it('says no to an operator who would let a key sign that others may not know yet', async () => {
    await expect(keys('rotate')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('force it') });
  });

  it('accepts what a retiring key has signed, and refuses what a retired one has', async () => {
    const [early, late] = [await signIn(0), await signIn(1)];
    const kid = kidOf(early.accessToken);
    await keys('rotate', '--force');
    expect((await me(urlOf(0), early.accessToken)).status).toBe(200);
    await database.query('UPDATE signing_keys SET retires_at = clock_timestamp() WHERE kid = $1', [kid]);
    for (let i = 0; i < 200 && (await publishedKids()).flat().includes(kid); i++) await sleep(50);
    expect(kidOf(late.accessToken)).toBe(kid);
    const refused = await Promise.all(services.map(({ url }) => me(url, late.accessToken)));
    expect(refused.map(({ status }) => status)).toEqual([401, 401]);
  });
});
