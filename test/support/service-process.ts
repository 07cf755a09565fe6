import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DemoTenant } from '../../demo/demo-tenant.js';

const root = join(__dirname, '..', '..');

export interface SpawnedService {
  child: ChildProcess;
  url: string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** The built service as a process of its own, for tests that kill it. Port 0: it takes a free one and says which. */
export async function spawnService(env: Record<string, string>): Promise<SpawnedService> {
  const child = spawn(process.execPath, [join(root, 'dist', 'src', 'main.js')], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', PUBLIC_URL: 'http://localhost:3000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr?.on('data', (chunk) => lines.push(String(chunk)));
  const exited = once(child, 'exit');
  const url = await new Promise<string>((ready, failed) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line);
      if (line.includes('"message":"ready"')) ready((JSON.parse(line) as { url: string }).url);
    });
    exited.then(
      ([code, signal]) => failed(new Error(`the service ended with ${code ?? signal}:\n${lines.join('\n')}`)),
      failed,
    );
  });
  return {
    child,
    url,
    kill: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}

/** Settings that connect a service to a demo tenant; the authority of its certificates is written to a file. */
export function environmentOf(tenant: DemoTenant): Record<string, string> {
  const caFile = join(mkdtempSync(join(tmpdir(), 'bx-ca-')), 'ca.pem');
  writeFileSync(caFile, tenant.caCertificatePem);
  return {
    NODE_EXTRA_CA_CERTS: caFile,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_CLIENT_ID: tenant.clientId,
    ENTRA_CLIENT_SECRET: tenant.clientSecret,
    ENTRA_AUTHORITY: new URL(tenant.authority).origin,
    GRAPH_BASE_URL: tenant.graphBaseUrl,
    BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
    MASTER_KEY: Buffer.alloc(32, 'test-key').toString('base64'),
  };
}
