import { Test } from '@nestjs/testing';
import { callerReachModule, keyRingModule } from '../../test/support/key-ring-module.js';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.js';
import { ConfigModule } from '../config/config.module.js';
import { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { createLogger } from '../observability/logger.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import type { OutboxEvent } from './outbox.events.js';
import { OutboxModule } from './outbox.module.js';
import { MAX_EVENT_DATA_BYTES, Outbox } from './outbox.service.js';

const REUSED: OutboxEvent = { type: 'auth.refresh.reused', tenantId: null, data: { userId: 'u' } };

describe('the outbox', () => {
  let database: TestDatabase;
  let transactions: TransactionRunner;
  let outbox: Outbox;

  beforeAll(async () => {
    database = await createTestDatabase();
    const house = await Test.createTestingModule({
      imports: [
        ConfigModule.with(new Settings()),
        ObservabilityModule.with(createLogger('silent')),
        DatabaseModule.with(database.dataSource),
        await keyRingModule(database),
        callerReachModule,
        OutboxModule,
      ],
    }).compile();
    transactions = house.get(TransactionRunner);
    outbox = house.get(Outbox);
  });
  afterAll(() => database?.close());

  const jobs = async () =>
    (await database.dataSource.query<{ key: string }[]>('SELECT key FROM graphile_worker.jobs')).map(({ key }) => key);
  const read = (id: string) => transactions.read((tx) => outbox.get(tx, id));

  it('writes the event and its job in the transaction of the fact', async () => {
    const id = await transactions.run((tx) => outbox.append(tx, REUSED));
    expect(await read(id)).toMatchObject({ id, ...REUSED });
    expect(await jobs()).toEqual([`outbox-event:${id}`]);

    let lost = '';
    const failing = transactions.run(async (tx) => {
      lost = await outbox.append(tx, REUSED);
      throw new Error('the fact did not happen');
    });
    await expect(failing).rejects.toThrow('did not happen');
    expect(await read(lost)).toBeNull();
    expect(await jobs()).toHaveLength(1);
  });

  it('keeps what a tenant can put into a name: NUL and half of a surrogate pair', async () => {
    const data = { name: 'a\0b\ud800' };
    const id = await transactions.run((tx) => outbox.append(tx, { ...REUSED, data }));
    expect((await read(id))?.data).toEqual(data);
  });

  it('keeps data sealed for its row', async () => {
    const ids = [];
    for (const secret of ['one-canary', 'two-canary']) {
      ids.push(await transactions.run((tx) => outbox.append(tx, { ...REUSED, data: { secret } })));
    }
    const lies = 'SELECT sealed_data FROM outbox_events WHERE id = ANY ($1) ORDER BY id';
    for (const row of await database.dataSource.query<{ sealed_data: Buffer }[]>(lies, [ids])) {
      expect(row.sealed_data.includes('canary')).toBe(false);
    }
    const [one, two] = ids;
    await database.dataSource.query(
      'UPDATE outbox_events SET sealed_data = (SELECT sealed_data FROM outbox_events WHERE id = $1) WHERE id = $2',
      [one, two],
    );
    expect((await read(String(one)))?.data).toEqual({ secret: 'one-canary' });
    await expect(read(String(two))).rejects.toMatchObject({ code: 'keys.cannot_open' });
  });

  it('has no place for data in clear: a value that was not sealed by the service is refused', async () => {
    const id = await transactions.run((tx) => outbox.append(tx, REUSED));
    const write = (value: Buffer | null) =>
      database.dataSource.query('UPDATE outbox_events SET sealed_data = $2 WHERE id = $1', [id, value]);
    await expect(write(null)).rejects.toThrow('not-null');
    await write(Buffer.from('{"planted":"in clear, and long enough for a sealed value"}'));
    await expect(read(id)).rejects.toMatchObject({ code: 'keys.cannot_open' });
  });

  it('refuses data that no webhook may carry', async () => {
    const overhead = Buffer.byteLength('{"text":""}');
    const of = (length: number) => ({ ...REUSED, data: { text: 'x'.repeat(length) } });
    const largest = of(MAX_EVENT_DATA_BYTES - overhead);
    await expect(transactions.run((tx) => outbox.append(tx, largest))).resolves.toBeDefined();
    const larger = of(MAX_EVENT_DATA_BYTES - overhead + 1);
    await expect(transactions.run((tx) => outbox.append(tx, larger))).rejects.toThrow('bytes');
  });

  it('queues again what nobody took over, and nothing else', async () => {
    const taken = await transactions.run((tx) => outbox.append(tx, REUSED));
    await transactions.run((tx) => outbox.markDispatched(tx, taken));
    const left = await transactions.run((tx) => outbox.append(tx, REUSED));
    await database.dataSource.query(
      `UPDATE outbox_events SET created_at = now() - interval '1 hour' WHERE id = ANY($1)`,
      [[taken, left]],
    );
    await database.dataSource.query('SELECT graphile_worker.remove_job($1), graphile_worker.remove_job($2)', [
      `outbox-event:${taken}`,
      `outbox-event:${left}`,
    ]);
    expect(await outbox.requeueOverdue(60, 10)).toBe(1);
    expect(await jobs()).toContain(`outbox-event:${left}`);
    expect(await jobs()).not.toContain(`outbox-event:${taken}`);
  });
});
