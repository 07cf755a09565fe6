import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { layOutCores } from '../auth/cores.js';
import { databaseCpu } from '../auth/database-cpu.js';
import { LoadGenerator, type LoadResult } from '../auth/load-generator.js';
import { faultsOf, type Goal, report } from '../auth/report.js';
import { measureRounds, type Variant } from '../auth/rounds.js';
import { startPeer } from '../auth/server-process.js';
import { openServer } from './database.js';
import type { BenchOptions } from './options.js';
import { PLAIN_TABLE } from './plain-insert.js';
import type { TenantJob } from './tenant-load.js';

const OURS = 'POST /tenants, its record, and sealing until nothing waits';
const PLAIN = 'POST /tenants, one plain insert';
const GOALS: readonly Goal[] = [
  { peer: PLAIN, by: 'per second', limit: 0.8, aim: null },
  { peer: PLAIN, by: 'per CPU second', limit: null, aim: null },
];
const CONNECTIONS = 32;

/** A mutation over HTTP beside the same with the plainest record there is: one code, one PostgreSQL, a database and process each. */
export async function measureMutation({ rounds, seconds }: BenchOptions): Promise<{ text: string; faults: string[] }> {
  const layout = layOutCores();
  const server = await openServer();
  const load = new LoadGenerator<TenantJob, LoadResult>('../audit/tenant-load');
  const closers: (() => Promise<unknown>)[] = [() => server.stop(), async () => load.stop()];
  try {
    const variants: Variant[] = [];
    for (const [name, plain] of [
      [OURS, false],
      [PLAIN, true],
    ] as const) {
      const env: Record<string, string> = { ...(await server.database(plain ? 'plain' : 'ours')), PROCESS_ROLE: 'all' };
      const client = new pg.Client({ connectionString: env['DATABASE_URL'] });
      await client.connect();
      closers.push(() => client.end());
      await client.query(PLAIN_TABLE);
      const program = await writeProgram(client);
      const peer = await startPeer(layout, '../../audit/peers/mutating-service', { env, programs: [program], plain });
      closers.push(() => peer.stop());
      const job = {
        url: `${peer.url}/api/v1/tenants`,
        token: peer.refreshTokens[0] ?? '',
        seconds,
        connections: CONNECTIONS,
      };
      const run = async () => {
        const result = await load.run(job);
        const startedAt = performance.now();
        await untilSealed(client, plain);
        return { ...result, seconds: result.seconds + (performance.now() - startedAt) / 1000 };
      };
      variants.push({ name, pid: peer.pid, databaseCpu: await databaseCpu(env['DATABASE_URL'] ?? ''), run });
    }
    const samples = await measureRounds(variants, rounds);
    return { text: report('A mutation over HTTP', OURS, samples, GOALS), faults: faultsOf(samples) };
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

async function untilSealed(client: pg.Client, plain: boolean): Promise<void> {
  while (!plain && (await client.query('SELECT FROM audit_pending LIMIT 1')).rowCount !== 0) await sleep(10);
}

async function writeProgram(client: pg.Client): Promise<string> {
  const [tenant, owner, role, program] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await client.query(
    `INSERT INTO tenants (id, entra_tenant_id, display_name, sign_in_allowed, scan_enabled, scan_interval_seconds)
     VALUES ($1, gen_random_uuid(), 'bench', true, false, 3600)`,
    [tenant],
  );
  await client.query(
    `INSERT INTO users (id, tenant_id, object_id, display_name) VALUES ($1, $2, gen_random_uuid(), 'somebody')`,
    [owner, tenant],
  );
  await client.query('INSERT INTO service_accounts (id, tenant_id, name, owner_user_id) VALUES ($1, $2, $3, $4)', [
    program,
    tenant,
    'bench',
    owner,
  ]);
  await client.query(
    `INSERT INTO permissions (name, description) VALUES ('tenants:manage', '') ON CONFLICT (name) DO NOTHING`,
  );
  await client.query(`INSERT INTO roles (id, name, description) VALUES ($1, 'keeper of tenants', '')`, [role]);
  await client.query(`INSERT INTO role_permissions VALUES ($1, 'tenants:manage')`, [role]);
  await client.query(
    `INSERT INTO role_assignments (id, service_account_id, role_id, scope, effect, reason, assigned_by_type, assigned_by_id)
     VALUES (gen_random_uuid(), $1, $2, '/', 'allow', 'a benchmark', 'system', 'bench')`,
    [program, role],
  );
  return program;
}
