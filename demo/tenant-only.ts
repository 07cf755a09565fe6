import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoOptions } from './demo-options.js';
import { type DemoTenant, startDemoTenant } from './demo-tenant.js';

const PUBLIC_URL = 'http://localhost:3000';

/**
 * The demo tenant by itself, until somebody ends it, for a service that is started by hand. Says on `out` what that needs: lines for a
 * shell or an .env file, or one JSON object.
 *
 * @param env PUBLIC_URL of the service, where no option names it and it isn't http://localhost:3000
 */
export async function runTenantOnly(
  { seed, users, json, publicUrls }: DemoOptions,
  env: Record<string, string | undefined>,
  out: (text: string) => void,
  ended: Promise<void>,
): Promise<void> {
  const [publicUrl = env['PUBLIC_URL'] ?? PUBLIC_URL, ...others] = publicUrls;
  const redirectUris = [publicUrl, ...others].map((url) => `${url}/api/v1/auth/callback`);
  const tenant = await startDemoTenant({ seed, users, redirectUris });
  const folder = mkdtempSync(join(tmpdir(), 'blindspotx-tenant-'));
  // The service may run under another account.
  chmodSync(folder, 0o755);
  try {
    const caFile = join(folder, 'demo-ca.pem');
    writeFileSync(caFile, tenant.caCertificatePem);
    const settings = settingsFor(tenant, publicUrl, caFile);
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    out(
      json
        ? `${JSON.stringify({ settings, administrator: tenant.administrator })}\n`
        : `# ${tenant.administrator.userPrincipalName} signs in as administrator; Ctrl-C ends the tenant\n${lines.join('')}`,
    );
    await ended;
  } finally {
    await tenant.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What connects a service to the tenant. */
export function settingsFor(tenant: DemoTenant, publicUrl: string, caFile: string): Record<string, string> {
  return {
    NODE_EXTRA_CA_CERTS: caFile,
    PUBLIC_URL: publicUrl,
    ENTRA_TENANT_ID: tenant.tenantId,
    ENTRA_CLIENT_ID: tenant.clientId,
    ENTRA_CLIENT_SECRET: tenant.clientSecret,
    ENTRA_AUTHORITY: new URL(tenant.authority).origin,
    GRAPH_BASE_URL: tenant.graphBaseUrl,
    BOOTSTRAP_ADMIN_OBJECT_ID: tenant.administrator.objectId,
  };
}

/** Settings of the trail that the demo's service is given as they are: checkpoints, streams, retention. */
export function auditSettings(env: Record<string, string | undefined>): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('AUDIT_') && value !== undefined) settings[name] = value;
  }
  return settings;
}
