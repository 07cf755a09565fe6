import { createHash, createPublicKey, verify } from 'node:crypto';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import { TOKEN_FLAWS } from '../faults/fault-registry.js';
import type { Json, JsonObject } from '../store/json.types.js';
import { claimsOf, graph, headerOf, wire } from '../testing/tenant-client.js';

describe('tokens that are wrong on purpose', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 6 });
  });
  afterAll(() => tenant.close());

  const accessToken = 'an.access.token';
  const code = '1.a-code';
  const plan = () => ({
    kind: 'id' as const,
    objectId: tenant.administrator.objectId,
    nonce: 'n',
    accessToken,
    code,
  });
  const leftHalf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
  const inHex = (claim: Json | undefined) => Buffer.from(String(claim), 'base64url').toString('hex');

  /** A small relying party: what a careful one must refuse. */
  async function isGood(token: string): Promise<boolean> {
    const { json } = await wire(tenant, `${tenant.authority}/discovery/v2.0/keys`);
    const { alg, kid } = headerOf(token);
    const key = (json['keys'] as JsonObject[]).find((one) => one['kid'] === kid);
    const [head, body, signature] = token.split('.');
    if (alg !== 'RS256' || !key) return false;
    if (
      !verify(
        'RSA-SHA256',
        Buffer.from(`${head}.${body}`),
        createPublicKey({ key: { kty: 'RSA', n: String(key['n']), e: String(key['e']) }, format: 'jwk' }),
        Buffer.from(signature ?? '', 'base64url'),
      )
    )
      return false;
    const claims = claimsOf(token);
    const now = Date.now() / 1000;
    return (
      claims['aud'] === tenant.clientId &&
      claims['iss'] === tenant.issuer &&
      claims['tid'] === tenant.tenantId &&
      claims['nonce'] === 'n' &&
      inHex(claims['at_hash']) === leftHalf(accessToken) &&
      inHex(claims['c_hash']) === leftHalf(code) &&
      typeof claims['sub'] === 'string' &&
      typeof claims['oid'] === 'string' &&
      Number(claims['iat']) <= now + 300 &&
      Number(claims['nbf']) <= now + 300 &&
      Number(claims['exp']) > now
    );
  }

  it('verifies by the published keys when nothing is wrong', async () => {
    expect(await isGood(tenant.mintToken(plan()))).toBe(true);
  });

  it.each(TOKEN_FLAWS)('makes a token that a careful relying party refuses: %s', async (flaw) => {
    expect(await isGood(tenant.mintToken({ ...plan(), flaw }))).toBe(false);
  });

  it('lets a test set and remove any claim or header member', () => {
    const token = tenant.mintToken({
      kind: 'api',
      objectId: tenant.administrator.objectId,
      claims: { scp: undefined, extra: [1] },
      header: { jku: 'https://x.example' },
    });
    expect(claimsOf(token)).toMatchObject({ aud: tenant.clientId, extra: [1] });
    expect(claimsOf(token)).not.toHaveProperty('scp');
    expect(headerOf(token)).toMatchObject({ jku: 'https://x.example' });
  });

  it('signs with a new key after a rotation, keeps the old one published, and withdraws it when asked', async () => {
    const old = tenant.mintToken(plan());
    tenant.rotateKeys();
    const fresh = tenant.mintToken(plan());
    expect(headerOf(fresh)['kid']).not.toBe(headerOf(old)['kid']);
    expect([await isGood(old), await isGood(fresh)]).toEqual([true, true]);
    tenant.rotateKeys(false);
    expect([await isGood(old), await isGood(fresh)]).toEqual([false, false]);
  });

  it('refuses flawed tokens at Graph itself', async () => {
    for (const flaw of ['badSignature', 'algNone', 'hs256', 'expired', 'wrongAudience', 'unknownKey'] as const) {
      const answer = await graph(tenant, '/domains', { token: tenant.mintToken({ kind: 'graph', flaw }) });
      expect([flaw, answer.status]).toEqual([flaw, 401]);
    }
  });
});
