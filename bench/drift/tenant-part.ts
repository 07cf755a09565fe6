import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startWebhookReceiver } from '../../demo/webhook-receiver.js';
import { openServer } from '../audit/database.js';
import type { Scanned, ScanOrder } from './scan-process.js';
import type { TenantOrder, TenantStarted } from './tenant-process.js';

const SIZE = { users: 100_000, groups: 50_000, applications: 10_000 };
const CHANGED = 100;
/** Graph's limit for a tenant of more than 500 people: resource units in ten seconds. */
const UNITS = 8000;
/** Changes of a policy that are followed to the receiver. */
const ROUNDS = 5;

interface Spent {
  units: number;
  conditionalAccess: number;
  requests: number;
  refused: number;
}

/**
 * A tenant of 100,000 users, 50,000 groups and 10,000 applications with their service principals, Graph's documented limits on and no
 * time compressed: a whole scan beside the floor that the limits set for what it asked, and beside the same requests sent once more with
 * nothing done about the answers, which is the floor of the tenant and of this machine; scans of 100 changes, and of nothing changed;
 * and how long a change of a policy takes to the receiver.
 *
 * @param share of that size, for a short look
 */
export async function measureTenant(share = 1): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-bench-'));
  const server = await openServer();
  const children: ChildProcess[] = [];
  const receiver = await startWebhookReceiver();
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
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
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
      const limits = Math.max(conditionalAccess - 1, ((units - UNITS) / UNITS) * 10, 0);
      const floor = Math.max(limits, await ask<number>(service, { order: 'replay' }));
      rows[name] = {
        seconds: result.seconds.toFixed(1),
        'floor of the limits s': limits.toFixed(1),
        'the same requests alone s': floor.toFixed(1),
        'CPU of the service s': result.cpuSeconds.toFixed(1),
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
    receiver.trust(await ask<string>(service, { order: 'subscribe', url: receiver.url }));
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = receiver.received.length;
      await told({ order: 'change-policy' });
      const startedAt = performance.now();
      await ask<Scanned>(service, { order: 'scan', whole: false });
      while (receiver.received.length === before) await sleep(10);
      delays.push((performance.now() - startedAt) / 1000);
    }
    delays.sort((a, b) => a - b);
    // The schedule lets at most one interval pass before the scan is due.
    const [median, most] = [delays[Math.floor(ROUNDS / 2)], delays.at(-1)];
    console.log(
      `a policy changed: ${median?.toFixed(1)} s (most ${most?.toFixed(1)} s) from when a scan is due until the receiver has it, ${ROUNDS} times`,
    );
  } finally {
    for (const child of children) if (child.connected) child.disconnect();
    await receiver.close();
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
