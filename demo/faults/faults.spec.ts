import { createHash } from 'node:crypto';
import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import type { JsonObject } from '../store/json.types.js';
import { claimsOf, graph, headerOf, startSignIn, wire } from '../testing/tenant-client.js';
import { type Fault, FaultRegistry, parseFault, TOKEN_FLAWS } from './fault-registry.js';

const leftHalf = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');

describe('faults of the demo tenant', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 12, redirectUris: ['http://localhost:3997/cb'] });
  });
  afterAll(() => tenant.close());
  afterEach(() => tenant.setFaults());

  const policies = '/identity/conditionalAccess/policies';
  const strike = async (fault: Fault, path = policies) => {
    tenant.setFaults({ path: `${path}*`, ...fault });
    return graph(tenant, path, { timeoutMs: 400 });
  };

  it('throttles with and without Retry-After', async () => {
    expect(await strike({ kind: 'throttle', times: 1 })).toMatchObject({ status: 429 });
    expect((await strike({ kind: 'throttle', times: 1 })).headers).not.toHaveProperty('retry-after');
    expect((await strike({ kind: 'throttle', retryAfterSeconds: 2, times: 1 })).headers['retry-after']).toBe('2');
    expect((await graph(tenant, policies)).status).toBe(200);
  });

  it('answers any status, with Graph’s error body', async () => {
    const answer = await strike({ kind: 'status', status: 503, retryAfterSeconds: 1 });
    expect([answer.status, answer.json]).toMatchObject([503, { error: { code: 'ServiceUnavailable' } }]);
  });

  it('answers HTML, with an error status or with 200', async () => {
    expect((await strike({ kind: 'html', times: 1 })).headers['content-type']).toContain('text/html');
    expect((await strike({ kind: 'html', status: 200 })).status).toBe(200);
  });

  it('answers whatever it is told to', async () => {
    const answer = await strike({ kind: 'body', body: '{"value":null}' });
    expect([answer.status, answer.text]).toEqual([200, '{"value":null}']);
  });

  it('answers nothing at all', async () => {
    await expect(strike({ kind: 'hang' })).rejects.toThrow('timed out');
  });

  it('closes the connection instead of answering', async () => {
    await expect(strike({ kind: 'close' })).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  it('sends half of a page as if it were whole', async () => {
    const answer = await strike({ kind: 'truncate' });
    expect(answer.status).toBe(200);
    expect(() => JSON.parse(answer.text)).toThrow(SyntaxError);
  });

  it('cuts the connection in the middle of a page', async () => {
    await expect(strike({ kind: 'cut' })).rejects.toThrow(/aborted|ECONNRESET/);
  });

  it('links to another host', async () => {
    expect((await strike({ kind: 'foreignNextLink' })).json['@odata.nextLink']).toMatch(
      /^https:\/\/graph\.attacker\.example\//,
    );
  });

  it('links to the same page again and again', async () => {
    tenant.setFaults({ kind: 'loopNextLink', path: '/domains' });
    const first = await graph(tenant, '/domains?$top=1');
    const again = await graph(tenant, String(first.json['@odata.nextLink']));
    expect(again.json['value']).toEqual(first.json['value']);
    expect(again.json['@odata.nextLink']).toBe(first.json['@odata.nextLink']);
  });

  it('answers late', async () => {
    await expect(strike({ kind: 'slow', delayMs: 2000 })).rejects.toThrow('timed out');
    tenant.setFaults();
    expect((await strike({ kind: 'slow', delayMs: 10 })).status).toBe(200);
  });

  it('fails single items of a batch that is itself answered 200', async () => {
    tenant.setFaults({ kind: 'batchItem', path: '/domains', status: 429, times: 1 });
    const body = {
      requests: [
        { id: '1', method: 'GET', url: '/domains' },
        { id: '2', method: 'GET', url: '/organization' },
      ],
    };
    const answer = await graph(tenant, '/$batch', { method: 'POST', body });
    expect([answer.status, (answer.json['responses'] as JsonObject[]).map((item) => item['status'])]).toEqual([
      200,
      [429, 200],
    ]);
    expect((await graph(tenant, '/domains')).status).toBe(200);
  });

  it('leaves objects out of a list once, and lists others that are not there', async () => {
    const ids = async () => ((await graph(tenant, '/domains')).json['value'] as JsonObject[]).map((row) => row['id']);
    const all = await ids();
    tenant.setFaults({
      kind: 'flap',
      path: '/domains',
      ids: [String(all[0])],
      rows: [{ id: 'ghost.example' }],
      times: 1,
    });
    expect(await ids()).toEqual([...all.slice(1), 'ghost.example']);
    expect(await ids()).toEqual(all);
    expect(parseFault({ kind: 'flap', ids: ['a', 1], rows: [{ id: 'b' }, 2] })).toEqual({
      kind: 'flap',
      ids: ['a'],
      rows: [{ id: 'b' }],
    });
  });

  it('strikes after some requests pass, and only as often as told', () => {
    const faults = new FaultRegistry();
    faults.set({ kind: 'throttle', path: '/users*', after: 1, times: 2 });
    const struck = Array.from({ length: 5 }, () => faults.strike(['throttle'], 'GET', '/v1.0/users') !== undefined);
    expect(struck).toEqual([false, true, true, false, false]);
    expect(faults.strike(['throttle'], 'GET', '/v1.0/groups')).toBeUndefined();
  });

  async function signIn(): Promise<{ idToken: string; accessToken: string; code: string }> {
    const started = await startSignIn(tenant, 'http://localhost:3997/cb');
    const answer = await started.redeem();
    expect(answer.status).toBe(200);
    const { id_token: idToken, access_token: accessToken } = answer.json;
    return { idToken: String(idToken), accessToken: String(accessToken), code: started.code };
  }

  /** Is anything other than in a right token? */
  function isFlawed({ idToken: token, accessToken, code }: Awaited<ReturnType<typeof signIn>>): boolean {
    const claims = claimsOf(token);
    const right =
      claims['aud'] === tenant.clientId &&
      claims['iss'] === tenant.issuer &&
      claims['tid'] === tenant.tenantId &&
      claims['nonce'] === 'the-nonce' &&
      claims['sub'] !== undefined &&
      claims['oid'] !== undefined &&
      Number(claims['iat']) < Date.now() / 1000 + 60 &&
      headerOf(token)['kid'] !== undefined &&
      ['at_hash', 'c_hash'].every((claim, position) =>
        [undefined, leftHalf([accessToken, code][position] ?? '')].includes(claims[claim] as string | undefined),
      );
    return !right || typeof tenant.verifyToken(token) === 'string';
  }

  it.each(TOKEN_FLAWS)('lets the token endpoint send one id token with the flaw %s', async (flaw) => {
    tenant.setFaults({ kind: 'idToken', flaw, times: 1 });
    expect(isFlawed(await signIn())).toBe(true);
    expect(isFlawed(await signIn())).toBe(false);
  });

  it('spoils the key set and the discovery document as well', async () => {
    tenant.setFaults(
      { kind: 'html', path: '*/discovery/v2.0/keys', status: 200 },
      { kind: 'hang', path: '*openid-configuration' },
    );
    expect((await wire(tenant, `${tenant.authority}/discovery/v2.0/keys`)).text).toContain('<html>');
    await expect(
      wire(tenant, `${tenant.authority}/v2.0/.well-known/openid-configuration`, { timeoutMs: 300 }),
    ).rejects.toThrow('timed out');
  });

  it('says what a fault must look like', () => {
    expect(() => parseFault({ kind: 'earthquake' })).toThrow(/Unknown kind/);
    expect(() => parseFault({ kind: 'idToken' })).toThrow(/needs a flaw/);
    expect(() => parseFault({ kind: 'overlay', members: 'x' })).toThrow(/needs members/);
    expect(parseFault({ kind: 'overlay', members: { issuer: 'x' } })).toEqual({
      kind: 'overlay',
      members: { issuer: 'x' },
    });
    expect(parseFault({ kind: 'rotateKeys', keepOld: false })).toEqual({ kind: 'rotateKeys', keepOld: false });
    expect(parseFault({ kind: 'throttle', path: '/users', times: 2, extra: true })).toEqual({
      kind: 'throttle',
      path: '/users',
      times: 2,
    });
  });
});
