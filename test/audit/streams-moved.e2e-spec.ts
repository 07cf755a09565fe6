import 'reflect-metadata';
import { register } from '../../src/app/cli/operator-commands.js';
import type { SealedRecord } from '../../src/audit/formats/audit-format.js';
import { NDJSON_FORMAT } from '../../src/audit/formats/ndjson-format.js';
import type { AuditSink } from '../../src/audit/stream/audit-sink.js';
import type { StreamDelivery } from '../../src/audit/stream/stream-delivery.js';
import { ranCli } from '../support/ran-cli.js';
import { StreamsStage } from './streams-stage.js';

/** Positions that somebody moved who may write to the table, within what its triggers allow. */
describe('the position of a stream', () => {
  let stage: StreamsStage;
  let got: number[];
  let lines: string[];
  let delivery: StreamDelivery;
  beforeEach(async () => {
    stage = await StreamsStage.start();
    got = [];
    lines = [];
    const sink: AuditSink = {
      name: 'https',
      deliver: async (records: readonly SealedRecord[]) => {
        got.push(...records.map(({ leafIndex }) => leafIndex));
        lines.push(...records.map((record) => `${record.row.action} ${NDJSON_FORMAT.line(record)}`));
        return { count: records.length, shortened: [] };
      },
      close: async () => undefined,
    };
    await stage.record(4);
    delivery = stage.instance(sink);
    await stage.deliverAll(delivery);
    await stage.record(4);
  });
  afterEach(() => stage.close());

  const query = (sql: string) => stage.database.dataSource.query(sql);
  const rewind = (to: string) =>
    ranCli(['audit', 'stream', 'rewind', 'https', '--to', to], {
      env: { DATABASE_URL: stage.database.url, MASTER_KEY: Buffer.alloc(32, 'audit').toString('base64') },
      commands: [register],
    });

  it.each([
    ['forward', 'UPDATE audit_streams SET next_leaf = 8', 8],
    ['forward, without its seal', 'UPDATE audit_streams SET next_leaf = 6, sealed_position = NULL', 6],
    ['back, by another seal', `UPDATE audit_streams SET next_leaf = 2, sealed_position = '\\x00'`, 2],
  ])('is believed no more after it was moved %s, until it is put back on record', async (_how, sql, at) => {
    await query(sql);
    await stage.noDelay();
    await delivery.turn();
    expect(got).toEqual([0, 1, 2, 3]);
    const { failures, last_error } = await stage.stored('https');
    expect([failures, last_error]).toEqual([1, expect.stringContaining(`(${at}) is not one that this service wrote`)]);
    expect((await stage.lag.get()).values).toMatchObject([{ value: 8, labels: { stream: 'https' } }]);

    const forward = await rewind('9');
    expect([forward.code, forward.err]).toEqual([2, expect.stringContaining('never forward')]);
    const back = await rewind('1');
    expect([back.code, back.out, back.err]).toEqual([0, `https goes on from 1; it was at ${at}\n`, '']);
    await stage.seal();
    const [{ action, actor }] = await query(
      `SELECT action, actor_id AS actor FROM audit_events WHERE action LIKE 'audit.stream.rew%'`,
    );
    expect([action, actor]).toEqual(['audit.stream.rewound', 'operator']);
    got = [];
    await stage.noDelay();
    await delivery.turn();
    expect(got.slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await stage.stored('https')).toMatchObject({ failures: 0, last_error: null });
  });

  it('goes on, on record, from where it was before positions were sealed, and from no other place', async () => {
    const foundAt = (position: number) =>
      query(`ALTER TABLE audit_streams DISABLE TRIGGER USER;
             UPDATE audit_streams SET next_leaf = 3, sealed_position = NULL, position_before = ${position};
             ALTER TABLE audit_streams ENABLE TRIGGER USER`);
    await foundAt(2);
    await delivery.turn();
    expect([got.length, (await stage.stored('https')).failures]).toEqual([4, 1]);
    await expect(query('UPDATE audit_streams SET position_before = 3')).rejects.toThrow('what was before is settled');
    await foundAt(3);
    await stage.noDelay();
    await delivery.turn();
    expect(got).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 7]);
    await stage.seal();
    const adopted = await query(`SELECT actor_id FROM audit_events WHERE action = 'audit.stream.adopted'`);
    expect(adopted).toEqual([{ actor_id: 'audit.stream' }]);
    expect(await query('SELECT position_before FROM audit_streams')).toEqual([{ position_before: null }]);
  });

  it.each([
    ['a lease without end', `lease_until = 'infinity', owner = gen_random_uuid()`],
    ['a lease of a day', `lease_until = now() + interval '1 day', owner = gen_random_uuid()`],
    ['a delay without end', `not_before = 'infinity'`],
    ['a delay of a day', `not_before = now() + interval '1 day'`],
    ['the last fence', 'fence = 9223372036854775807'],
    ['the last counts', 'failures = 2147483647, refusals = 9223372036854775807, shortened = 9223372036854775807'],
  ])('stands still for nobody who writes %s', async (_what, change) => {
    await query(`UPDATE audit_streams SET ${change}`);
    await delivery.turn();
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await query(`UPDATE audit_streams SET ${change}`);
    expect((await rewind('1')).code).toBe(0);
    await stage.seal();
    await delivery.turn();
    expect(got.slice(8, 15)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('passes over no record that is gone without a word', async () => {
    await query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await query('DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_leaves WHERE leaf_index IN (5, 6))');
    await stage.deliverAll(delivery);
    expect(got).toEqual([0, 1, 2, 3, 4, 7]);
    expect((await stage.gaps.get()).values).toMatchObject([{ value: 2, labels: { kind: 'lost' } }]);
  });

  it('goes back with the table: what was delivered since is delivered once more', async () => {
    const [before] = await query('SELECT next_leaf, sealed_position FROM audit_streams');
    await stage.deliverAll(delivery);
    await stage.database.dataSource.query('UPDATE audit_streams SET next_leaf = $1, sealed_position = $2', [
      before.next_leaf,
      before.sealed_position,
    ]);
    got = [];
    await stage.deliverAll(delivery);
    expect(got).toEqual([4, 5, 6, 7]);
  });

  it('tells of a record that was changed after it was sealed, and nothing of what stands there', async () => {
    await query(
      `SET session_replication_role = replica;
       UPDATE audit_events SET reason = 'planted' WHERE id = (SELECT event_id FROM audit_leaves WHERE leaf_index = 5);
       SET session_replication_role = DEFAULT`,
    );
    await stage.deliverAll(delivery);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(lines[5]).toMatch(/^audit\.record\.changed \{"leafIndex":5,"lost":\{"id":".{36}",.*"kind":"changed"\}\}$/);
    expect(lines.filter((line) => line.includes('planted') || line.includes('"lost"'))).toEqual([lines[5]]);
  });

  it('is none of a stream that is not there', async () => {
    const ran = await ranCli(['audit', 'stream', 'rewind', 'splunk', '--to', '0'], {
      env: { DATABASE_URL: stage.database.url, MASTER_KEY: Buffer.alloc(32, 'audit').toString('base64') },
      commands: [register],
    });
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('no such stream')]);
  });
});
