import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import type { Json } from '../store/json.types.js';
import { claimsOf, graph, wire } from '../testing/tenant-client.js';

describe('the controls of the demo tenant', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 14 });
  });
  afterAll(() => tenant.close());

  const control = (
    method: string,
    path: string,
    body?: Json,
    base = tenant.authorityHost,
    headers: Record<string, string> = {},
  ) =>
    wire(tenant, `${base}/demo/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  it('answers on both ports', async () => {
    for (const base of [tenant.authorityHost, tenant.browserUrl]) {
      expect((await control('GET', 'state', undefined, base)).json).toMatchObject({
        tenantId: tenant.tenantId,
        counts: { users: 500 },
      });
    }
  });

  it('does not obey a web page or another host name', async () => {
    expect((await control('POST', 'attack', {}, tenant.browserUrl, { origin: 'https://evil.example' })).status).toBe(
      403,
    );
    expect((await control('POST', 'attack', {}, tenant.browserUrl, { host: 'rebound.example' })).status).toBe(403);
  });

  it('sets, lists and clears faults', async () => {
    expect(
      (await control('POST', 'faults', { faults: [{ kind: 'status', path: '/domains', status: 500 }] })).status,
    ).toBe(201);
    expect((await graph(tenant, '/domains')).status).toBe(500);
    expect((await control('GET', 'faults')).json).toMatchObject({ faults: [{ kind: 'status' }] });
    await control('DELETE', 'faults');
    expect((await graph(tenant, '/domains')).status).toBe(200);
    expect((await control('POST', 'faults', { kind: 'nonsense' })).json).toMatchObject({
      error: { message: expect.stringContaining('Unknown kind') },
    });
  });

  it('gives anybody’s Graph token, and any other token', async () => {
    const objectId = tenant.cast.memberIds[0] ?? '';
    const graphToken = (await control('POST', 'token', { objectId })).json['token'];
    expect((await graph(tenant, '/me', { token: String(graphToken) })).json['id']).toBe(objectId);
    const api = (await control('POST', 'token', { objectId, kind: 'api', claims: { scp: 'x' } })).json['token'];
    expect(claimsOf(api)).toMatchObject({ aud: tenant.clientId, scp: 'x' });
    expect((await control('POST', 'token', { objectId: 'nobody' })).status).toBe(400);
  });

  it('rotates keys, and withdraws the old ones when asked', async () => {
    const keys = async () => (await wire(tenant, `${tenant.authority}/discovery/v2.0/keys`)).json['keys'] as Json[];
    await control('POST', 'rotate-keys', {});
    expect(await keys()).toHaveLength(2);
    await control('POST', 'rotate-keys', { keepOld: false });
    expect(await keys()).toHaveLength(1);
  });

  it('attacks and edits with a seed', async () => {
    expect((await control('POST', 'attack', { seed: 4 })).json['attacks']).toHaveLength(4);
    expect((await control('POST', 'harmless', { seed: 4 })).json['edits']).toHaveLength(7);
    expect((await control('POST', 'attack', { seed: 'x' })).status).toBe(400);
  });

  it('switches throttling and the delay of the audit log, and makes delta tokens stale', async () => {
    await control('POST', 'throttling', { enabled: true });
    await graph(tenant, '/identity/conditionalAccess/policies');
    expect((await graph(tenant, '/identity/conditionalAccess/policies')).status).toBe(429);
    await control('POST', 'throttling', { enabled: false });
    await control('POST', 'audit-delay', { milliseconds: 5 });
    expect(tenant.state.audit.delayMs).toBe(5);
    const { json } = await graph(tenant, '/groups/delta?$deltatoken=latest');
    await control('POST', 'expire-delta-tokens');
    expect((await graph(tenant, String(json['@odata.deltaLink']))).status).toBe(410);
  });

  it('answers 404 to a control that does not exist and 400 to a body that is not JSON', async () => {
    expect((await control('POST', 'nothing', {})).status).toBe(404);
    expect((await control('POST', 'attack', '{')).status).toBe(400);
  });
});
