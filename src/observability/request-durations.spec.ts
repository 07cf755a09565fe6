import { Histogram, Registry, register } from 'prom-client';
import { RequestDurations } from './request-durations.js';

describe('RequestDurations', () => {
  afterEach(() => register.removeSingleMetric('durations_seconds'));

  it('says in the text format exactly what the library’s own histogram says of the same requests', async () => {
    const bounds = [0.001, 0.01, 0.1];
    const ours = new RequestDurations('durations_seconds', 'Durations', bounds);
    const registry = new Registry();
    const theirs = new Histogram({
      name: 'durations_seconds',
      help: 'Durations',
      labelNames: ['method', 'route', 'status'],
      buckets: bounds,
      registers: [registry],
    });
    const requests: [string, string, number, number][] = [
      ['GET', '/a', 200, 0.0005],
      ['GET', '/a', 200, 0.001],
      ['GET', '/a', 200, 0.5],
      ['GET', '/a', 404, 0.02],
      ['POST', '/a', 201, 0.002],
      ['GET', '/b', 200, 0.05],
    ];
    for (const [method, route, status, seconds] of requests) {
      ours.count(method, route, status, seconds);
      theirs.observe({ method, route, status }, seconds);
    }
    const sorted = (text: string) => text.split('\n').sort();
    const labelled = (text: string) =>
      text.replaceAll(/\{(.*)\}/g, (_all, labels: string) => `{${labels.split(',').sort().join(',')}}`);
    const text = await register.getSingleMetricAsString('durations_seconds');
    expect(sorted(labelled(text))).toEqual(
      sorted(labelled(await registry.getSingleMetricAsString('durations_seconds'))),
    );
    ours.reset();
    expect((await ours.get()).values).toEqual([]);
  });
});
