import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { startWebhookRoom, TestReceiver, WANTS_ALL } from '../../test/support/webhook-room.js';
import { systemActor } from '../access/actor.js';
import { type Transaction, TransactionRunner } from '../database/transaction-runner.js';
import { JobQueue } from '../jobs/job-queue.service.js';
import { newId } from '../kernel/ids/ids.js';
import { Outbox } from '../outbox/outbox.service.js';
import { DELIVER_TASK, deliverJobKey } from './deliver-task.js';
import { FanOutJob } from './fan-out.job.js';
import { type NewEndpoint, WebhookEndpoints } from './webhook-endpoints.service.js';

const ACTOR = systemActor('test');

/** PostgreSQL ends one of two that wait for each other; nobody here may be made to. */
describe('what hands out events waits in one order', () => {
  let database: TestDatabase;
  let room: TestingModule;
  let receiver: TestReceiver;

  beforeAll(async () => {
    receiver = await TestReceiver.start();
    database = await createTestDatabase({ poolMax: 10 });
    room = await startWebhookRoom(database, 'api');
  });
  beforeEach(async () => {
    for (const table of ['webhook_endpoints', 'outbox_events', 'graphile_worker._private_jobs'])
      await query(`DELETE FROM ${table}`);
  });
  afterAll(async () => {
    await room?.close();
    await database?.close().catch(() => undefined);
    await receiver?.close();
  });

  const query = <T>(sql: string, parameters: unknown[] = []) => database.dataSource.query<T>(sql, parameters);
  const run = <T>(work: (tx: Transaction) => Promise<T>) => room.get(TransactionRunner).run(work);
  const job = (tx: Transaction, id: string) =>
    room.get(JobQueue).add(tx, DELIVER_TASK, { endpointId: id }, { jobKey: deliverJobKey(id), delaySeconds: 3600 });
  const add = async (path: string, more: Partial<NewEndpoint> = {}) =>
    (
      await room
        .get(WebhookEndpoints)
        .create(ACTOR, { ...WANTS_ALL, url: receiver.origin + path, description: path, ...more })
    ).endpoint.id;
  /** Until somebody waits for a row of another. */
  async function somebodyWaits(): Promise<void> {
    for (let round = 0; round < 200; round++, await sleep(25)) {
      const [row] = await query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if ((row?.n ?? 0) > 0) return;
    }
    throw new Error('nobody waits');
  }

  it('also when the message that an alert is over hands out the alert itself first', async () => {
    const ends = await add('/ends', { eventTypes: ['drift.changes.resolved'] });
    const all = await add('/all');
    expect([ends, all].sort()).toEqual([ends, all]);
    const alertId = newId();
    const tell = (type: 'drift.changes.detected' | 'drift.changes.resolved', id: string) =>
      run((tx) =>
        room.get(Outbox).append(tx, { type, tenantId: null, data: { alertId, summary: { critical: 1 } } }, id),
      );
    await tell('drift.changes.detected', alertId);
    const over = await tell('drift.changes.resolved', newId());
    await run(async (tx) => {
      await job(tx, ends);
      await job(tx, all);
    });

    let handedOut: Promise<unknown> = Promise.resolve();
    await run(async (tx) => {
      await job(tx, ends);
      // The first of it is for `all`, whose job the next statement wants.
      handedOut = room.get(FanOutJob).fanOut(over);
      handedOut.catch(() => undefined);
      await somebodyWaits();
      await job(tx, all);
    });
    await handedOut;
    const told = await query<{ endpoint_id: string }[]>(
      'SELECT endpoint_id FROM webhook_deliveries WHERE event_id = $1 ORDER BY endpoint_id',
      [over],
    );
    expect(told.map(({ endpoint_id }) => endpoint_id)).toEqual([ends, all]);
  });

  it('also when the look-out erases secrets while somebody holds an endpoint and wants its job', async () => {
    const id = await add('/late');
    await room
      .get(FanOutJob)
      .fanOut(
        await run((tx) => room.get(Outbox).append(tx, { type: 'audit.checkpoint.signed', tenantId: null, data: {} })),
      );
    await query(`UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour'`);
    await query(
      `UPDATE webhook_endpoints SET previous_sealed_secret = '\\x00', previous_secret_until = now() - interval '1 second'`,
    );
    let looked: Promise<unknown> = Promise.resolve();
    await run(async (tx) => {
      await room.get(WebhookEndpoints).hold(tx, id);
      looked = room.get(FanOutJob).sweep();
      await somebodyWaits();
      await job(tx, id);
    });
    await looked;
    const [row] = await query<{ erased: boolean }[]>(
      'SELECT previous_secret_until IS NULL AS erased FROM webhook_endpoints',
    );
    expect(row?.erased).toBe(true);
  });
});
