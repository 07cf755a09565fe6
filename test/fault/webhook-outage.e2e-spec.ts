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
const PATHS = ['/down', '/hangs', '/never', '/up'];
/** Beyond the minute after which the lease of who was killed runs out by itself. */
const SETTLE_MS = 180_000;

/**
 * One receiver is down for an hour, one hangs for as long, one fails for days, one is well; two instances, killed in between. Hours are taken out of the
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
  const killOne = async () => {
    const victim = Math.floor(Math.random() * services.length);
    await services[victim]?.kill('SIGKILL');
    services[victim] = await spawnService(env);
  };

  it(
    'delivers every event to each under its own id, none lost, none twice to one that answered but for what a kill cut off',
    async () => {
      let isDown = true;
      let isWell = false;
      receiver.answer = ({ url, socket }, response) => {
        if (url === '/never' && !isWell) response.writeHead(500).end();
        else if (!isDown || url === '/up') response.writeHead(204).end();
        else if (url === '/down') socket.destroy();
      };
      const endpoints = new Map<string, string>();
      for (const path of PATHS) {
        const { endpoint } = await room.get(WebhookEndpoints).create(systemActor('test'), {
          ...WANTS_ALL,
          // Not what the services tell of themselves, such as checkpoints of the trail.
          eventTypes: ['drift.changes.detected'],
          url: receiver.origin + path,
          description: path,
        });
        endpoints.set(path, endpoint.id);
      }
      const ids: string[] = [];
      let kills = 0;
      for (let n = 0; n < EVENTS; n++) {
        const data = { summary: { critical: 1 }, n };
        const event = { type: 'drift.changes.detected', tenantId: null, data } as const;
        ids.push(await room.get(TransactionRunner).run((tx) => room.get(Outbox).append(tx, event)));
        if (n % Math.ceil(EVENTS / KILLS) === Math.floor(EVENTS / KILLS / 2)) {
          kills += 1;
          await killOne();
        }
      }
      expect(kills).toBe(KILLS);
      // The one that is well has all of it while the others are down.
      await until('all at the receiver that is well', async () => new Set(receiver.idsAt('/up')).size === EVENTS);
      expect(await count(`status = 'delivered' AND endpoint_id <> '${endpoints.get('/up')}'`)).toBe(0);
      await until('failures at the others', async () =>
        ['/down', '/hangs', '/never'].every((path) => receiver.idsAt(path).length > 0),
      );
      for (let minute = 0; minute < 60; minute += 10) {
        await pass('10 minutes');
        await sleep(200);
      }
      isDown = false;
      // As if it had failed for days by then.
      await query(
        `UPDATE webhook_endpoints SET failing_since = failing_since - interval '6 days' WHERE description = '/never'`,
      );
      const isOver = async () =>
        (await count(`status = 'pending'`)) === 0 && (await count('true')) === EVENTS * PATHS.length;
      await until('the end', isOver, async () => {
        await pass('10 minutes');
        await sleep(500);
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
        const end = path === '/never' ? 'dead' : 'delivered';
        expect(rows.filter(({ status }) => status !== end)).toEqual([]);
      }
      const up = receiver.idsAt('/up');
      expect(up.length - new Set(up).size).toBeLessThanOrEqual(KILLS);

      // What was given up is there, and arrives under its own ids once somebody says that the receiver works.
      isWell = true;
      receiver.received.length = 0;
      const id = endpoints.get('/never') ?? '';
      const actor = systemActor('test');
      const { version } = await room.get(WebhookEndpoints).get(id);
      await room.get(WebhookEndpoints).update(actor, id, version, { status: 'enabled' });
      expect(await room.get(WebhookEndpoints).replay(actor, id, null)).toBe(EVENTS);
      await until('the dead letters', async () => new Set(receiver.idsAt('/never')).size === EVENTS);
      expect([...new Set(receiver.idsAt('/never'))].sort()).toEqual([...ids].sort());
    },
    SETTLE_MS * 4,
  );
});
