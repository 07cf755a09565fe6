import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTenantCa, type TenantCa } from '../../demo/tenant-ca.js';
import { type AuthStage, startAuthStage } from '../auth/auth-stage.js';
import { SyslogReceiver } from './receivers.js';

/** The whole service, which hands its trail on while people use it. */
describe('a service with streams', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bx-service-streams-'));
  let ca: TenantCa;
  let receiver: SyslogReceiver;
  let stage: AuthStage;
  let address: string;

  beforeAll(async () => {
    ca = await makeTenantCa();
    writeFileSync(join(folder, 'ca.pem'), ca.caCertificatePem);
    receiver = new SyslogReceiver({ cert: ca.certificatePem, key: ca.privateKeyPem });
    receiver.isStuck = true;
    address = await receiver.listen();
    stage = await startAuthStage({
      PROCESS_ROLE: 'all',
      AUDIT_SYSLOG_URL: address,
      AUDIT_SYSLOG_CA_FILE: join(folder, 'ca.pem'),
      AUDIT_STDOUT: 'true',
      AUDIT_STREAM_FORMAT: 'ocsf',
    });
  }, 120_000);
  afterAll(async () => {
    await stage?.close();
    await receiver?.close();
    rmSync(folder, { recursive: true });
  });

  const position = async (name: string): Promise<number> => {
    const [row] = await stage.sql<{ next_leaf: string }>('SELECT next_leaf FROM audit_streams WHERE name = $1', [name]);
    return Number(row?.next_leaf ?? 0);
  };
  const sealed = async (): Promise<number> => {
    const [row] = await stage.sql<{ size: string; waiting: string }>(
      'SELECT size, (SELECT count(*) FROM audit_pending) AS waiting FROM audit_trees',
    );
    return row?.waiting === '0' ? Number(row.size) : Number.POSITIVE_INFINITY;
  };

  it('answers while a receiver reads nothing, counts what waits, and delivers it all when it reads again', async () => {
    for (let person = 0; person < 5; person++) {
      const token = await stage.browser().accessToken(stage.person(person).upn);
      expect((await stage.browser().call('GET', '/users/me', token)).status).toBe(200);
    }
    while ((await position('stdout')) < (await sealed())) await sleep(100);
    expect(await position('syslog')).toBe(0);
    const token = await stage.browser().accessToken(stage.tenant.administrator.userPrincipalName);
    const { status, body } = await stage.browser().call('GET', '/audit/streams', token);
    expect([status, body['items']]).toEqual([
      200,
      [
        expect.objectContaining({ name: 'stdout', receiver: null, fault: null, lastError: null, refusals: 0 }),
        expect.objectContaining({ name: 'syslog', receiver: address, nextLeaf: 0 }),
      ],
    ]);
    const stranger = await stage.browser().accessToken(stage.person(1).upn);
    expect((await stage.browser().call('GET', '/audit/streams', stranger)).status).toBe(403);
    const scrape = await stage.browser().request('/metrics');
    expect([200, 401, 404]).toContain(scrape.status);

    receiver.isStuck = false;
    for (const socket of receiver.open) socket.destroy();
    await stage.sql(`UPDATE audit_streams SET not_before = '-infinity'`);
    while ((await position('syslog')) < (await sealed())) {
      await stage.sql(`UPDATE audit_streams SET not_before = '-infinity'`);
      await sleep(100);
    }
    const [{ size } = { size: '0' }] = await stage.sql<{ size: string }>('SELECT size FROM audit_trees');
    expect([...new Set(receiver.leaves)].sort((a, b) => a - b).slice(0, Number(size))).toEqual(
      Array.from({ length: Number(size) }, (_value, index) => index),
    );
  });

  it('writes whole lines of its own between those of the log', () => {
    const lines = stage.service.logged;
    const events = lines.filter((line) => typeof line['class_uid'] === 'number');
    expect(events.length).toBeGreaterThanOrEqual(10);
    expect(events.map((event) => (event['metadata'] as { sequence?: number }).sequence ?? 0)).toEqual(
      events.map((_event, index) => index),
    );
    expect(lines.some((line) => line['message'] === 'audit checkpoint')).toBe(true);
  });
});
