import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoTenant, startDemoTenant } from '../../demo/demo-tenant.js';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import type { Layout } from './cores.js';
import { People } from './people.js';
import { type BenchServer, freePort, startService } from './server-process.js';

/** Our service with everything around it that is real: PostgreSQL with fsync, the demo tenant's sign-in, people who signed in. */
export interface Stage {
  layout: Layout;
  tenant: DemoTenant;
  databaseUrl: string;
  service: BenchServer;
  people: People;
  /** Starts something that goes when the stage goes. */
  keep<T extends { stop(): Promise<void> | void }>(started: T): T;
  close(): Promise<void>;
}

/** Production wants https; requests go straight to the port, as behind a proxy that ends TLS. */
const PUBLIC_URL = 'https://blindspotx.bench';
const LIFTED = '10000000';
const TENANT_SIZE = { users: 600, groups: 20, applications: 20, policies: 5 };

export async function openStage(layout: Layout, profileFolder: string | null): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  // PostgreSQL runs under an account of its own when this runs as root, and has to get through to its folder.
  chmodSync(folder, 0o711);
  const closers: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const database = await startEmbeddedPostgres({ dir: join(folder, 'database'), dieWithParent: true });
    closers.push(() => database.stop());
    const port = await freePort();
    const tenant = await startDemoTenant({ ...TENANT_SIZE, redirectUris: [`${PUBLIC_URL}/api/v1/auth/callback`] });
    closers.push(() => tenant.close());
    const env = settingsOf(tenant, folder, port, database.url);
    const profiling = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const service = await startService(layout, env, profiling);
    closers.push(() => service.stop());
    return {
      layout,
      tenant,
      databaseUrl: database.url,
      service,
      people: new People(service.url, PUBLIC_URL, tenant),
      keep: (started) => {
        closers.push(() => started.stop());
        return started;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function settingsOf(tenant: DemoTenant, folder: string, port: number, databaseUrl: string): Record<string, string> {
  const caFile = join(folder, 'tenant-ca.pem');
  writeFileSync(caFile, tenant.caCertificatePem);
  return {
    NODE_ENV: 'production',
    NODE_EXTRA_CA_CERTS: caFile,
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL,
    // Requests only: a scan in the middle of a round would be counted as the route's work.
    PROCESS_ROLE: 'api',
    MIGRATE_ON_START: 'true',
    DATABASE_URL: databaseUrl,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_CLIENT_ID: tenant.clientId,
    ENTRA_CLIENT_SECRET: tenant.clientSecret,
    ENTRA_AUTHORITY: tenant.authorityHost,
    GRAPH_BASE_URL: tenant.graphBaseUrl,
    BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
    // One address sends everything: it is counted as ever, and never too much.
    RATE_LIMIT_SIGN_INS_PER_MINUTE: LIFTED,
    RATE_LIMIT_TOKENS_PER_MINUTE: LIFTED,
    RATE_LIMIT_FAILURES_PER_MINUTE: LIFTED,
    MASTER_KEY: randomBytes(32).toString('base64'),
  };
}
