import { type DemoTenant, startDemoTenant } from '../demo-tenant.js';
import type { TokenFlaw } from '../faults/fault-registry.js';
import { claimsOf, graph, headerOf, wire } from '../testing/tenant-client.js';
import type { TokenPlan } from './token-issuer.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

describe('logout tokens of the demo tenant', () => {
  let tenant: DemoTenant;
  beforeAll(async () => {
    tenant = await startDemoTenant({ seed: 23 });
  });
  afterAll(() => tenant.close());

  const mint = (about: Partial<TokenPlan> = {}) =>
    tenant.mintToken({ kind: 'logout', objectId: tenant.administrator.objectId, sid: 'the-session', ...about });

  it('have the claims of Back-Channel Logout 1.0 for two minutes, the subject of the id token, and no nonce', () => {
    const token = mint();
    const idToken = claimsOf(tenant.mintToken({ kind: 'id', objectId: tenant.administrator.objectId }));
    const claims = claimsOf(token);
    expect(headerOf(token)).toMatchObject({ typ: 'logout+jwt', alg: 'RS256' });
    expect(claims).toEqual({
      iss: tenant.issuer,
      aud: tenant.clientId,
      iat: expect.any(Number),
      exp: Number(claims['iat']) + 120,
      jti: expect.any(String),
      tid: tenant.tenantId,
      sub: idToken['sub'],
      sid: 'the-session',
      events: { [EVENT]: {} },
    });
    expect(tenant.verifyToken(token)).toEqual(claims);
    expect(claimsOf(mint())['jti']).not.toBe(claims['jti']);
  });

  it('are about a person, a session, or both, and about nothing only when a test insists', () => {
    expect(claimsOf(tenant.mintToken({ kind: 'logout', sid: 's' }))).not.toHaveProperty('sub');
    expect(claimsOf(tenant.mintToken({ kind: 'logout', objectId: tenant.administrator.objectId }))).not.toHaveProperty(
      'sid',
    );
    expect(() => tenant.mintToken({ kind: 'logout' })).toThrow(/objectId, a sid, or both/);
    const about = claimsOf(mint({ claims: { sub: undefined, sid: undefined } }));
    expect([about['sub'], about['sid']]).toEqual([undefined, undefined]);
  });

  it('can carry a nonce, another event, no event, and another type', () => {
    expect(claimsOf(mint({ claims: { nonce: 'n' } }))['nonce']).toBe('n');
    expect(claimsOf(mint({ claims: { events: { 'https://event.example/other': {} } } }))['events']).not.toHaveProperty([
      EVENT,
    ]);
    expect(claimsOf(mint({ claims: { events: undefined } }))).not.toHaveProperty('events');
    expect(headerOf(mint({ header: { typ: 'JWT' } }))['typ']).toBe('JWT');
  });

  const broken: TokenFlaw[] = ['badSignature', 'unknownKey', 'algNone', 'hs256', 'expired', 'missingKid'];
  it.each(broken)('do not verify with the flaw %s', (flaw) => {
    expect(typeof tenant.verifyToken(mint({ flaw }))).toBe('string');
  });

  const misdirected: [TokenFlaw, string][] = [
    ['wrongAudience', 'aud'],
    ['wrongIssuer', 'iss'],
    ['wrongTenant', 'tid'],
    ['missingIat', 'iat'],
    ['missingSub', 'sub'],
  ];
  it.each(misdirected)('differ with the flaw %s in %s', (flaw, claim) => {
    const right = claimsOf(mint());
    expect(claimsOf(mint({ flaw, claims: { jti: 'same' } }))[claim]).not.toEqual(right[claim]);
  });

  it('come from the control for tokens too, and open nothing at Graph', async () => {
    const body = { kind: 'logout', sid: 'of-a-session', objectId: tenant.administrator.objectId };
    const { json } = await wire(tenant, `${tenant.authorityHost}/demo/token`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(claimsOf(json['token'])).toMatchObject({ sid: 'of-a-session', events: { [EVENT]: {} } });
    expect((await graph(tenant, '/users', { token: String(json['token']) })).status).toBe(401);
  });
});
