import { makeTenantCa } from '../../demo/tenant-ca.js';
import { NDJSON_FORMAT } from '../../src/audit/formats/ndjson-format.js';
import { SyslogSink, type SyslogSinkOptions } from '../../src/audit/stream/syslog-sink.js';
import { SyslogReceiver } from './receivers.js';
import { makeClientCertificate, StreamsStage } from './streams-stage.js';

/** RFC 5424 6, as far as it is used. */
const MESSAGE =
  /^<(?<pri>\d{1,3})>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) - (?<msgid>\S{1,32}) \[audit@32473 (?<data>.*?[^\\]")\] \uFEFF(?<text>\{.*\})$/s;

describe('the stream to a syslog receiver', () => {
  let stage: StreamsStage;
  let receiver: SyslogReceiver;
  let url: string;

  beforeEach(async () => {
    stage = await StreamsStage.start();
    receiver = new SyslogReceiver(stage.tls);
    url = await receiver.listen();
  });
  afterEach(async () => {
    await stage?.close();
    await receiver?.close();
  });

  const sink = (options: Partial<SyslogSinkOptions> = {}) =>
    new SyslogSink({
      url,
      caFile: stage.caFile,
      format: NDJSON_FORMAT,
      hostname: 'bx.example',
      maxBytes: 8192,
      needsCloseAlert: true,
      ...options,
    });
  const upTo = (size: number) => Array.from({ length: size }, (_value, index) => index);

  it('delivers every record in the order of the log, as RFC 5424 writes it', async () => {
    await stage.record(30, { note: 'say "]" and \\ here' });
    await stage.deliverAll(stage.instance(sink()));
    expect(receiver.leaves).toEqual(upTo(30));
    const [sealed] = await stage.stage.sealed();
    const { groups } = MESSAGE.exec(receiver.messages[0] ?? '') ?? {};
    expect(groups).toMatchObject({
      pri: '108',
      time: sealed?.row.occurredAt,
      host: 'bx.example',
      app: 'blindspotx',
      msgid: 'access.request.failed',
    });
    expect(JSON.parse(groups?.['text'] ?? '')).toMatchObject({
      leafIndex: 0,
      record: { id: sealed?.row.id, after: { note: 'say "]" and \\ here' } },
    });
  });

  it('delivers what comes later from where it stopped, also from another instance', async () => {
    await stage.record(3);
    await stage.deliverAll(stage.instance(sink()));
    await stage.database.dataSource.query(`UPDATE audit_streams SET lease_until = '-infinity'`);
    await stage.record(3);
    await stage.deliverAll(stage.instance(sink()));
    expect(receiver.leaves).toEqual(upTo(6));
  });

  it('delivers again what a receiver that hung up in the middle may not have read', async () => {
    await stage.record(20);
    receiver.hangUpAfter = 7;
    const instance = stage.instance(sink());
    await instance.turn();
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '0', failures: 1 });
    expect((await stage.stored('syslog')).last_error).toContain('closed');
    expect(receiver.leaves).toEqual(upTo(7));
    receiver.hangUpAfter = undefined;
    await stage.seal();
    await stage.deliverAll(instance);
    // Its failure and its recovery are records of the trail themselves.
    await stage.seal();
    await stage.deliverAll(instance);
    expect(receiver.leaves.slice(7)).toEqual(upTo(22));
    const actions = (await stage.stage.sealed()).slice(20).map(({ row }) => row.action);
    expect(actions).toEqual(['audit.stream.failed', 'audit.stream.recovered']);
  });

  it('waits for a receiver that is away, longer each time, and goes on when it is back', async () => {
    await stage.record(5);
    const port = new URL(url).port;
    await receiver.close();
    const instance = stage.instance(sink());
    await instance.turn();
    await instance.turn();
    expect((await stage.stored('syslog')).failures).toBe(1);
    await stage.noDelay();
    await instance.turn();
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '0', failures: 2 });
    const [{ seconds } = { seconds: 0 }] = await stage.database.dataSource.query<{ seconds: number }[]>(
      'SELECT extract(epoch FROM not_before - updated_at)::float8 AS seconds FROM audit_streams',
    );
    expect(seconds).toBeGreaterThanOrEqual(2);
    expect((await stage.failures.get()).values).toEqual([{ labels: { stream: 'syslog' }, value: 2 }]);
    expect((await stage.lag.get()).values).toEqual([{ labels: { stream: 'syslog' }, value: 5 }]);
    await receiver.listen(Number(port));
    await stage.noDelay();
    await stage.deliverAll(instance);
    expect(receiver.leaves).toEqual(upTo(5));
    expect(await stage.stored('syslog')).toMatchObject({ failures: 0, failing_since: null, last_error: null });
  });

  it('sends nothing to a receiver with a certificate of somebody else', async () => {
    await stage.record(1);
    const other = await makeTenantCa();
    await stage.instance(sink({ caFile: stage.file('other.pem', other.caCertificatePem) })).turn();
    expect(receiver.messages).toEqual([]);
    expect((await stage.stored('syslog')).last_error).toContain('certificates');
  });

  it('shows its certificate to a receiver that asks for one, and takes its refusal for no answer', async () => {
    const client = await makeClientCertificate();
    await receiver.close();
    receiver = new SyslogReceiver({ ...stage.tls, ca: client.certificatePem, requestCert: true });
    url = await receiver.listen();
    await stage.record(2);
    await stage.instance(sink()).turn();
    await stage.noDelay();
    // A receiver that doesn't trust the certificate hangs up after our side believes to be connected.
    const other = stage.file('other.pem', `${stage.ca.certificatePem}\n${stage.ca.privateKeyPem}\n`);
    await stage.instance(sink({ certificateFile: other })).turn();
    expect(receiver.messages).toEqual([]);
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '0', failures: 2 });
    await stage.noDelay();
    const certificateFile = stage.file('own.pem', `${client.certificatePem}\n${client.privateKeyPem}\n`);
    await stage.deliverAll(stage.instance(sink({ certificateFile })));
    expect(receiver.leaves).toEqual(upTo(2));
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('believes a receiver only by the closing alert of %s', async (version) => {
    await receiver.close();
    receiver = new SyslogReceiver({ ...stage.tls, maxVersion: version, minVersion: version });
    url = await receiver.listen();
    await stage.record(2);
    receiver.hangsUpSilently = true;
    await stage.instance(sink()).turn();
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '0', failures: 1 });
    await stage.noDelay();
    receiver.hangsUpSilently = false;
    await stage.instance(sink()).turn();
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '2', failures: 0 });
    expect(receiver.leaves).toEqual([0, 1, 0, 1]);
  });

  it('is delivered by one of two instances at a time, each record once while all goes well', async () => {
    const instances = [stage.instance(sink()), stage.instance(sink())];
    for (const instance of instances) instance.start();
    for (let round = 0; round < 5; round++) await stage.record(20);
    await receiver.until(() => receiver.messages.length >= 100);
    expect(receiver.leaves).toEqual(upTo(100));
    await Promise.all(instances.map((instance) => instance.stop()));
    expect((await stage.stored('syslog')).next_leaf).toBe('100');
  });

  it('goes on from the last confirmed batch when an instance dies in the middle of a delivery', async () => {
    await stage.record(10);
    receiver.isStuck = true;
    const dead = stage.instance(sink());
    const turn = dead.turn();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Dead to the others: its lease ends, and it learns that somebody else has gone on.
    await stage.database.dataSource.query(`UPDATE audit_streams SET lease_until = '-infinity'`);
    receiver.isStuck = false;
    await stage.deliverAll(stage.instance(sink()));
    expect(receiver.leaves).toEqual(upTo(10));
    const [before] = await stage.database.dataSource.query<unknown[]>('SELECT * FROM audit_streams');
    await dead.stop();
    await turn.catch(() => undefined);
    expect(await stage.database.dataSource.query('SELECT * FROM audit_streams')).toEqual([before]);
  });

  it('leaves out the states of a record that is too long, and says so', async () => {
    await stage.record(1, { long: 'x'.repeat(20_000) });
    await stage.deliverAll(stage.instance(sink({ maxBytes: 2048 })));
    const [message = ''] = receiver.messages;
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2048);
    expect(message).toContain(' truncated="true"]');
    expect(JSON.parse(MESSAGE.exec(message)?.groups?.['text'] ?? '')).toMatchObject({ record: { after: null } });
  });

  it('delivers nothing that somebody put beyond the end of the log, and nothing while the size is not the sealed one', async () => {
    await stage.record(3);
    const instance = stage.instance(sink());
    const query = (sql: string) => stage.database.dataSource.query(sql);
    await query(
      `INSERT INTO audit_events (id, retention_class, action, outcome, actor_type)
       VALUES (gen_random_uuid(), 'security', 'x.y.z', 'success', 'system');
       INSERT INTO audit_leaves SELECT 3, event_id, retention_class, occurred_at FROM audit_pending`,
    );
    await stage.deliverAll(instance);
    await instance.turn();
    expect(receiver.leaves).toEqual(upTo(3));
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '3', failures: 0 });
    await query('UPDATE audit_trees SET size = 4');
    for (let turns = 0; turns < 2; turns++) await expect(instance.turn()).rejects.toThrow('it was changed');
    expect(receiver.leaves).toEqual(upTo(3));
    expect(await stage.stored('syslog')).toMatchObject({ next_leaf: '3' });
  });

  it('passes over records that are no longer kept', async () => {
    await stage.record(5);
    await stage.database.dataSource.query('ALTER TABLE audit_events DISABLE TRIGGER ALL');
    await stage.database.dataSource.query(`DELETE FROM audit_events WHERE target_id IN ('0', '1', '3')`);
    await stage.deliverAll(stage.instance(sink()));
    expect(receiver.leaves).toEqual([2, 4]);
    expect((await stage.stored('syslog')).next_leaf).toBe('5');
  });
});
