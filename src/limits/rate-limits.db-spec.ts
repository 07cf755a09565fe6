import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { Settings } from '../config/settings.js';
import { DatabaseClock } from '../database/database-clock.service.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { runWithContext } from '../kernel/context/request-context.js';
import { createLogger } from '../observability/logger.js';
import { RateLimitsRepository } from './rate-limits.repository.js';
import { RateLimits } from './rate-limits.service.js';

const LIMIT = 40;
const ONE = '192.0.2.1';
const OTHER = '192.0.2.2';

/** As for a request from this address. */
function from<T>(sourceAddress: string | null, work: () => T): T {
  return runWithContext({ requestId: 'r', traceId: 't', sourceAddress, userAgent: null }, work);
}

describe('rate limits of two instances on one database', () => {
  let database: TestDatabase;
  const complaints: unknown[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({ poolMax: 20 });
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('DELETE FROM rate_limits'));

  function instance(perMinute = LIMIT): RateLimits {
    const settings = Object.assign(new Settings(), {
      RATE_LIMIT_SIGN_INS_PER_MINUTE: perMinute,
      RATE_LIMIT_TOKENS_PER_MINUTE: perMinute,
      RATE_LIMIT_FAILURES_PER_MINUTE: perMinute,
    });
    const logger = createLogger('warn', { write: (line) => void complaints.push(JSON.parse(line)) });
    const transactions = new TransactionRunner(database.dataSource);
    return new RateLimits(settings, transactions, new RateLimitsRepository(), new DatabaseClock(), logger);
  }
  const rows = async () =>
    (await database.dataSource.query<{ key: string }[]>('SELECT key FROM rate_limits ORDER BY key')).map(
      ({ key }) => key,
    );
  /** Lets time pass for everybody. */
  const pass = (seconds: number) =>
    database.dataSource.query('UPDATE rate_limits SET free_at = free_at - make_interval(secs => $1)', [seconds]);
  const takeAll = (limits: RateLimits, count: number, source = ONE) =>
    from(source, () => Array.from({ length: count }, () => limits.take('tokens')).filter((wait) => wait === 0).length);

  describe('exactly', () => {
    it('admit together the limit and not one more, however many ask at once', async () => {
      const [a, b] = [instance(), instance()];
      const waits = await Promise.all(
        Array.from({ length: 200 }, (_, n) => from(ONE, () => (n % 2 ? a : b).takeExact('sign-ins'))),
      );
      const admitted = waits.filter((wait) => wait === 0).length;
      // One more for each interval of 1.5 s that went by meanwhile.
      expect(admitted).toBeGreaterThanOrEqual(LIMIT);
      expect(admitted).toBeLessThanOrEqual(LIMIT + 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(60_000 / LIMIT);
    });

    it('say how long to wait, and then let through what was refilled, and again no more', async () => {
      const limits = instance(60);
      const take = () => from(ONE, () => limits.takeExact('sign-ins'));
      for (let n = 0; n < 60; n++) await take();
      let wait = await take();
      for (let n = 0; n < 3 && wait === 0; n++) wait = await take();
      expect(wait).toBeGreaterThan(0);
      await pass(wait / 1000);
      expect(await take()).toBe(0);
      expect(await take()).toBeGreaterThan(0);
    });

    it('leave another source alone', async () => {
      const limits = instance(2);
      for (let n = 0; n < 5; n++) await from(ONE, () => limits.takeExact('sign-ins'));
      expect(await from(ONE, () => limits.takeExact('sign-ins'))).toBeGreaterThan(0);
      expect(await from(OTHER, () => limits.takeExact('sign-ins'))).toBe(0);
      expect(await from(null, () => limits.takeExact('sign-ins'))).toBe(0);
      expect(await rows()).toEqual(['sign-ins 192.0.2.1', 'sign-ins 192.0.2.2', 'sign-ins unknown']);
    });
  });

  describe('in memory', () => {
    it('admit together no more than the limit and what one instance admits before they tell each other', async () => {
      const [a, b] = [instance(), instance()];
      const before = takeAll(a, 30) + takeAll(b, 5);
      await a.settle();
      await b.settle();
      await a.settle();
      const after = takeAll(b, 100) + takeAll(a, 3);
      await b.settle();
      await a.settle();
      const later = takeAll(a, 100) + takeAll(b, 100);
      expect(before).toBe(35);
      // b has learnt of 35 and takes the 5 that are left; a can't know that yet and takes 3.
      expect(after).toBeLessThanOrEqual(5 + 3 + 1);
      // Each knows that nothing is left, but for what an interval of 1.5 s may have refilled.
      expect(later).toBeLessThanOrEqual(2);
      // What was too much is paid back, not forgiven: there is more to refill than a burst.
      const [row] = await database.dataSource.query<{ ahead: number }[]>(
        'SELECT extract(epoch FROM free_at - clock_timestamp())::float8 AS ahead FROM rate_limits',
      );
      expect(row?.ahead).toBeGreaterThan(55);
    });

    it('count a use once, however often it is settled', async () => {
      const limits = instance(60);
      takeAll(limits, 10);
      await Promise.all([limits.settle(), limits.settle()]);
      await limits.settle();
      const [row] = await database.dataSource.query<{ ahead: number }[]>(
        'SELECT extract(epoch FROM free_at - clock_timestamp())::float8 AS ahead FROM rate_limits',
      );
      expect(row?.ahead).toBeLessThanOrEqual(10);
      expect(row?.ahead).toBeGreaterThan(5);
    });

    it('settle hundreds of sources of two instances at once without waiting for each other in a circle', async () => {
      const [a, b] = [instance(), instance()];
      for (let round = 0; round < 5; round++) {
        for (let n = 0; n < 300; n++) {
          takeAll(a, 1, `198.51.${n % 3}.${n % 250}`);
          takeAll(b, 1, `198.51.${(300 - n) % 3}.${(300 - n) % 250}`);
        }
        await Promise.all([a.settle(), b.settle()]);
      }
      expect(complaints).toEqual([]);
    });

    it('go on deciding, each by itself, while the database is away, and tell it afterwards', async () => {
      const limits = instance();
      await database.dataSource.query('ALTER TABLE rate_limits RENAME TO rate_limits_away');
      try {
        expect(takeAll(limits, 100)).toBe(LIMIT);
        await limits.settle();
        await limits.settle();
        expect(takeAll(limits, 100)).toBeLessThanOrEqual(1);
        expect(complaints.splice(0)).toHaveLength(1);
      } finally {
        await database.dataSource.query('ALTER TABLE rate_limits_away RENAME TO rate_limits');
      }
      const other = instance();
      await limits.settle();
      takeAll(other, 1);
      await other.settle();
      expect(takeAll(other, 100)).toBeLessThanOrEqual(1);
    });

    it('count refused credentials by themselves, and refuse for them without counting', async () => {
      const [a, b] = [instance(), instance()];
      from(ONE, () => {
        for (let n = 0; n < LIMIT; n++) a.noteFailure();
        expect(a.wait('failures')).toBeGreaterThan(0);
        expect(a.wait('tokens')).toBe(0);
      });
      await a.settle();
      // The first request there, for whatever and from wherever, makes it ask.
      takeAll(b, 1, OTHER);
      await b.settle();
      expect(from(ONE, () => b.wait('failures'))).toBeGreaterThan(0);
      expect(from(OTHER, () => b.wait('failures'))).toBe(0);
    });
  });

  it('never let anybody wait for longer than a minute, however many instances they asked at once', async () => {
    const all = Array.from({ length: 8 }, () => instance());
    for (const limits of all) takeAll(limits, LIMIT);
    for (const limits of all) await limits.settle();
    const last = all.at(-1);
    expect(from(ONE, () => last?.take('tokens'))).toBeLessThanOrEqual(60_000 + 60_000 / LIMIT);
    expect(from(ONE, () => last?.take('tokens'))).toBeGreaterThan(50_000);
  });

  it('take every address of one IPv6 /64 for one source', async () => {
    const limits = instance(3);
    const waits = [];
    for (let n = 0; n < 6; n++) waits.push(await from(`2001:db8:0:1::${n}`, () => limits.takeExact('sign-ins')));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
    expect(await from('2001:db8:0:2::1', () => limits.takeExact('sign-ins'))).toBe(0);
  });

  it('are no limits when they are set to 0', async () => {
    const limits = instance(0);
    const waits = await Promise.all(Array.from({ length: 100 }, () => from(ONE, () => limits.takeExact('sign-ins'))));
    expect(new Set([...waits, ...Array.from({ length: 100 }, () => from(ONE, () => limits.take('tokens')))])).toEqual(
      new Set([0]),
    );
    from(ONE, () => limits.noteFailure());
    await limits.settle();
    expect(await rows()).toEqual([]);
  });

  it('leave no row behind that says nothing any more', async () => {
    const limits = instance();
    takeAll(limits, 3);
    await from(OTHER, () => limits.takeExact('sign-ins'));
    await limits.settle();
    expect(await rows()).toHaveLength(2);
    await pass(3600);
    for (let n = 0; n < 100 && (await rows()).length > 0; n++) {
      await sleep(50);
      await limits.settle();
    }
    expect(await rows()).toEqual([]);
  });
});
