import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Answer, Browser } from '../auth/auth-stage.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { accessTokenOf, PROMISED_MS, ProgramStage } from './program-stage.js';

const UNLIMITED = { RATE_LIMIT_TOKENS_PER_MINUTE: '0', RATE_LIMIT_FAILURES_PER_MINUTE: '0' };

/** Study 3, family "refresh double-spend and lock-out". The storms are in test/auth/refresh-under-fire.e2e-spec.ts. */
describe('a refresh token', () => {
  let programs: ProgramStage;
  beforeAll(async () => {
    programs = await ProgramStage.start({ ...UNLIMITED, DATABASE_POOL_MAX: '10', DATABASE_QUEUE_TIMEOUT_MS: '20000' });
  }, 60_000);
  afterAll(() => programs.close());

  const next = ({ body }: Answer) => String(body['refresh_token']);
  const said = ({ status, body }: Answer) => [status, body['error']];
  const REFUSED = [400, 'invalid_grant'];
  const refreshAt = (service: TestService, refresh_token: string) =>
    programs.form('token', { grant_type: 'refresh_token', client_id: 'blindspotx', refresh_token }, {}, service);
  const afterTheGrace = () =>
    programs.stage.sql(`UPDATE refresh_tokens SET used_at = used_at - interval '31 seconds' WHERE used_at IS NOT NULL`);
  const sidOf = (accessToken: string) =>
    (JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid;
  /** Unused tokens of the session, whoever holds them. */
  const leaves = (sid: string) =>
    programs.stage.sql('SELECT id FROM refresh_tokens WHERE session_id = $1 AND used_at IS NULL', [sid]);

  it('Keycloak CVE-2026-1035, Better Auth GHSA-392p-2q2v-4372: spent by 60 at once on two instances it has one successor', async () => {
    const token = await programs.refreshToken(0);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => refreshAt(n % 2 === 0 ? programs.stage.service : programs.other, token)),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(next)).size).toBe(1);
    const [first] = answers;
    if (first === undefined) throw new Error('nobody answered');
    expect(await leaves(sidOf(accessTokenOf(first)))).toHaveLength(1);
    expect((await programs.refresh(next(first))).status).toBe(200);
  });

  it('Keycloak CVE-2026-9802: a restart forgets no rotation: the old token is refused after the grace, the new one works', async () => {
    const before = await startTestService({ ...UNLIMITED, DATABASE_URL: programs.stage.service.databaseUrl });
    const [stolen, kept] = [await programs.refreshToken(1), await programs.refreshToken(2)];
    const [rotated, alive] = [await refreshAt(before, stolen), await refreshAt(before, kept)];
    expect([rotated.status, alive.status]).toEqual([200, 200]);
    await before.close();
    const after = await startTestService({ ...UNLIMITED, DATABASE_URL: programs.stage.service.databaseUrl });
    try {
      // Within the grace the restarted one gives the very successor again.
      expect(next(await refreshAt(after, kept))).toBe(next(alive));
      await afterTheGrace();
      expect(said(await refreshAt(after, stolen))).toEqual(REFUSED);
      expect(said(await refreshAt(after, next(rotated)))).toEqual(REFUSED);
      expect((await refreshAt(after, next(alive))).status).toBe(200);
    } finally {
      await after.close();
    }
  });

  /** Holds the row of the session while something is begun; then commits or takes back what was written to it. */
  const whileHeld = async <T>(sid: string, begin: () => Promise<T>[], end: 'COMMIT' | 'ROLLBACK'): Promise<T[]> => {
    const holder = new pg.Client({ connectionString: programs.stage.service.databaseUrl });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(`UPDATE user_sessions SET ended_at = now(), ended_reason = 'ended_by_owner' WHERE id = $1`, [
        sid,
      ]);
      const begun = begin();
      const waiting = async () =>
        (
          await programs.stage.sql(
            `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          )
        ).length;
      for (let round = 0; round < 500 && (await waiting()) === 0; round++) await sleep(10);
      expect(await waiting()).toBeGreaterThan(0);
      await holder.query(end);
      return await Promise.all(begun);
    } finally {
      await holder.end();
    }
  };

  it('Better Auth #11317: a family that is ended between the taking of a token and its successor has none', async () => {
    const first = await programs.refresh(await programs.refreshToken(3));
    const sid = sidOf(accessTokenOf(first));
    const during = await whileHeld(
      sid,
      () => [refreshAt(programs.stage.service, next(first)), refreshAt(programs.other, next(first))],
      'COMMIT',
    );
    expect(during.map(said)).toEqual([REFUSED, REFUSED]);
    expect(said(await programs.refresh(next(first)))).toEqual(REFUSED);
    // Nothing that could still be presented came of it.
    const made = await programs.stage.sql('SELECT 1 FROM refresh_tokens WHERE session_id = $1 AND generation > 1', [
      sid,
    ]);
    expect(made).toEqual([]);

    const second = await programs.refresh(await programs.refreshToken(3));
    const calm = await whileHeld(
      sidOf(accessTokenOf(second)),
      () => [refreshAt(programs.stage.service, next(second)), refreshAt(programs.other, next(second))],
      'ROLLBACK',
    );
    expect(calm.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(calm.map(next)).size).toBe(1);
  });

  it('Keycloak #51312 (refresh against revoke): whichever comes first, nothing of a revoked family lives', async () => {
    for (let round = 0; round < 10; round++) {
      const token = await programs.refreshToken(4);
      const [refreshed, revoked] = await Promise.all([
        refreshAt(programs.stage.service, token),
        programs.form('revoke', { token, client_id: 'blindspotx' }, {}, programs.other),
      ]);
      expect([revoked.status, [200, 400].includes(refreshed.status)]).toEqual([200, true]);
      const tokens = refreshed.status === 200 ? [token, next(refreshed)] : [token];
      for (const each of tokens) expect(said(await programs.refresh(each))).toEqual(REFUSED);
      if (refreshed.status !== 200) continue;
      await sleep(PROMISED_MS);
      expect(await programs.onBoth(accessTokenOf(refreshed), '/users/me')).toEqual([401, 401]);
    }
    expect((await programs.refresh(await programs.refreshToken(4))).status).toBe(200);
  }, 60_000);

  it('Zitadel CVE-2026-55672 (client binding): no other client spends, replays, revokes or ends it', async () => {
    const thief = await programs.program({ role: 'administrator' });
    const asThief = { client_id: thief.id, client_secret: thief.secret };
    const token = await programs.refreshToken(5);
    expect(said(await programs.refresh(token, undefined, asThief))).toEqual(REFUSED);
    const owner = await programs.refresh(token);
    expect(owner.status).toBe(200);
    expect(said(await programs.refresh(token, undefined, asThief))).toEqual(REFUSED);
    await afterTheGrace();
    // Not even what would end the family counts when another client presents it: else he could sign the owner out.
    expect(said(await programs.refresh(token, undefined, asThief))).toEqual(REFUSED);
    expect((await programs.form('revoke', { token: next(owner), ...asThief })).status).toBe(200);
    expect((await programs.refresh(next(owner))).status).toBe(200);
  });

  it('lock-out (nightscout/nocturne #326, get-engram #389): lost answers and two tabs sign nobody out', async () => {
    let token = await programs.refreshToken(6);
    const browser = new Browser(programs.stage.service.url);
    browser.cookies.set('blindspotx-session', token);
    for (let round = 0; round < 5; round++) {
      // The answer to the first is lost, two tabs ask at once, and one more comes late.
      await programs.refresh(token);
      const [one, other] = await Promise.all([
        refreshAt(programs.other, token),
        refreshAt(programs.stage.service, token),
      ]);
      const late = await programs.refresh(token);
      expect(new Set([one, other, late].map(next)).size).toBe(1);
      token = next(late);
    }
    expect((await programs.refresh(token)).status).toBe(200);
  });
});
