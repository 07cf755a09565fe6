import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openServer } from '../audit/database.js';
import type { Scanned, ScanOrder } from './scan-process.js';
import type { TenantOrder, TenantStarted } from './tenant-process.js';

const SIZE = { users: 100_000, groups: 50_000, applications: 10_000 };
const CHANGED = 100;
/** Graph's limit for a tenant of more than 500 people: resource units in ten seconds. */
const UNITS = 8000;

interface Spent {
  units: number;
  conditionalAccess: number;
  requests: number;
  refused: number;
}

/**
 * A tenant of 100,000 users, 50,000 groups and 10,000 applications with their service principals, Graph's documented limits on: a whole
 * scan beside the floor that the limits set for what it asked, scans of 100 changes, and of nothing changed.
 *
 * @param share of that size, for a short look
 */
export async function measureTenant(share = 1): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  const server = await openServer();
  const children: ChildProcess[] = [];
  try {
    const start = (file: string, env: Record<string, string>) => {
      const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
        execArgv: [],
        env: { PATH: process.env['PATH'] ?? '', ...env },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      children.push(child);
      return child;
    };
    const tenant = start('./tenant-process.js', {});
    const told = (order: TenantOrder) => ask<unknown>(tenant, order);
    const spent = () => ask<Spent>(tenant, { order: 'spent' });
    const size = Object.fromEntries(Object.entries(SIZE).map(([name, count]) => [name, Math.ceil(count * share)]));
    const about = await ask<TenantStarted>(tenant, { order: 'start', ...SIZE, ...size });
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, about.caCertificatePem);
    const service = start('./scan-process.js', {
      ...(await server.database('tenant')),
      NODE_EXTRA_CA_CERTS: caFile,
      ENTRA_TENANT_ID: about.tenantId,
      ENTRA_CLIENT_ID: about.clientId,
      ENTRA_CLIENT_SECRET: about.clientSecret,
      ENTRA_AUTHORITY: about.authorityHost,
      GRAPH_BASE_URL: about.graphBaseUrl,
      BOOTSTRAP_ADMIN_OBJECT_ID: about.administratorId,
      DRIFT_SCAN_INTERVAL_SECONDS: '86400',
      // How busy the machine is isn't what is measured.
      DATABASE_QUEUE_TIMEOUT_MS: '60000',
    });
    console.log(`drift scan of a demo tenant: ${JSON.stringify(size)}, Graph's limits on`);
    const rows: Record<string, object> = {};
    const scan = async (name: string, order: ScanOrder) => {
      const before = await spent();
      const result = await ask<Scanned>(service, order);
      const after = await spent();
      const units = after.units - before.units;
      const conditionalAccess = after.conditionalAccess - before.conditionalAccess;
      const floor = Math.max(conditionalAccess - 1, ((units - UNITS) / UNITS) * 10, 0);
      rows[name] = {
        seconds: result.seconds.toFixed(1),
        'floor of the limits s': floor.toFixed(1),
        requests: after.requests - before.requests,
        'resource units': units,
        'Conditional Access': conditionalAccess,
        'refused (429)': after.refused - before.refused,
        changes: result.changes,
        'peak RSS MiB': Math.round(result.rssMiB),
      };
      for (const reason of result.incomplete) console.log(`${name}, incomplete: ${reason}`);
    };
    await scan('the first scan, everything new', { order: 'scan', whole: true });
    await ask(service, { order: 'approve' });
    await scan('a whole scan', { order: 'scan', whole: true });
    await scan('a scan, nothing changed', { order: 'scan', whole: false });
    await told({ order: 'change', applications: CHANGED });
    await scan(`a scan, ${CHANGED} applications changed`, { order: 'scan', whole: false });
    await told({ order: 'change-policy' });
    await scan('a scan, a policy changed', { order: 'scan', whole: false });
    console.table(rows);
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function ask<T>(child: ChildProcess, order: TenantOrder | ScanOrder): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer as T);
    });
    child.send(order);
  });
}
