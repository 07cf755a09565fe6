import { X509Certificate } from 'node:crypto';
import { startDemoTenant } from './demo-tenant.js';
import { makeTenantCa } from './tenant-ca.js';
import { wire } from './testing/tenant-client.js';

describe('the certificate authority of a demo tenant', () => {
  it('signs a certificate for loopback names only', async () => {
    const { caCertificatePem, certificatePem } = await makeTenantCa();
    const [authority, leaf] = [new X509Certificate(caCertificatePem), new X509Certificate(certificatePem)];
    expect([authority.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect([leaf.checkHost('localhost'), leaf.checkIP('127.0.0.1'), leaf.checkHost('example.com')]).toEqual([
      'localhost',
      '127.0.0.1',
      undefined,
    ]);
  });

  it('is another one in each run, so that one tenant’s authority does not vouch for another', async () => {
    const [a, b] = await Promise.all([
      startDemoTenant({ seed: 16, users: 20 }),
      startDemoTenant({ seed: 16, users: 20 }),
    ]);
    await expect(
      wire({ ...a, caCertificatePem: b.caCertificatePem }, `${a.authority}/v2.0/.well-known/openid-configuration`),
    ).rejects.toThrow(/certificate/);
    await Promise.all([a.close(), b.close()]);
  });

  it('closes although somebody still waits for an answer', async () => {
    const tenant = await startDemoTenant({ seed: 17, users: 20 });
    tenant.setFaults({ kind: 'hang' });
    const waiting = wire(tenant, `${tenant.authority}/discovery/v2.0/keys`).catch((error: Error) => error.message);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await tenant.close();
    expect(await waiting).toMatch(/hang up|ECONNRESET/);
  });
});
