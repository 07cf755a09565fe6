import { makeTenantCa } from '../../demo/tenant-ca.js';
import { NDJSON_FORMAT } from '../../src/audit/formats/ndjson-format.js';
import { OCSF_FORMAT } from '../../src/audit/formats/ocsf-format.js';
import { type AuditRow, canonicalRecord } from '../../src/audit/log/canonical-record.js';
import { HttpsSink, type HttpsSinkOptions } from '../../src/audit/stream/https-sink.js';
import { StdoutSink } from '../../src/audit/stream/stdout-sink.js';
import { leafHash } from '../../src/crypto/merkle/tree-hash.js';
import { HttpsReceiver } from './receivers.js';
import { StreamsStage } from './streams-stage.js';

describe('the stream over HTTPS', () => {
  let stage: StreamsStage;
  let receiver: HttpsReceiver;
  let url: string;

  beforeEach(async () => {
    stage = await StreamsStage.start();
    receiver = new HttpsReceiver(stage.tls);
    url = await receiver.listen();
  });
  afterEach(async () => {
    await stage?.close();
    await receiver?.close();
  });

  const sink = (options: Partial<HttpsSinkOptions> = {}) =>
    new HttpsSink({
      url,
      caFile: stage.caFile,
      format: NDJSON_FORMAT,
      protocol: 'ndjson',
      token: 'a-token',
      gzip: false,
      ...options,
    });
  const upTo = (size: number) => Array.from({ length: size }, (_value, index) => index);

  it('posts every record as it was sealed, a line each, with the token', async () => {
    await stage.record(30);
    await stage.deliverAll(stage.instance(sink()));
    const sealed = await stage.stage.sealed();
    expect(receiver.batches.flatMap(({ lines }) => lines)).toEqual(
      sealed.map(({ leafIndex, row }) => `{"leafIndex":${leafIndex},"record":${canonicalRecord(row)}}`),
    );
    expect(receiver.batches[0]?.headers).toMatchObject({
      authorization: 'Bearer a-token',
      'content-type': 'application/x-ndjson',
    });
  });

  it('compresses when asked to', async () => {
    await stage.record(3);
    await stage.deliverAll(stage.instance(sink({ gzip: true })));
    expect(receiver.leaves).toEqual(upTo(3));
    expect(receiver.batches[0]?.headers['content-encoding']).toBe('gzip');
  });

  it('speaks to the HTTP Event Collector of Splunk', async () => {
    await stage.record(2);
    await stage.deliverAll(stage.instance(sink({ protocol: 'splunk' })));
    expect(receiver.batches[0]?.headers['authorization']).toBe('Splunk a-token');
    const [sealed] = await stage.stage.sealed();
    expect(JSON.parse(receiver.batches[0]?.lines[0] ?? '')).toMatchObject({
      time: Date.parse(sealed?.row.occurredAt ?? '') / 1000,
      event: { leafIndex: 0, record: { id: sealed?.row.id } },
    });
  });

  it('writes OCSF when asked to, with the place in the log', async () => {
    await stage.record(1);
    await stage.deliverAll(stage.instance(sink({ format: OCSF_FORMAT })));
    expect(JSON.parse(receiver.batches[0]?.lines[0] ?? '')).toMatchObject({ metadata: { version: '1.8.0' } });
  });

  it('honours Retry-After, and delivers all of it again', async () => {
    await stage.record(4);
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '120' } });
    const instance = stage.instance(sink());
    await instance.turn();
    const [{ seconds } = { seconds: 0 }] = await stage.database.dataSource.query<{ seconds: number }[]>(
      'SELECT extract(epoch FROM not_before - updated_at)::float8 AS seconds FROM audit_streams',
    );
    expect(seconds).toBeCloseTo(120, 0);
    expect(await stage.stored('https')).toMatchObject({ last_error: 'The receiver answered 503.', next_leaf: '0' });
    receiver.answer = () => undefined;
    await stage.noDelay();
    await stage.deliverAll(instance);
    expect(receiver.leaves).toEqual(upTo(4));
  });

  it('sends smaller batches to a receiver for which they are too large', async () => {
    await stage.record(9);
    receiver.answer = ({ lines }) => (lines.length > 2 ? { status: 413 } : undefined);
    await stage.deliverAll(stage.instance(sink()));
    expect(receiver.leaves).toEqual(upTo(9));
    expect(await stage.stored('https')).toMatchObject({ failures: 0 });
  });

  it('sends larger batches again when one record was the reason', async () => {
    await stage.record(40);
    // Whatever holds the tenth record is too large, until it has been taken alone.
    receiver.answer = ({ lines }) =>
      lines.length > 1 && lines.some((line) => line.startsWith('{"leafIndex":9,')) ? { status: 413 } : undefined;
    const instance = stage.instance(sink());
    await stage.deliverAll(instance);
    expect(receiver.leaves).toEqual(upTo(40));
    const before = receiver.batches.length;
    for (let round = 0; round < 4; round++) {
      await stage.record(40);
      await stage.deliverAll(instance);
    }
    expect(Math.max(...receiver.batches.slice(before).map(({ lines }) => lines.length))).toBeGreaterThanOrEqual(8);
  });

  it('gives the short form of a record that the receiver does not take whole, counts it and says so in the trail', async () => {
    await stage.record(2);
    await stage.record(1, { long: 'x'.repeat(20_000) });
    await stage.record(2);
    receiver.answer = ({ lines }) => (lines.join('\n').length > 10_000 ? { status: 413 } : undefined);
    const instance = stage.instance(sink());
    await stage.deliverAll(instance);
    expect(receiver.leaves).toEqual(upTo(5));
    const lines = receiver.batches.flatMap((batch) => batch.lines.map((line) => JSON.parse(line)));
    const sealed = await stage.stage.sealed();
    expect(lines.filter(({ truncated }) => truncated === true)).toEqual([
      expect.objectContaining({
        leafIndex: 2,
        leafHash: leafHash(Buffer.from(canonicalRecord(sealed[2]?.row as AuditRow))).toString('base64'),
      }),
    ]);
    expect(lines[2].record).toMatchObject({ id: sealed[2]?.row.id, after: { omitted: expect.any(String) } });
    expect((await stage.shortened.get()).values).toMatchObject([{ value: 1, labels: { stream: 'https' } }]);
    await stage.seal();
    const told = (await stage.stage.sealed()).filter(({ row }) => row.action === 'audit.stream.shortened');
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0]?.row.states ?? '')).toMatchObject({ after: { leafIndex: 2, id: sealed[2]?.row.id } });
    await stage.deliverAll(instance);
    expect(await stage.stored('https')).toMatchObject({ failures: 0, last_error: null });
  });

  it('passes over nothing at a receiver that takes nothing at all', async () => {
    await stage.record(3);
    receiver.answer = () => ({ status: 413 });
    await stage.instance(sink()).turn();
    expect(await stage.stored('https')).toMatchObject({ next_leaf: '0', last_error: 'The receiver answered 413.' });
    expect((await stage.shortened.get()).values).toEqual([]);
  });

  it('tells of a position that somebody put beyond the end of the log, and waits for nothing in silence', async () => {
    await stage.record(3);
    const instance = stage.instance(sink());
    await stage.deliverAll(instance);
    const query = (sql: string) => stage.database.dataSource.query(sql);
    for (const place of ['900', '2'])
      await expect(query(`UPDATE audit_streams SET next_leaf = ${place}`)).rejects.toThrow('only grows');
    await expect(query(`INSERT INTO audit_streams (name, next_leaf) VALUES ('syslog', 900)`)).rejects.toThrow(
      'only grows',
    );
    // Who commands the database takes away what refuses it.
    await query('ALTER TABLE audit_streams DISABLE TRIGGER tr_audit_streams_only_grows');
    await query('UPDATE audit_streams SET next_leaf = 900');
    await query('ALTER TABLE audit_streams ENABLE TRIGGER tr_audit_streams_only_grows');
    await instance.turn();
    expect(await stage.stored('https')).toMatchObject({
      failures: 1,
      last_error:
        'The position of the stream (900) is 897 records beyond the end of the log: it was changed past the service.',
    });
    expect((await stage.failures.get()).values).toMatchObject([{ value: 1, labels: { stream: 'https' } }]);
    await stage.seal();
    expect((await stage.stage.sealed()).at(-1)?.row).toMatchObject({
      action: 'audit.stream.failed',
      outcome: 'failure',
    });
  });

  it.each([
    ['follows no redirect', 302, { location: 'https://localhost:1/elsewhere' }, 'redirects are not followed'],
    ['takes no refusal for success', 401, {}, 'answered 401'],
  ])('%s', async (_what, status, headers, sentence) => {
    await stage.record(1);
    receiver.answer = () => ({ status, headers });
    await stage.instance(sink()).turn();
    expect((await stage.stored('https')).last_error).toContain(sentence);
    expect(receiver.requests).toBe(1);
  });

  it('sends nothing to a receiver with a certificate of somebody else', async () => {
    await stage.record(1);
    const other = await makeTenantCa();
    await stage.instance(sink({ caFile: stage.file('other.pem', other.caCertificatePem) })).turn();
    expect(receiver.requests).toBe(0);
    expect((await stage.stored('https')).last_error).toContain('certificate');
  });

  it('keeps a position of its own beside other streams', async () => {
    await stage.record(2);
    receiver.answer = () => ({ status: 500 });
    await stage.instance(sink()).turn();
    const lines: string[] = [];
    await stage.instance(new StdoutSink(NDJSON_FORMAT, { write: (line) => void lines.push(line) })).turn();
    expect(lines.map((line) => (JSON.parse(line) as { leafIndex: number }).leafIndex)).toEqual([0, 1]);
    expect((await stage.stored('stdout')).next_leaf).toBe('2');
    expect((await stage.stored('https')).next_leaf).toBe('0');
  });
});
