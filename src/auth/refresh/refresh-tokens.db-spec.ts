import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { randomToken, sha256 } from '../../crypto/digest.js';
import { PreparedStatements } from '../../database/prepared-statements.js';
import { newId } from '../../kernel/ids/ids.js';
import { RefreshTokensRepository } from './refresh-tokens.repository.js';
import type { Rotation } from './rotate-statement.js';

const JKT = 'k'.repeat(43);
const OTHER_JKT = 'o'.repeat(43);

describe('the rotation statement', () => {
  let database: TestDatabase;
  let refreshTokens: RefreshTokensRepository;
  let tenantId: string;
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 8 });
    refreshTokens = new RefreshTokensRepository(new PreparedStatements(database.dataSource));
    tenantId = newId();
    await sql(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $2, 'Contoso', true, false, 300)`,
      [tenantId, newId()],
    );
  });
  afterAll(() => database.close());

  const sql = <T = Record<string, unknown>>(text: string, parameters: unknown[] = []): Promise<T[]> =>
    database.dataSource.query(text, parameters);

  interface Family {
    token: string;
    userId: string;
    sessionId: string;
  }
  const family = async (session: { jkt?: string; scope?: string } = {}): Promise<Family> => {
    const [userId, sessionId, token] = [newId(), newId(), randomToken()];
    await sql('INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $3, $4)', [
      userId,
      tenantId,
      newId(),
      'Adele Vance',
    ]);
    await sql(
      `INSERT INTO user_sessions (id, user_id, security_stamp, client_id, dpop_jkt, scope, expires_at, idle_expires_at)
       SELECT $1, u.id, u.security_stamp, 'blindspotx', $3, $4, now() + interval '12 hours', now() + interval '2 hours'
         FROM users u WHERE u.id = $2`,
      [sessionId, userId, session.jkt ?? null, session.scope ?? null],
    );
    await database.dataSource.transaction((tx) =>
      refreshTokens.insert(tx, { id: newId(), token, sessionId, familyId: newId() }),
    );
    return { token, userId, sessionId };
  };
  const rotation = (token: string, changed: Partial<Rotation> = {}, successor = randomToken()): Rotation => ({
    tokenHash: sha256(token),
    successorId: newId(),
    successorHash: sha256(successor),
    successorSealed: randomBytes(92),
    clientId: 'blindspotx',
    dpopJkt: null,
    scope: null,
    idleSeconds: 7200,
    ...changed,
  });
  const tokensOf = (sessionId: string) =>
    sql<{ generation: number; used: boolean }>(
      'SELECT generation, used_at IS NOT NULL AS used FROM refresh_tokens WHERE session_id = $1 ORDER BY generation',
      [sessionId],
    );

  it('lets exactly one of 500 at once take a token, over two pools', async () => {
    const { token, sessionId } = await family();
    const other = await createTestPool();
    const everybody = await Promise.all(
      Array.from({ length: 500 }, (_, place) =>
        (place % 2 === 0 ? refreshTokens : other.repository).rotate(rotation(token)),
      ),
    );
    await other.close();
    expect(everybody.filter((rotated) => rotated !== null)).toHaveLength(1);
    expect(await tokensOf(sessionId)).toEqual([
      { generation: 0, used: true },
      { generation: 1, used: false },
    ]);
  });

  it('says what an access token needs, and moves the idle end but never past the absolute one', async () => {
    const { token, userId, sessionId } = await family({ scope: 'drift:read users:read' });
    await sql(`UPDATE user_sessions SET expires_at = now() + interval '10 minutes' WHERE id = $1`, [sessionId]);
    const rotated = await refreshTokens.rotate(rotation(token, { scope: ['users:read'] }));
    expect(rotated).toMatchObject({ userId, sessionId, scope: 'drift:read users:read', dpopJkt: null });
    expect(rotated?.secondsLeft).toBeGreaterThan(590);
    expect(rotated?.secondsLeft).toBeLessThanOrEqual(600);
    const [row] = await sql(
      `SELECT s.idle_expires_at <= s.expires_at AND t.expires_at <= s.expires_at AS within, s.last_seen_at > s.created_at AS seen
         FROM user_sessions s JOIN refresh_tokens t ON t.session_id = s.id AND t.generation = 1 WHERE s.id = $1`,
      [sessionId],
    );
    expect(row).toEqual({ within: true, seen: true });
  });

  it.each<[string, string]>([
    // $1 is the session, $2 its user
    ['an ended session', `UPDATE user_sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE id = $1`],
    ['a session past its absolute end', `UPDATE user_sessions SET expires_at = now() - interval '1 ms' WHERE id = $1`],
    ['a session past its idle end', `UPDATE user_sessions SET idle_expires_at = now() - interval '1 ms' WHERE id = $1`],
    ['an expired token', `UPDATE refresh_tokens SET expires_at = now() - interval '1 ms' WHERE session_id = $1`],
    ['a raised stamp', `UPDATE users SET security_stamp = security_stamp + 1 WHERE id = $2`],
    ['a disabled user', `UPDATE users SET status = 'disabled' WHERE id = $2`],
  ])('takes nothing and changes nothing for %s', async (_case, statement) => {
    const { token, sessionId, userId } = await family();
    await sql(statement.replace('$2', '$1'), [statement.includes('$2') ? userId : sessionId]);
    expect(await refreshTokens.rotate(rotation(token))).toBeNull();
    expect(await tokensOf(sessionId)).toEqual([{ generation: 0, used: false }]);
  });

  it('takes nothing where people of the tenant may no longer sign in, and does again when they may', async () => {
    const { token } = await family();
    await sql('UPDATE tenants SET sign_in_allowed = false WHERE id = $1', [tenantId]);
    expect(await refreshTokens.rotate(rotation(token))).toBeNull();
    await sql('UPDATE tenants SET sign_in_allowed = true WHERE id = $1', [tenantId]);
    expect(await refreshTokens.rotate(rotation(token))).not.toBeNull();
  });

  it('takes nothing for another client, another key, no key, or a wider scope; its own still can afterwards', async () => {
    const { token, sessionId } = await family({ jkt: JKT, scope: 'users:read' });
    const own = { dpopJkt: JKT, scope: ['users:read'] };
    for (const wrong of [
      { ...own, clientId: 'another' },
      { ...own, dpopJkt: OTHER_JKT },
      { ...own, dpopJkt: null },
      { ...own, scope: ['users:read', 'users:manage'] },
    ]) {
      expect(await refreshTokens.rotate(rotation(token, wrong))).toBeNull();
    }
    expect(await tokensOf(sessionId)).toEqual([{ generation: 0, used: false }]);
    expect(await refreshTokens.rotate(rotation(token, own))).toMatchObject({ sessionId, dpopJkt: JKT });
  });

  it('binds an unbound session to the key of its first refresh, and to none later', async () => {
    const { token, sessionId } = await family();
    const [first, second] = [randomToken(), randomToken()];
    expect(await refreshTokens.rotate(rotation(token, { dpopJkt: JKT }, first))).toMatchObject({
      sessionId,
      dpopJkt: JKT,
    });
    expect(await refreshTokens.rotate(rotation(first))).toBeNull();
    expect(await refreshTokens.rotate(rotation(first, { dpopJkt: OTHER_JKT }))).toBeNull();
    expect(await refreshTokens.rotate(rotation(first, { dpopJkt: JKT }, second))).toMatchObject({ dpopJkt: JKT });

    const unbound = await family();
    const next = randomToken();
    expect(await refreshTokens.rotate(rotation(unbound.token, {}, next))).toMatchObject({ dpopJkt: null });
    expect(await refreshTokens.rotate(rotation(next, { dpopJkt: JKT }))).toBeNull();
  });

  it('gives no successor for a session that is ended while it waits for it', async () => {
    const { token, sessionId } = await family();
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`UPDATE user_sessions SET ended_at = now(), ended_reason = 'signed_out' WHERE id = $1`, [
      sessionId,
    ]);
    const rotating = refreshTokens.rotate(rotation(token));
    const waiting = async () =>
      (await sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
        .length;
    for (let round = 0; round < 500 && (await waiting()) === 0; round++) await sleep(10);
    expect(await waiting()).toBeGreaterThan(0);
    await runner.commitTransaction();
    await runner.release();
    expect(await rotating).toBeNull();
    expect(await tokensOf(sessionId)).toEqual([{ generation: 0, used: true }]);
  });

  async function createTestPool() {
    const dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 8 }).initialize();
    return {
      repository: new RefreshTokensRepository(new PreparedStatements(dataSource)),
      close: () => dataSource.destroy(),
    };
  }
});
