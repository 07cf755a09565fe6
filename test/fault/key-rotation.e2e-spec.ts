import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { keyVersionOf } from '../../src/crypto/data-key-cipher.js';
import { SnapshotSeals } from '../../src/drift/snapshot/snapshot-seals.service.js';
import { LocalMasterKey } from '../../src/keys/master-key.js';
import { Browser, PUBLIC_URL } from '../auth/auth-stage.js';
import { type KeysInstance, startKeys } from '../support/keys-stage.js';
import { proofSize } from '../support/proof-size.js';
import { environmentOf, type SpawnedService, spawnService } from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROTATIONS = proofSize(1, 5);
const BODIES = 6000;
const ROWS_AT_ONCE = 500;
const REQUESTS_PER_SECOND = 20;
const REWRAPPED_WITHIN_MS = 120_000;
/** Else the lease of who was killed is ended at once, by hand. */
const WAITS_FOR_LEASES = proofSize(false, true);

interface Body {
  hash: string;
  text: string;
}

describe('rotation of every key under load, with a kill -9 in between', () => {
  let tenant: DemoTenant;
  let database: TestDatabase;
  let ring: KeysInstance;
  let api: SpawnedService;
  let workers: SpawnedService[];
  let tenantId: string;
  let env: Record<string, string>;
  const bodies: Body[] = [];

  beforeAll(async () => {
    tenant = await startDemoTenant({ users: 20, redirectUris: [`${PUBLIC_URL}/api/v1/auth/callback`] });
    database = await createTestDatabase({ poolMax: 4 });
    env = { ...environmentOf(tenant), DATABASE_URL: database.url, DRIFT_SCAN_INTERVAL_SECONDS: '86400' };
    api = await spawnService({ ...env, PROCESS_ROLE: 'api' });
    workers = await Promise.all([worker(), worker()]);
    [{ id: tenantId }] = await sql<[{ id: string }]>('SELECT id FROM tenants LIMIT 1');
    // An instance that is told of nothing: it hears of a rotation as late as one can.
    ring = await startKeys(database, new LocalMasterKey(Buffer.from(String(env['MASTER_KEY']), 'base64')));
    while (bodies.length < BODIES) await addBodies(ROWS_AT_ONCE);
  }, 240_000);
  afterAll(async () => {
    await Promise.all([api, ...(workers ?? [])].map((service) => service?.kill('SIGTERM')));
    await database?.close();
    await tenant?.close();
  }, 60_000);

  const sql = <T>(query: string, parameters?: unknown[]): Promise<T> => database.dataSource.query(query, parameters);
  const worker = () => spawnService({ ...env, PROCESS_ROLE: 'all' });

  async function addBodies(count: number): Promise<void> {
    const seals = new SnapshotSeals(ring.ring);
    const rows = await Promise.all(
      Array.from({ length: count }, async () => {
        const text = JSON.stringify({ secret: randomBytes(150).toString('hex') });
        const hash = createHash('sha256').update(text).digest('hex');
        return { hash, text, sealed: await seals.sealBody(tenantId, hash, text) };
      }),
    );
    await sql(
      `INSERT INTO config_blobs (tenant_id, hash, sealed_body) SELECT $1, h, s FROM unnest($2::bytea[], $3::bytea[]) b (h, s)`,
      [tenantId, rows.map(({ hash }) => Buffer.from(hash, 'hex')), rows.map(({ sealed }) => sealed)],
    );
    bodies.push(...rows.map(({ hash, text }) => ({ hash, text })));
  }

  async function rotateAll(): Promise<void> {
    const cli = join(__dirname, '..', '..', 'dist', 'src', 'cli.js');
    await promisify(execFile)(process.execPath, [cli, 'keys', 'rotate', 'all', '--force'], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
  }

  /** The worker that writes again just now, when it has begun and hasn't ended. */
  async function rewrapper(version: number): Promise<SpawnedService | null> {
    const [row] = await sql<{ owner: string }[]>(
      `SELECT s.owner FROM job_slots s, key_rewraps r
        WHERE s.job = 'keys.upkeep' AND s.status = 'running' AND r.kind = 'data' AND r.version = $1
          AND r.table_name = 'config_blobs' AND r.written > 0 AND r.completed_at IS NULL`,
      [version],
    );
    return workers.find(({ child }) => row?.owner.endsWith(`:${child.pid}`)) ?? null;
  }

  async function endLease({ child }: SpawnedService): Promise<void> {
    await sql(
      `UPDATE job_slots SET lease_until = now() - interval '1 second'
        WHERE job = 'keys.upkeep' AND status = 'running' AND owner LIKE '%:' || $1::text`,
      [child.pid],
    );
  }

  async function isRewrapped(version: number): Promise<boolean> {
    const rows = await sql<unknown[]>(
      `SELECT 1 FROM key_rewraps WHERE kind = 'data' AND version = $1 AND table_name = 'config_blobs' AND completed_at IS NOT NULL`,
      [version],
    );
    return rows.length > 0;
  }

  it('loses nothing and fails no request', async () => {
    const person = tenant.state.collections.users.get(tenant.cast.memberIds[0] ?? '');
    const token = await new Browser(api.url).accessToken(String(person?.['userPrincipalName']));
    const failures: unknown[] = [];
    let loaded = true;
    let asked = 0;
    const load = (async () => {
      while (loaded) {
        const answer = await fetch(`${api.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } });
        if (answer.status !== 200) failures.push([answer.status, await answer.text()]);
        // What an instance that hasn't heard of the rotation writes meanwhile.
        if (asked % 5 === 0) await addBodies(1);
        asked += 1;
        await sleep(1000 / REQUESTS_PER_SECOND);
      }
    })();

    let kills = 0;
    for (let version = 2; version < 2 + ROTATIONS; version++) {
      await rotateAll();
      const giveUpAt = Date.now() + REWRAPPED_WITHIN_MS;
      let killed: SpawnedService | null = null;
      while (!(await isRewrapped(version)) && Date.now() < giveUpAt) {
        const victim: SpawnedService | null = killed === null ? await rewrapper(version) : null;
        if (victim !== null) {
          killed = victim;
          kills += 1;
          await victim.kill('SIGKILL');
          if (!WAITS_FOR_LEASES) await endLease(victim);
          workers = [...workers.filter((one) => one !== victim), await worker()];
        }
        // Writing again is over soon: whoever is to be caught at it is looked for often.
        await sleep(killed === null ? 5 : 100);
      }
      expect([version, await isRewrapped(version)]).toEqual([version, true]);
    }
    loaded = false;
    await load;
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(10);
    expect(kills).toBeGreaterThan(0);

    const reader = await startKeys(database, new LocalMasterKey(Buffer.from(String(env['MASTER_KEY']), 'base64')));
    const seals = new SnapshotSeals(reader.ring);
    const rows = await sql<{ hash: string; sealed: Buffer }[]>(
      `SELECT encode(hash, 'hex') AS hash, sealed_body AS sealed FROM config_blobs WHERE tenant_id = $1 AND sealed_body IS NOT NULL`,
      [tenantId],
    );
    const stored = new Map(rows.map(({ hash, sealed }) => [hash, sealed]));
    const versions = new Set<number>();
    for (const { hash, text } of bodies) {
      const sealed = stored.get(hash) ?? Buffer.alloc(0);
      expect(await seals.openBody(tenantId, hash, sealed)).toBe(text);
      versions.add(keyVersionOf(sealed));
    }
    // All but what the instance that heard of nothing wrote after the last walk.
    expect(versions.has(1 + ROTATIONS)).toBe(true);
    expect(await sql(`SELECT state FROM index_keys WHERE state IN ('next', 'current') ORDER BY version`)).toEqual([
      { state: 'current' },
      { state: 'next' },
    ]);
    expect(await reader.ring.checkpointKeys()).toHaveLength(1 + ROTATIONS);
  }, 600_000);
});
