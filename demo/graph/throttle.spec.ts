import { startDemoTenant } from '../demo-tenant.js';
import { graph } from '../testing/tenant-client.js';
import { GraphFailure } from './graph-failure.js';
import { Throttle, unitsFor } from './throttle.js';

describe('Throttle', () => {
  const refusal = (act: () => unknown): GraphFailure => {
    try {
      act();
    } catch (error) {
      if (error instanceof GraphFailure) return error;
    }
    throw new Error('It was admitted.');
  };

  it('admits one Conditional Access request a second for the whole tenant and gives no Retry-After', () => {
    let now = 0;
    const throttle = new Throttle(true, 5000, () => now);
    throttle.admit('a', 1, 'conditionalAccess');
    const refused = refusal(() => throttle.admit('b', 1, 'conditionalAccess'));
    expect([refused.status, refused.headers]).toEqual([429, {}]);
    now = 1000;
    expect(() => throttle.admit('b', 1, 'conditionalAccess')).not.toThrow();
  });

  it('admits five reports in ten seconds for each application and says when to come back', () => {
    let now = 0;
    const throttle = new Throttle(true, 5000, () => now);
    for (let call = 0; call < 5; call++) throttle.admit('a', 1, 'reports');
    now = 4000;
    expect(refusal(() => throttle.admit('a', 1, 'reports')).headers).toEqual({ 'retry-after': '6' });
    expect(() => throttle.admit('b', 1, 'reports')).not.toThrow();
    now = 10_001;
    expect(() => throttle.admit('a', 1, 'reports')).not.toThrow();
  });

  it('counts resource units, warns above four fifths and refuses above the limit', () => {
    const throttle = new Throttle(true, 10, () => 0);
    expect(throttle.admit('a', 8, undefined)).toEqual({ 'x-ms-resource-unit': '8' });
    expect(throttle.admit('a', 1, undefined)).toMatchObject({ 'x-ms-throttle-limit-percentage': '0.90' });
    expect(refusal(() => throttle.admit('a', 2, undefined)).headers).toMatchObject({
      'retry-after': '10',
      'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
    });
  });

  it('knows three sizes of tenants', () => {
    expect([unitsFor(49), unitsFor(500), unitsFor(501)]).toEqual([3500, 5000, 8000]);
  });

  it('refuses over the wire only when it is switched on, items of a batch one by one', async () => {
    const tenant = await startDemoTenant({ seed: 10, throttle: true });
    const policies = '/identity/conditionalAccess/policies';
    expect((await graph(tenant, policies)).status).toBe(200);
    const second = await graph(tenant, '/identity/conditionalAccess/namedLocations');
    expect([second.status, second.headers['retry-after']]).toEqual([429, undefined]);
    const batch = await graph(tenant, '/$batch', {
      method: 'POST',
      body: {
        requests: [
          { id: '1', method: 'GET', url: policies },
          { id: '2', method: 'GET', url: '/organization' },
        ],
      },
    });
    expect(batch.json['responses']).toMatchObject([{ status: 429 }, { status: 200 }]);
    tenant.setThrottling(false);
    for (let call = 0; call < 3; call++) expect((await graph(tenant, policies)).status).toBe(200);
    await tenant.close();
  });
});
