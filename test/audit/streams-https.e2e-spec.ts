import { makeTenantCa } from '../../demo/tenant-ca.js';
import { NDJSON_FORMAT } from '../../src/audit/formats/ndjson-format.js';
import { OCSF_FORMAT } from '../../src/audit/formats/ocsf-format.js';
import { canonicalRecord } from '../../src/audit/log/canonical-record.js';
import { HttpsSink, type HttpsSinkOptions } from '../../src/audit/stream/https-sink.js';
import { StdoutSink } from '../../src/audit/stream/stdout-sink.js';
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
