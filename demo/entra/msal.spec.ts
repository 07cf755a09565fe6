import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { writeCaCertificate } from '../tenant-ca.js';

const run = promisify(execFile);
const REDIRECT = 'http://localhost:3998/cb';

/** A program of its own, as a user of MSAL would write it; trusts the tenant through NODE_EXTRA_CA_CERTS only. */
const PROGRAM = `
const msal = require('@azure/msal-node');
const { authority, clientId, clientSecret, privateKey, thumbprint, redirectUri, hint } = JSON.parse(process.env.PLAN);
(async () => {
  const credentials = privateKey ? { clientCertificate: { privateKey, thumbprintSha256: thumbprint } } : { clientSecret };
  const app = new msal.ConfidentialClientApplication({ auth: { clientId, authority, knownAuthorities: [new URL(authority).host], ...credentials } });
  const own = await app.acquireTokenByClientCredential({ scopes: ['https://graph.microsoft.com/.default'] });
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
  const request = { scopes: ['openid', 'profile', 'offline_access'], redirectUri, state: 's1', nonce: 'n1', codeChallenge: challenge, codeChallengeMethod: 'S256', loginHint: hint };
  const page = await fetch(await app.getAuthCodeUrl(request), { redirect: 'manual' });
  const back = new URL(page.headers.get('location')).searchParams;
  const result = await app.acquireTokenByCode({ scopes: request.scopes, redirectUri, code: back.get('code'), codeVerifier: verifier, state: 's1', nonce: 'n1' }, { code: back.get('code'), state: back.get('state'), nonce: 'n1' });
  const again = await app.acquireTokenSilent({ account: result.account, scopes: request.scopes, forceRefresh: true });
  console.log(JSON.stringify({ own: own.accessToken.split('.').length, claims: result.idTokenClaims, refreshed: again.fromCache === false, homeAccountId: result.account.homeAccountId }));
})().catch((error) => { console.error(error); process.exit(1); });
`;

describe('MSAL for Node, unchanged, against the demo tenant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-msal-'));
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 7, redirectUris: [REDIRECT], clientCertificatePem: keys.publicKey });
    writeCaCertificate(tenant, join(folder, 'ca.pem'));
  });
  afterAll(async () => {
    await tenant.close();
    rmSync(folder, { recursive: true });
  });

  async function useMsal(credentials: Record<string, string>): Promise<Record<string, unknown>> {
    const plan = {
      authority: tenant.authority,
      clientId: tenant.clientId,
      redirectUri: REDIRECT,
      hint: tenant.administrator.userPrincipalName,
      ...credentials,
    };
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), PLAN: JSON.stringify(plan) };
    const { stdout } = await run(process.execPath, ['-e', PROGRAM], { env, cwd: resolve(__dirname, '../..') });
    return JSON.parse(stdout);
  }

  it.each([
    ['a client secret', () => ({ clientSecret: tenant.clientSecret })],
    ['a signed assertion', () => ({ privateKey: keys.privateKey, thumbprint: 'ab'.repeat(32) })],
  ])('completes client credentials, the code flow and a refresh with %s', async (_what, credentials) => {
    const result = await useMsal(credentials());
    expect(result).toMatchObject({
      own: 3,
      refreshed: true,
      homeAccountId: `${tenant.administrator.objectId}.${tenant.tenantId}`,
      claims: { oid: tenant.administrator.objectId, tid: tenant.tenantId, nonce: 'n1', aud: tenant.clientId },
    });
  });
});
