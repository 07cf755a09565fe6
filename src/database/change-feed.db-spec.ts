import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge } from 'prom-client';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { Settings } from '../config/settings.js';
import { createLogger } from '../observability/logger.js';
import { ChangeFeed, type ChangeTopic } from './change-feed.service.js';
import { DatabaseClock } from './database-clock.service.js';

describe('ChangeFeed', () => {
  let database: TestDatabase;
  let feed: ChangeFeed;
  const clock = new DatabaseClock();
  const heard: string[] = [];
  let missed = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    const settings = Object.assign(new Settings(), { DATABASE_URL: database.url });
    feed = new ChangeFeed(settings, clock, createLogger('silent'), new Gauge({ name: 'x', help: 'x', registers: [] }));
    feed.subscribe(['user', 'tenant', 'access', 'session'], {
      changed: (topic: ChangeTopic, key) => heard.push(`${topic}:${key}`),
      missed: () => {
        missed += 1;
      },
    });
    await feed.onApplicationBootstrap();
    await until(() => feed.isFresh());
  });
  afterAll(async () => {
    await feed.onApplicationShutdown();
    await database.close();
  });
  const backend = async (): Promise<number> => {
    const [row]: { pid: number }[] = await database.dataSource.query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'blindspotx changes' AND datname = current_database()`,
    );
    if (row === undefined) throw new Error('nobody listens');
    return row.pid;
  };
  const announce = (payload: string) =>
    database.dataSource.query(`SELECT pg_notify('blindspotx_changes', $1)`, [payload]);

  it('hears what the database announces', async () => {
    await announce('user:u1');
    await until(() => heard.includes('user:u1'));
  });

  it('hears of a tenant that may no longer sign in, whoever wrote the row', async () => {
    const id = '01900000-0000-7000-8000-000000000001';
    await database.dataSource.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 'x', true, false, 60)`,
      [id],
    );
    await database.dataSource.query('UPDATE tenants SET sign_in_allowed = false WHERE id = $1', [id]);
    await until(() => heard.includes(`tenant:${id}`));
  });

  it('hears of each change of access as one revision a transaction, and of everything that was emptied at once', async () => {
    const [tenant, one, other, role] = ['a', 'b', 'c', 'd'].map((end) => `01900000-0000-7000-8000-00000000010${end}`);
    const { dataSource } = database;
    const revision = async () => {
      const [row]: { revision: string }[] = await dataSource.query('SELECT revision FROM access_state');
      return Number(row?.revision);
    };
    await dataSource.query(
      `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
       VALUES ($1, $1, 'x', true, false, 60)`,
      [tenant],
    );
    for (const id of [one, other]) {
      await dataSource.query(`INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, $1, 'x')`, [
        id,
        tenant,
      ]);
    }
    await dataSource.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'x', 'x')`, [role]);
    const before = await revision();
    await until(() => heard.includes(`access:${before}`));
    heard.length = 0;
    await dataSource.query(
      `INSERT INTO role_assignments (id, user_id, role_id, effect, reason, assigned_by_type, assigned_by_id)
       SELECT id, id, $2, 'allow', 'x', 'system', 'x' FROM unnest($1::uuid[]) AS ids (id)`,
      [[one, other], role],
    );
    await until(() => heard.includes(`access:${before + 1}`));
    await dataSource.query('UPDATE role_assignments SET user_id = $1', [other]);
    await until(() => heard.includes(`access:${before + 2}`));
    await dataSource.query('TRUNCATE role_assignments, user_sessions CASCADE');
    await until(() => heard.includes(`access:${before + 3}`) && heard.includes('session:*'));
    expect(heard.filter((change) => change.startsWith('access:'))).toHaveLength(3);
  });

  it('is not fresh while its connection is silent, and knows everything again when it speaks', async () => {
    const pid = await backend();
    process.kill(pid, 'SIGSTOP');
    await until(() => !feed.isFresh());
    await announce('user:said-meanwhile');
    expect(feed.isFresh()).toBe(false);
    process.kill(pid, 'SIGCONT');
    await until(() => feed.isFresh());
    expect(heard).toContain('user:said-meanwhile');
  });

  it('comes back by itself when its connection is cut, and says that changes may have been missed', async () => {
    const before = missed;
    await database.dataSource.query('SELECT pg_terminate_backend($1)', [await backend()]);
    await until(() => missed > before);
    await until(() => feed.isFresh());
    await announce('user:after-the-cut');
    await until(() => heard.includes('user:after-the-cut'));
  });

  it('keeps the time of the database, whatever the host says', async () => {
    const [row]: { now: number }[] = await database.dataSource.query(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    expect(Math.abs(clock.nowMs() - (row?.now ?? 0))).toBeLessThan(1000);
    jest.useFakeTimers({ now: new Date('2001-01-01'), doNotFake: ['performance', 'setInterval', 'setTimeout'] });
    expect(clock.nowSeconds()).toBeGreaterThan(1_700_000_000);
    jest.useRealTimers();
  });
});

/** Bounded by the test's own time limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}
