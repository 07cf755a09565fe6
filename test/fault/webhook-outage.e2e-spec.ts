import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { systemActor } from '../../src/access/actor.js';
import { TransactionRunner } from '../../src/database/transaction-runner.js';
import { WebhookEndpoints } from '../../src/notifications/webhook-endpoints.service.js';
import { Outbox } from '../../src/outbox/outbox.service.js';
import { proofSize } from '../support/proof-size.js';
import { type SpawnedService, spawnService } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startWebhookRoom, TestReceiver, WANTS_ALL, WEBHOOK_MASTER_KEY } from '../support/webhook-room.js';

const EVENTS = proofSize(30, 300);
const KILLS = proofSize(2, 8);
const PATHS = ['/down', '/hangs', '/up'];
/** Beyond the minute after which the lease of who was killed runs out by itself. */
const SETTLE_MS = 180_000;

/**
 * One receiver is down for an hour, one hangs for as long, one is well; two instances, killed in between. Hours are taken out of the
 * times in the rows instead of being waited for.
 */
describe(`a receiver that is down for an hour, two instances, ${KILLS} kill -9, ${EVENTS} events`, () => {
  let database: TestDatabase;
  let room: TestingModule;
  let receiver: TestReceiver;
  let env: Record<string, string>;
  const services: SpawnedService[] = [];

  beforeAll(async () => {
    receiver = await TestReceiver.start();
    database = await createTestDatabase({ poolMax: 5 });
    room = await startWebhookRoom(database, 'api');
    env = { DATABASE_URL: database.url, MASTER_KEY: WEBHOOK_MASTER_KEY, WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true' };
    services.push(...(await Promise.all([spawnService(env), spawnService(env)])));
  }, 180_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill('SIGKILL')));
    await room?.close();
    await database?.close().catch(() => undefined);
    await receiver?.close();
  });

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const pass = async (interval: string) => {
    await query('UPDATE webhook_endpoints SET paused_until = paused_until - $1::interval', [interval]);
    await query(
      `UPDATE webhook_deliveries SET next_attempt_at = next_attempt_at - $1::interval WHERE status = 'pending'`,
      [interval],
    );
  };
  const count = async (condition: string) => {
    const [row] = await query<{ n: number }[]>(`SELECT count(*)::int AS n FROM webhook_deliveries WHERE ${condition}`);
    return row?.n ?? 0;
  };
  /** For whoever reads a failure. */
  const state = () =>
    Promise.all([
      query(`SELECT e.description, d.status, d.attempts, d.last_error, count(*)::int AS n, min(d.next_attempt_at) AS next
               FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3`),
      query(
        'SELECT description, status, failures, paused_until, delivering_by, delivering_until, now() FROM webhook_endpoints',
      ),
      query('SELECT key, run_at, attempts, last_error, locked_at FROM graphile_worker.jobs'),
      query('SELECT count(*)::int AS n, count(dispatched_at)::int AS dispatched FROM outbox_events'),
    ]);
  const until = async (what: string, isSo: () => Promise<boolean>, meanwhile?: () => Promise<void>) => {
    for (const deadline = Date.now() + SETTLE_MS; !(await isSo()); await sleep(300)) {
      if (Date.now() > deadline) throw new Error(`${what} did not come to be: ${JSON.stringify(await state())}`);
      await meanwhile?.();
    }
  };
  const killOne = async (nth: number) => {
    const victim = nth % services.length;
    await services[victim]?.kill('SIGKILL');
    services[victim] = await spawnService(env);
  };

  it(
    'delivers every event to each under its own id, none lost, none twice to one that answered but for what a kill cut off',
    async () => {
      let isDown = true;
      receiver.answer = ({ url, socket }, response) => {
        if (!isDown || url === '/up') response.writeHead(204).end();
        else if (url === '/down') socket.destroy();
      };
      for (const path of PATHS) {
        await room.get(WebhookEndpoints).create(systemActor('test'), {
          ...WANTS_ALL,
          // Not what the services tell of themselves, such as checkpoints of the trail.
          eventTypes: ['drift.changes.detected'],
          url: receiver.origin + path,
          description: path,
        });
      }
      const ids: string[] = [];
      let kills = 0;
      for (let n = 0; n < EVENTS; n++) {
        const data = { summary: { critical: 1 }, n };
        const event = { type: 'drift.changes.detected', tenantId: null, data } as const;
        ids.push(await room.get(TransactionRunner).run((tx) => room.get(Outbox).append(tx, event)));
        if (n % Math.ceil(EVENTS / KILLS) === Math.floor(EVENTS / KILLS / 2)) await killOne(kills++);
      }
      expect(kills).toBe(KILLS);
      // The one that is well has all of it while the others are down.
      await until('all at the receiver that is well', async () => new Set(receiver.idsAt('/up')).size === EVENTS);
      await until(
        'failures at the others',
        async () => receiver.idsAt('/down').length > 0 && receiver.idsAt('/hangs').length > 0,
      );
      for (let minute = 0; minute < 60; minute += 10) {
        await pass('10 minutes');
        await sleep(200);
      }
      isDown = false;
      const isOver = async () =>
        (await count(`status = 'pending'`)) === 0 && (await count('true')) === EVENTS * PATHS.length;
      await until('the end', isOver, async () => {
        await pass('10 minutes');
        await sleep(2000);
      });

      for (const path of PATHS) {
        const rows = await query<{ id: string; status: string }[]>(
          `SELECT d.event_id AS id, d.status FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
            WHERE e.description = $1 ORDER BY d.event_id`,
          [path],
        );
        expect(rows.map(({ id }) => id)).toEqual([...ids].sort());
        const arrived = new Set(receiver.idsAt(path));
        expect(rows.filter(({ id, status }) => status === 'delivered' && !arrived.has(id))).toEqual([]);
        expect(
          rows.map(({ status }) => status).filter((status) => status !== 'delivered' && status !== 'dead'),
        ).toEqual([]);
      }
      const up = receiver.idsAt('/up');
      expect(up.length - new Set(up).size).toBeLessThanOrEqual(KILLS);
    },
    SETTLE_MS * 4,
  );
});
