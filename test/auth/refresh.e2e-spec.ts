import { setTimeout as sleep } from 'node:timers/promises';
import { AuditService } from '../../src/audit/audit.service.js';
import { auditTrail } from '../support/audit-trail.js';
import { DpopKey } from '../support/dpop-key.js';
import { sentEvents } from '../support/sent-events.js';
import { type Answer, type AuthStage, type Browser, PUBLIC_URL, startAuthStage } from './auth-stage.js';

describe('refresh', () => {
  let stage: AuthStage;
  beforeAll(async () => {
    stage = await startAuthStage({
      RATE_LIMIT_TOKENS_PER_MINUTE: '0',
      RATE_LIMIT_FAILURES_PER_MINUTE: '0',
      DATABASE_POOL_MAX: '10',
      DATABASE_QUEUE_TIMEOUT_MS: '20000',
    });
  });
  afterAll(() => stage.close());

  const signedIn = async (number = 0): Promise<{ browser: Browser; token: string }> => {
    const browser = stage.browser();
    await browser.signIn(stage.person(number).upn);
    return { browser, token: browser.cookies.get('blindspotx-session') ?? '' };
  };
  /** As a program: token in the body, no cookie. */
  const refresh = (refreshToken: string): Promise<Answer> =>
    stage.browser().request('/api/v1/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken }),
    });
  /** What was ended is dead within a second: asked again until it is, fifty times at most. */
  const eventually = async (wanted: number, ask: () => Promise<number>): Promise<number> => {
    let status = await ask();
    for (let again = 0; again < 50 && status !== wanted; again++) {
      await sleep(20);
      status = await ask();
    }
    return status;
  };
  const next = (answer: Answer): string => String(answer.body['refreshToken']);
  const afterTheGrace = () =>
    stage.sql(`UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE used_at IS NOT NULL`);

  it('gives a program a new refresh token and an access token each time, over four generations', async () => {
    let { token } = await signedIn();
    const seen = new Set([token]);
    for (let generation = 1; generation <= 4; generation++) {
      const answer = await refresh(token);
      expect([generation, answer.status, answer.body['tokenType'], answer.body['expiresIn']]).toEqual([
        generation,
        200,
        'Bearer',
        600,
      ]);
      token = next(answer);
      expect((await stage.browser().call('GET', '/users/me', String(answer.body['accessToken']))).status).toBe(200);
      seen.add(token);
    }
    expect(seen.size).toBe(5);
  });

  it('leaves a record of each refresh before its answer, of a repetition too, and none of what is refused', async () => {
    const { token } = await signedIn();
    const session = await stage.sql<{ id: string }>(
      'SELECT session_id AS id FROM refresh_tokens ORDER BY issued_at DESC LIMIT 1',
    );
    const id = session[0]?.id ?? '';
    const records = async () =>
      auditTrail(stage.service.app.get(AuditService, { strict: false }), {
        action: 'auth.session.refreshed',
        targetId: id,
      });
    const successor = next(await refresh(token));
    expect(await records()).toHaveLength(1);
    expect(next(await refresh(token))).toBe(successor);
    const told = await records();
    expect(told.map(({ outcome, sessionId, actorType }) => [outcome, sessionId, actorType])).toEqual([
      ['success', id, 'user'],
      ['success', id, 'user'],
    ]);
    const repeated = told.map(({ after }) => after?.['repeated']);
    expect(repeated).toEqual([false, true]);
    expect(JSON.stringify(told)).not.toContain(successor);
    expect((await refresh(`${token.slice(0, -4)}AAAA`)).status).toBe(401);
    expect(await records()).toHaveLength(2);
  });

  it('gives nothing out that could not be recorded', async () => {
    const { token } = await signedIn();
    await stage.sql(
      `ALTER TABLE audit_events ADD CONSTRAINT unrecorded CHECK (action <> 'auth.session.refreshed') NOT VALID`,
    );
    try {
      for (const answer of [await refresh(token), await refresh(token)])
        expect([answer.status >= 400, answer.body['accessToken']]).toEqual([true, undefined]);
    } finally {
      await stage.sql('ALTER TABLE audit_events DROP CONSTRAINT unrecorded');
    }
    expect((await refresh(token)).status).toBe(200);
  });

  describe('of four generations', () => {
    /** Each generation refreshed twice within the grace; the last token is unused. */
    const generations = async (number: number): Promise<{ tokens: string[]; access: string[] }> => {
      const { token } = await signedIn(number);
      const tokens = [token];
      const access: string[] = [];
      for (let generation = 0; generation < 4; generation++) {
        const presented = tokens.at(-1) ?? '';
        const [first, again] = [await refresh(presented), await refresh(presented)];
        expect([first.status, again.status, next(again)]).toEqual([200, 200, next(first)]);
        tokens.push(next(first));
        access.push(String(first.body['accessToken']), String(again.body['accessToken']));
      }
      return { tokens, access };
    };

    it('gives each its one successor, however often it is asked within the grace', async () => {
      const { tokens } = await generations(5);
      expect(new Set(tokens).size).toBe(5);
      expect((await refresh(tokens[4] ?? '')).status).toBe(200);
    });

    it.each([0, 1, 2, 3])('ends all of them when number %i comes back after the grace', async (old) => {
      const { tokens, access } = await generations(5);
      await afterTheGrace();
      expect((await refresh(tokens[old] ?? '')).body['code']).toBe('auth.refresh_reused');
      for (const token of tokens) expect((await refresh(token)).body['code']).toBe('auth.session_ended');
      for (const token of access) expect((await stage.browser().call('GET', '/users/me', token)).status).toBe(401);
    });
  });

  it('binds a session to the key of its first proof; without it the token is not valid, and the family lives', async () => {
    const { token } = await signedIn(6);
    const key = new DpopKey();
    const proven = (refreshToken: string) =>
      stage.browser().request('/api/v1/auth/refresh', {
        method: 'POST',
        headers: { 'content-type': 'application/json', dpop: key.proof('POST', `${PUBLIC_URL}/api/v1/auth/refresh`) },
        body: JSON.stringify({ refreshToken }),
      });
    const first = await proven(token);
    expect([first.status, first.body['tokenType']]).toEqual([200, 'DPoP']);
    expect((await refresh(token)).body['code']).toBe('auth.refresh_invalid');
    expect((await refresh(next(first))).body['code']).toBe('auth.refresh_invalid');
    expect(next(await proven(token))).toBe(next(first));
    expect((await proven(next(first))).status).toBe(200);
  });

  it('gives 200 parallel refreshes of one token exactly one successor, and no 5xx', async () => {
    const { token } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 200 }, () => refresh(token)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(next)).size).toBe(1);
    const [first] = answers;
    expect((await refresh(first ? next(first) : '')).status).toBe(200);
  }, 60_000);

  it('keeps two tabs signed in that refresh by one cookie at the same moment', async () => {
    const { browser, token } = await signedIn();
    const cookie = `blindspotx-session=${token}`;
    const headers = { origin: PUBLIC_URL, cookie };
    const [one, other] = await Promise.all([browser.refresh(headers), browser.refresh(headers)]);
    expect([one.status, other.status]).toEqual([200, 200]);
    expect((await browser.refresh()).status).toBe(200);
  });

  it('refuses a used token whose successor is in use, and lets the family live within the grace', async () => {
    const { token } = await signedIn();
    const successor = next(await refresh(token));
    const newest = next(await refresh(successor));
    expect((await refresh(token)).body['code']).toBe('auth.refresh_superseded');
    expect((await refresh(newest)).status).toBe(200);
  });

  it('ends the whole family when a used token comes back after the grace; audited, counted, sent as an event', async () => {
    const { token } = await signedIn(1);
    const answer = await refresh(token);
    await afterTheGrace();
    const reuses = await Promise.all([refresh(token), refresh(token), refresh(token)]);
    expect(reuses.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(reuses.map(({ body }) => body['code'])).toContain('auth.refresh_reused');
    expect((await refresh(next(answer))).body['code']).toBe('auth.session_ended');
    const call = await stage.browser().call('GET', '/users/me', String(answer.body['accessToken']));
    expect([call.status, call.body['code']]).toEqual([401, 'auth.session_ended']);
    const { sid } = JSON.parse(
      Buffer.from(String(answer.body['accessToken']).split('.')[1] ?? '', 'base64url').toString(),
    ) as { sid: string };
    const events = await stage.sql(
      `SELECT 1 FROM audit_events WHERE action = 'auth.refresh.reused' AND target_id = $1`,
      [sid],
    );
    const sent = (await sentEvents(stage.service.app, 'auth.refresh.reused')).filter(
      ({ sessionId }) => sessionId === sid,
    );
    expect([events.length, sent.length]).toEqual([1, 1]);
  });

  it('keeps of the successor only what the holder of the used token can open', async () => {
    const { token } = await signedIn();
    const successor = next(await refresh(token));
    const rows = await stage.sql<{ successor_sealed: Buffer }>(
      'SELECT successor_sealed FROM refresh_tokens WHERE successor_sealed IS NOT NULL',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ successor_sealed }) => successor_sealed.includes(successor))).toBe(false);
  });

  it('refuses what was never given out, also a real token cut short or made longer', async () => {
    const { token } = await signedIn();
    for (const wrong of ['x', token.slice(0, -1), `${token}A`, token.toLowerCase(), 'A'.repeat(43), ` ${token}`]) {
      const { status, body } = await refresh(wrong);
      expect([wrong, status, body['code']]).toEqual([wrong, 401, 'auth.refresh_invalid']);
    }
    expect((await refresh(token)).status).toBe(200);
  });

  it('ends with the session’s absolute and idle lifetimes, by the clock of the database', async () => {
    for (const column of ['expires_at', 'idle_expires_at']) {
      const { token } = await signedIn();
      const answer = await refresh(token);
      await stage.sql(`UPDATE user_sessions SET ${column} = now() - interval '1 second' WHERE ended_at IS NULL`);
      expect((await refresh(next(answer))).body['code']).toBe('auth.session_ended');
      expect((await stage.browser().call('GET', '/users/me', String(answer.body['accessToken']))).status).toBe(401);
    }
  });

  it('never lets a refresh move the absolute end of a session', async () => {
    const { token } = await signedIn(2);
    await stage.sql(`UPDATE user_sessions SET expires_at = now() + interval '1 minute' WHERE ended_at IS NULL`);
    await refresh(token);
    const late = await stage.sql(
      `SELECT 1 FROM user_sessions WHERE idle_expires_at > expires_at AND last_seen_at > created_at`,
    );
    expect(late).toEqual([]);
  });

  it('is worth nothing to a second instance either once the first has ended the session', async () => {
    const { token } = await signedIn();
    const other = await stage.anotherInstance();
    const answer = await refresh(token);
    const access = String(answer.body['accessToken']);
    const onOther = (path: string, init?: RequestInit) => fetch(`${other.url}/api/v1${path}`, init);
    const authorization = { headers: { authorization: `Bearer ${access}` } };
    expect((await onOther('/users/me', authorization)).status).toBe(200);
    expect((await stage.browser().call('POST', '/auth/logout', access)).status).toBe(204);
    expect(await eventually(401, async () => (await onOther('/users/me', authorization)).status)).toBe(401);
    const again = await onOther('/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken: next(answer) }),
    });
    expect(again.status).toBe(401);
  });

  describe('by cookie', () => {
    it.each([
      ['no proof at all', {}],
      ['another site', { origin: 'https://attacker.example' }],
      ['another site, said by the browser', { 'sec-fetch-site': 'cross-site' }],
      ['a sibling domain', { 'sec-fetch-site': 'same-site', origin: PUBLIC_URL }],
      ['a typed address', { 'sec-fetch-site': 'none' }],
      ['an opaque origin', { origin: 'null' }],
      ['an origin that begins like ours', { origin: `${PUBLIC_URL}.attacker.example` }],
      [
        'a browser and an origin that disagree',
        { 'sec-fetch-site': 'same-origin', origin: 'https://attacker.example' },
      ],
    ])('refuses a call with %s, and the session lives', async (_what, headers) => {
      const { browser } = await signedIn();
      for (const path of ['/api/v1/auth/refresh', '/api/v1/auth/logout']) {
        const { status, body } = await browser.request(path, { method: 'POST', headers });
        expect([status, body['code']]).toEqual([403, 'auth.cross_site']);
      }
      expect((await browser.refresh()).status).toBe(200);
    });

    it('authorises no call of the API', async () => {
      const { browser } = await signedIn();
      const { status, body } = await browser.request('/api/v1/users/me', { headers: { origin: PUBLIC_URL } });
      expect([status, body['code']]).toEqual([401, 'auth.token_missing']);
    });

    it('takes a dead cookie away', async () => {
      const { browser } = await signedIn();
      await stage.sql(
        `UPDATE user_sessions SET ended_at = now(), ended_reason = 'ended_by_owner' WHERE ended_at IS NULL`,
      );
      expect((await browser.refresh()).status).toBe(401);
      expect(browser.cookies.has('blindspotx-session')).toBe(false);
      expect((await browser.refresh()).body['code']).toBe('auth.refresh_missing');
    });
  });
});
