import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DataSource } from 'typeorm';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { systemActor } from '../../src/access/actor.js';
import { createHttpApp } from '../../src/app/http-app.js';
import { openDatabase } from '../../src/app/start-service.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { createLogger } from '../../src/observability/logger.js';
import { TenantConnections } from '../../src/tenants/tenant-connections.service.js';
import { TenantsService } from '../../src/tenants/tenants.service.js';
import { proofSize } from '../support/proof-size.js';
import { type SpawnedService, spawnService } from '../support/service-process.js';
import { createDatabaseFromTemplate } from '../support/test-database.js';
import { type Ailment, TenantFront } from './tenant-front.js';

const HEALTHY = proofSize(2, 6);
/** More of each than all places of one process that are for tenants that answer. */
const STALLING = proofSize(5, 10);
const SLOTS = proofSize(2, 12);
const INTERVAL_SECONDS = proofSize(10, 20);
const MOST_MEMORY_MIB = 512;
const SETTLE_MS = proofSize(150_000, 900_000);
const ACTOR = systemActor('test');
const SIZE = { users: 12, groups: 4, applications: 4, policies: 3 };

interface Slot {
  status: string;
  reports: number;
  reason: string | null;
}

describe(`two instances, ${HEALTHY} tenants that answer among ${STALLING * 2 + 6} that don't`, () => {
  let front: TenantFront;
  let app: NestFastifyApplication;
  let database: DataSource;
  let since = new Date();
  const demos: DemoTenant[] = [];
  const services: SpawnedService[] = [];
  /** tenants.id by what it is. */
  const ids = new Map<string, string>();
  const clients = new Map<string, string>();

  async function watch(name: string, entraTenantId: string, clientId: string, credential: string): Promise<string> {
    const settings = { displayName: name, signInAllowed: false, scanEnabled: false, breakGlassObjectIds: [] };
    const { id } = await app
      .get(TenantsService, { strict: false })
      .create(ACTOR, { entraTenantId, ...settings, scanIntervalSeconds: 3600 });
    const connection = { clientId, cloud: null, kind: 'secret' as const, credential, expiresAt: null };
    await app.get(TenantConnections, { strict: false }).set(ACTOR, id, 0, connection);
    ids.set(name, id);
    clients.set(entraTenantId, clientId);
    return id;
  }
  async function ailing(name: string, ailment: Ailment): Promise<void> {
    const entraTenantId = randomUUID();
    front.addAiling(entraTenantId, ailment);
    await watch(name, entraTenantId, randomUUID(), `secret of ${name}`);
  }
  async function demo(name: string, seed: number): Promise<DemoTenant> {
    const tenant = await startDemoTenant({ seed, ...SIZE });
    demos.push(tenant);
    front.addDemo(tenant);
    await watch(name, tenant.tenantId, tenant.clientId, tenant.clientSecret);
    return tenant;
  }

  beforeAll(async () => {
    front = await TenantFront.open();
    const caFile = join(mkdtempSync(join(tmpdir(), 'bx-ca-')), 'ca.pem');
    writeFileSync(caFile, front.caCertificatePem);
    const env = {
      DATABASE_URL: await createDatabaseFromTemplate(),
      MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
      // No tenant is read with the installation's application.
      ENTRA_CLIENT_ID: randomUUID(),
      ENTRA_CLIENT_SECRET: 'of the installation',
      ENTRA_AUTHORITY: front.origin,
      GRAPH_BASE_URL: `${front.origin}/v1.0`,
      // How busy the machine is isn't what is tested.
      DATABASE_QUEUE_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
    };
    const settings = loadSettings({
      ...env,
      NODE_ENV: 'test',
      PROCESS_ROLE: 'api',
      PUBLIC_URL: 'http://localhost:3000',
    });
    database = await openDatabase(settings, false);
    app = await createHttpApp(settings, database, createLogger('silent'));
    await app.init();
    // Those that keep us waiting come first, and take what places there are.
    for (let number = 0; number < STALLING; number++) {
      await ailing(`hangs ${number}`, 'hangs');
      await ailing(`throttles ${number}`, 'throttles');
    }
    await ailing('throttles for long', 'throttles for long');
    await ailing('says nothing', 'says nothing');
    await ailing('has an expired secret', 'has an expired secret');
    await ailing('has a poisoned row', 'hangs');
    const lying = await demo('lies', 90);
    lying.setFaults(
      { kind: 'truncate', path: '/identity/conditionalAccess/policies*' },
      { kind: 'foreignNextLink', path: '/domains*' },
      { kind: 'loopNextLink', path: '/identity/conditionalAccess/namedLocations*' },
      { kind: 'html', status: 200, path: '/policies/authorizationPolicy*' },
    );
    for (let number = 0; number < HEALTHY; number++) await demo(`healthy ${number}`, 100 + number);
    await database.query(
      `UPDATE tenant_connections SET sealed_credential = sealed_credential || '\\x00' WHERE tenant_id = $1`,
      [ids.get('has a poisoned row')],
    );
    services.push(...(await Promise.all([0, 1].map(() => spawnService({ ...env, NODE_EXTRA_CA_CERTS: caFile })))));
    const [clock] = await database.query<{ now: Date }[]>('SELECT now()');
    since = clock?.now ?? since;
    await database.query('UPDATE tenants SET scan_enabled = true, scan_interval_seconds = $1', [INTERVAL_SECONDS]);
  }, 240_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.kill('SIGKILL')));
    await app?.close();
    await Promise.all(demos.map((tenant) => tenant.close()));
    await front?.close();
  });

  /** Oldest first. */
  const slotsOf = (name: string): Promise<Slot[]> =>
    database.query(
      `SELECT s.status, s.reason, (SELECT count(*)::int FROM drift_reports r WHERE r.slot_id = s.id) AS reports
         FROM job_slots s WHERE s.job = 'drift.scan' AND s.key = $1 AND s.slot_at > $2 ORDER BY s.slot_at`,
      [ids.get(name), since],
    );
  const healthy = () => [...ids.keys()].filter((name) => name.startsWith('healthy'));
  async function until<T>(read: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
    for (const deadline = Date.now() + SETTLE_MS; ; await sleep(250)) {
      const found = await read();
      if (isThere(found) || Date.now() > deadline) return found;
    }
  }
  const reasonOf = async (name: string) =>
    until(
      async () => (await slotsOf(name)).find(({ reason }) => reason !== null)?.reason ?? null,
      (reason) => reason !== null,
    );

  it(
    'make one report of each slot of each tenant that answers, within its interval, whoever else keeps them waiting',
    async () => {
      for (const name of healthy()) {
        const slots = await until(
          () => slotsOf(name),
          (found) => found.filter(({ status }) => status === 'completed').length >= SLOTS,
        );
        const last = slots.map(({ status }) => status).lastIndexOf('completed');
        const settled = slots.slice(0, last + 1).map(({ status, reports }) => [status, reports]);
        expect([name, settled]).toEqual([name, settled.map(() => ['completed', 1])]);
        expect(settled.length).toBeGreaterThanOrEqual(SLOTS);
      }
    },
    SETTLE_MS + 30_000,
  );

  it(
    'say of each of the others exactly what is wrong',
    async () => {
      expect(await reasonOf('has an expired secret')).toContain('the client secret has expired');
      expect(await reasonOf('has a poisoned row')).toContain('keys.cannot_open');
      expect(await reasonOf('throttles for long')).toContain('Graph throttles us and asks to wait 100 s');
      expect(await reasonOf('says nothing')).toContain('the answer');
      const incomplete = await until(
        async () => {
          const [report] = await database.query<{ incomplete: string }[]>(
            'SELECT incomplete::text AS incomplete FROM drift_reports WHERE tenant_id = $1 ORDER BY sequence LIMIT 1',
            [ids.get('lies')],
          );
          return JSON.parse(report?.incomplete ?? '[]') as { resourceType: string; reason: string }[];
        },
        (types) => types.length > 0,
      );
      const reason = (type: string) => incomplete.find(({ resourceType }) => resourceType === type)?.reason;
      expect(reason('conditionalAccessPolicy')).toContain('broken or cut off JSON');
      expect(reason('domain')).toContain('graph.attacker.example), which is not followed');
      expect(reason('namedLocation')).toContain('a next link leads back to a page that was read');
      expect(reason('authorizationPolicy')).toContain('the answer is not JSON but text/html');
      if (STALLING > 5)
        for (let number = 0; number < STALLING; number++)
          expect(await reasonOf(`hangs ${number}`)).toMatch(/no whole answer within 30 s|gave nothing for \d+ s/);
    },
    SETTLE_MS + 30_000,
  );

  it('read each tenant with its own application alone, and mix nothing of one into another', async () => {
    for (const [tenant, askers] of front.askedBy)
      expect([tenant, [...askers]]).toEqual([tenant, [clients.get(tenant)]]);
    expect(front.askedBy.size).toBeGreaterThan(HEALTHY);
    for (const [number, name] of healthy().entries()) {
      const stored = await database.query<{ key: string }[]>(
        `SELECT DISTINCT resource_key AS key FROM config_versions
          WHERE tenant_id = $1 AND resource_type = 'conditionalAccessPolicy' ORDER BY 1`,
        [ids.get(name)],
      );
      const policies = demos[number + 1]?.state.collections.conditionalAccessPolicies;
      expect(stored.map(({ key }) => key)).toEqual([...(policies?.values() ?? [])].map(({ id }) => String(id)).sort());
    }
  });

  it(`take less than ${MOST_MEMORY_MIB} MiB each`, () => {
    for (const { child } of services) {
      const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      expect(Number(kib) / 1024).toBeLessThan(MOST_MEMORY_MIB);
    }
  });
});
