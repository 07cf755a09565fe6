import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type AuthStage, Browser, PUBLIC_URL, startAuthStage } from '../auth/auth-stage.js';

const SIGN_INS = 20;
const TOKENS = 60;
const FAILURES = 30;
const LIMITS = {
  RATE_LIMIT_SIGN_INS_PER_MINUTE: String(SIGN_INS),
  RATE_LIMIT_TOKENS_PER_MINUTE: String(TOKENS),
  RATE_LIMIT_FAILURES_PER_MINUTE: String(FAILURES),
};
/** How many may have come back by now of what was used up from `since` on: a machine under load lets intervals go by during a burst. */
function refilled(perMinute: number, since: number): number {
  return 1 + Math.floor(((performance.now() - since) * perMinute) / 60_000);
}

type Headers = Record<string, string>;

function login(browser: Browser, loginHint: string, headers: Headers = {}): Promise<Answer> {
  return browser.request(`/api/v1/auth/login?${new URLSearchParams({ loginHint }).toString()}`, { headers });
}

/** As a program: token in the body. */
function refresh(browser: Browser, refreshToken: string, headers: Headers = {}): Promise<Answer> {
  return browser.request('/api/v1/auth/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ refreshToken }),
  });
}

async function tally(answers: Promise<Answer>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of await Promise.all(answers)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const times = <T>(count: number, work: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => work(n));
const guess = (n: number): string => `${'A'.repeat(38)}${String(n).padStart(5, '0')}`;

/** @returns the answer that follows when the client waits for as long as it was told */
async function followed(refused: Answer, again: () => Promise<Answer>): Promise<Answer> {
  const seconds = Number(refused.headers.get('retry-after'));
  expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60 / SIGN_INS + 1).toBe(true);
  await sleep(seconds * 1000);
  return again();
}

describe('guessing and flooding (Vault CVE-2025-6004 lock-out bypass, Zitadel CVE-2026-23511 and CVE-2025-64102 enumeration)', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage(LIMITS);
  });
  afterAll(() => stage.close());
  /** Everybody begins anew; what an instance remembers of tokens and failures it forgets by itself. */
  beforeEach(() => stage.sql('DELETE FROM rate_limits'));

  const open = async () =>
    (await stage.sql<{ n: number }>('SELECT count(*)::int AS n FROM sign_in_attempts'))[0]?.n ?? 0;

  it('answers 429 to whoever begins sign-ins too often, says how long to wait, and lets in whoever waited', async () => {
    const browser = stage.browser();
    const { upn } = stage.person(0);
    const before = await open();
    const since = performance.now();
    const answers = await Promise.all(times(SIGN_INS + 15, () => login(stage.browser(), upn)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 302).length + refused.length).toBe(SIGN_INS + 15);
    expect(refused.length).toBeGreaterThanOrEqual(15 - refilled(SIGN_INS, since));
    for (const { body, headers } of refused) {
      expect([body['code'], headers.getSetCookie()]).toEqual(['request.rate_limited', []]);
      expect(headers.get('content-type')).toContain('application/problem+json');
    }
    // A refused request has done nothing.
    expect((await open()) - before).toBe(SIGN_INS + 15 - refused.length);
    let last = await login(browser, upn);
    while (last.status !== 429) last = await login(browser, upn);
    expect((await followed(last, () => login(browser, upn))).status).toBe(302);
  });

  it('gives nobody another allowance for an invented forwarding header, another account, or another spelling', async () => {
    const { upn } = stage.person(0);
    const disguises = (n: number): Headers => ({
      'x-forwarded-for': `203.0.113.${n}`,
      'x-real-ip': `203.0.113.${n}`,
      forwarded: `for=203.0.113.${n}`,
      'true-client-ip': `203.0.113.${n}`,
      'user-agent': `agent ${n}`,
    });
    const names = [upn, upn.toUpperCase(), ` ${upn}`, `${upn} `, 'nobody@example.com', stage.person(1).upn];
    const since = performance.now();
    const counts = await tally(
      times(SIGN_INS + 20, (n) => login(stage.browser(), names[n % names.length] ?? upn, disguises(n))),
    );
    expect(counts[429] ?? 0).toBeGreaterThanOrEqual(20 - refilled(SIGN_INS, since));
    expect(stage.service.logged).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('TRUSTED_PROXIES') }),
    );
  });

  it('holds over two instances, as if they were one', async () => {
    const other = await stage.anotherInstance();
    const urls = [stage.service.url, other.url];
    const since = performance.now();
    const answers = await Promise.all(
      times(2 * SIGN_INS, (n) => fetch(`${urls[n % 2]}/api/v1/auth/login`, { redirect: 'manual' })),
    );
    const admitted = answers.filter(({ status }) => status === 302).length;
    expect(admitted).toBeGreaterThanOrEqual(SIGN_INS);
    expect(admitted).toBeLessThanOrEqual(SIGN_INS + refilled(SIGN_INS, since));
  });

  it('lets whoever has begun a sign-in finish it, however often others of the same address begin', async () => {
    const browser = stage.browser();
    const callback = await browser.goToEntra(stage.person(0).upn);
    for (let isFull = false; !isFull; )
      isFull = ((await tally(times(SIGN_INS, () => login(stage.browser(), 'x'))))[429] ?? 0) > 0;
    expect((await browser.request(callback)).status).toBe(303);
  });

  it('says the same of an account that exists, one that doesn’t, and one that is disabled', async () => {
    const shape = async (hint: string) => {
      const { status, headers } = await login(stage.browser(), hint);
      const to = new URL(headers.get('location') ?? '');
      for (const name of ['state', 'nonce', 'code_challenge', 'login_hint', 'X-AnchorMailbox', 'client-request-id'])
        to.searchParams.delete(name);
      return { status, to: to.href, names: [...headers.keys()].sort() };
    };
    const known = await shape(stage.person(0).upn);
    await stage.browser().signIn(stage.person(2).upn);
    await stage.sql(`UPDATE users SET status = 'disabled' WHERE object_id = $1`, [stage.person(2).objectId]);
    expect(await shape('nobody@example.com')).toEqual(known);
    expect(await shape(stage.person(2).upn)).toEqual(known);
  });

  it('keeps the number of sign-ins under way bounded; the oldest give way, so that nobody can keep people out', async () => {
    await login(stage.browser(), stage.person(0).upn);
    await stage.sql(
      `INSERT INTO sign_in_attempts (id, tenant_id, state_hash, browser_hash, nonce, code_verifier_sealed, return_to, expires_at)
       SELECT gen_random_uuid(), tenant_id, sha256(n::text::bytea), browser_hash, nonce, code_verifier_sealed, return_to,
              now() + interval '5 minutes'
         FROM (SELECT * FROM sign_in_attempts LIMIT 1) AS one, generate_series(1, 100000) AS n`,
    );
    const victim = stage.browser();
    expect((await victim.signIn(stage.person(0).upn)).status).toBe(303);
    expect(await open()).toBeLessThanOrEqual(100_000);

    await stage.sql(`UPDATE sign_in_attempts SET expires_at = now() + interval '590 seconds'`);
    await stage.sql(
      `INSERT INTO sign_in_attempts (id, tenant_id, state_hash, browser_hash, nonce, code_verifier_sealed, return_to, expires_at)
       SELECT gen_random_uuid(), tenant_id, sha256((-n)::text::bytea), browser_hash, nonce, code_verifier_sealed, return_to,
              now() + interval '590 seconds'
         FROM (SELECT * FROM sign_in_attempts LIMIT 1) AS one, generate_series(1, 300) AS n`,
    );
    const full = await login(stage.browser(), stage.person(0).upn);
    expect([full.status, full.body['code']]).toEqual([503, 'auth.too_many_sign_ins']);
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    await stage.sql('DELETE FROM sign_in_attempts');
  });
});

describe('guessing, seen by the victim, behind a proxy', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage({ ...LIMITS, TRUSTED_PROXIES: '1' });
  });
  afterAll(() => stage.close());

  /** What the proxy appends is the last entry; what stands before it the sender has invented. */
  const from = (address: string, invented?: string): Headers => ({
    'x-forwarded-for': invented === undefined ? address : `${invented}, ${address}`,
  });

  async function signIn(browser: Browser, loginHint: string, headers: Headers): Promise<Answer> {
    const begun = await login(browser, loginHint, headers);
    const page = await fetch(begun.headers.get('location') ?? '', { redirect: 'manual' });
    return browser.request((page.headers.get('location') ?? '').replace(PUBLIC_URL, ''), { headers });
  }

  it('locks no account: after any number of wrong secrets the right one works from another address', async () => {
    const { upn } = stage.person(0);
    const attacker = (n: number) => from('198.51.100.66', `192.0.2.${n}`);
    const since = performance.now();
    const logins = await tally(times(SIGN_INS + 20, (n) => login(stage.browser(), upn, attacker(n))));
    expect(logins[429] ?? 0).toBeGreaterThanOrEqual(20 - refilled(SIGN_INS, since));
    const guesses = await tally(times(FAILURES + 30, (n) => refresh(stage.browser(), guess(n), attacker(n))));
    expect(guesses[401]).toBeGreaterThan(0);
    const more = await tally(times(30, (n) => refresh(stage.browser(), guess(n), attacker(n))));
    expect(more[429] ?? 0).toBeGreaterThanOrEqual(30 - refilled(FAILURES, since));

    const victim = stage.browser();
    const own = from('198.51.100.7');
    expect((await signIn(victim, upn, own)).status).toBe(303);
    const token = victim.cookies.get('blindspotx-session') ?? '';
    expect((await refresh(stage.browser(), token, own)).status).toBe(200);
  });

  it('refuses an address whose credentials were refused too often, on every instance, and no other address', async () => {
    const [guesser, honest] = [from('198.51.100.20'), from('198.51.100.21')];
    const other = await stage.anotherInstance();
    await tally(times(FAILURES + 5, (n) => refresh(stage.browser(), guess(n), guesser)));
    expect((await refresh(stage.browser(), guess(0), guesser)).status).toBe(429);
    // The other one has never heard of the guesser, but asks when it has something to do.
    expect((await refresh(new Browser(other.url), guess(0), honest)).status).toBe(401);
    let there = await refresh(new Browser(other.url), guess(0), guesser);
    for (let n = 0; n < 20 && there.status !== 429; n++) {
      await sleep(100);
      there = await refresh(new Browser(other.url), guess(n), guesser);
    }
    expect([there.status, there.body['code']]).toEqual([429, 'request.rate_limited']);
    expect((await refresh(new Browser(other.url), guess(1), honest)).status).toBe(401);
  });

  it('takes a good token of whoever was refused for guessing once they waited as they were told', async () => {
    const own = from('198.51.100.8');
    const browser = stage.browser();
    await signIn(browser, stage.person(1).upn, own);
    const token = browser.cookies.get('blindspotx-session') ?? '';
    await tally(times(FAILURES + 5, (n) => refresh(stage.browser(), guess(n), own)));
    let last = await refresh(stage.browser(), token, own);
    expect([last.status, last.body['code']]).toEqual([429, 'request.rate_limited']);
    const seconds = Number(last.headers.get('retry-after'));
    // However many guesses ran at once: no more than two intervals, rounded up.
    expect(seconds).toBeLessThanOrEqual((2 * 60) / FAILURES + 1);
    await sleep(seconds * 1000);
    last = await refresh(stage.browser(), token, own);
    expect(last.status).toBe(200);
  });

  it('limits good requests for tokens too, by address', async () => {
    const [busy, calm] = [from('198.51.100.9'), from('198.51.100.10')];
    const browser = stage.browser();
    await signIn(browser, stage.person(2).upn, calm);
    const token = browser.cookies.get('blindspotx-session') ?? '';
    const since = performance.now();
    const counts = await tally(
      times(TOKENS + 30, () =>
        browser.request('/api/v1/auth/logout', { method: 'POST', headers: { ...busy, cookie: 'x=y' } }),
      ),
    );
    expect(counts[429] ?? 0).toBeGreaterThanOrEqual(30 - refilled(TOKENS, since));
    expect((await refresh(stage.browser(), token, calm)).status).toBe(200);
  });
});
