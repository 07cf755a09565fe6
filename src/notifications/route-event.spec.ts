import type { JsonObject } from '../crypto/canonical-json.js';
import { type RoutedEndpoint, routeEvent, routeResolution } from './route-event.js';

const ENDPOINT: RoutedEndpoint = {
  id: 'e',
  status: 'enabled',
  tenantId: null,
  tenantIds: [],
  eventTypes: [],
  minSeverity: 'medium',
  resourceTypes: [],
  controls: [],
  digestIntervalSeconds: 86_400,
};
const detected = (data: JsonObject) => ({ type: 'drift.changes.detected' as const, tenantId: 't', data });
const LOW = detected({ summary: { low: 5, info: 9 }, resourceTypes: { group: 'low' }, references: [], controls: [] });
const HIGH = detected({
  summary: { high: 1, low: 1 },
  resourceTypes: { conditionalAccessPolicy: 'high', group: 'low' },
  references: ['MS.AAD.3.2'],
  controls: [],
});
const FELL = detected({
  ...LOW.data,
  controls: [{ id: 'MS.AAD.1.1', title: 'x', before: 'met', after: 'not-met' }],
});
const want = (part: Partial<RoutedEndpoint>): RoutedEndpoint => ({ ...ENDPOINT, ...part });

describe('how an endpoint is told of an event', () => {
  it('is at once when the gravest change is grave enough, else in its digest if it has one', () => {
    expect(routeEvent(ENDPOINT, HIGH)).toBe('now');
    expect(routeEvent(ENDPOINT, LOW)).toBe('digest');
    expect(routeEvent(want({ digestIntervalSeconds: null }), LOW)).toBe('none');
    expect(routeEvent(want({ minSeverity: 'info' }), LOW)).toBe('now');
  });

  it('is at once when the severity cannot be read', () => {
    const unreadable: JsonObject[] = [{}, { summary: {} }, { summary: 'none' }];
    for (const data of unreadable) {
      expect(routeEvent(ENDPOINT, detected(data))).toBe('now');
      expect(routeEvent(want({ resourceTypes: ['group'] }), detected(data))).toBe('now');
    }
  });

  it('is by the changes of the types that it asks for', () => {
    expect(routeEvent(want({ resourceTypes: ['conditionalAccessPolicy'] }), HIGH)).toBe('now');
    expect(routeEvent(want({ resourceTypes: ['group'] }), HIGH)).toBe('digest');
    expect(routeEvent(want({ resourceTypes: ['group', 'conditionalAccessPolicy'] }), HIGH)).toBe('now');
    expect(routeEvent(want({ resourceTypes: ['domain'] }), HIGH)).toBe('none');
  });

  it('is by the controls that it asks for: those that turned, and those that a change concerns', () => {
    expect(routeEvent(want({ controls: ['MS.AAD.3.2'] }), HIGH)).toBe('now');
    expect(routeEvent(want({ controls: ['MS.AAD.3.2'] }), LOW)).toBe('none');
    expect(routeEvent(want({ controls: ['MS.AAD.1.1'] }), HIGH)).toBe('none');
    expect(routeEvent(want({ controls: ['MS.AAD.1.1'] }), FELL)).toBe('now');
    expect(routeEvent(want({ controls: ['MS.AAD.1.1'], resourceTypes: ['domain'] }), FELL)).toBe('now');
    expect(routeEvent(want({ controls: ['MS.AAD.3.2'], minSeverity: 'critical' }), HIGH)).toBe('digest');
    expect(routeEvent(want({ controls: ['MS.AAD.3.2'], resourceTypes: ['domain'] }), HIGH)).toBe('none');
  });

  it('is at once when a control fell, whatever the severity, unless it asks for other types', () => {
    expect(routeEvent(want({ minSeverity: 'critical' }), FELL)).toBe('now');
    expect(routeEvent(want({ minSeverity: 'critical', resourceTypes: ['group'] }), FELL)).toBe('now');
    expect(routeEvent(want({ resourceTypes: ['domain'] }), FELL)).toBe('none');
  });

  it('is by its kinds and its tenants; all hear of what concerns the installation', () => {
    const failed = { type: 'drift.scan.failed', tenantId: 't', data: {} } as const;
    const reused = { type: 'auth.refresh.reused', tenantId: null, data: {} } as const;
    expect(routeEvent(want({ eventTypes: ['auth.refresh.reused'] }), failed)).toBe('none');
    expect(routeEvent(want({ eventTypes: ['drift.scan.failed'] }), failed)).toBe('now');
    expect(routeEvent(want({ tenantId: 'other' }), failed)).toBe('none');
    expect(routeEvent(want({ tenantIds: ['other', 't'] }), failed)).toBe('now');
    expect(routeEvent(want({ tenantIds: ['other'] }), failed)).toBe('none');
    expect(routeEvent(want({ tenantIds: ['other'], tenantId: 'other' }), reused)).toBe('now');
  });

  it('is by a digest that was made for it, and by no other', () => {
    const digest = { type: 'drift.digest', tenantId: null, data: { endpointId: 'e' } } as const;
    expect(routeEvent(want({ eventTypes: ['drift.scan.failed'] }), digest)).toBe('now');
    expect(routeEvent(want({ id: 'f' }), digest)).toBe('none');
  });

  it('is not, when it is disabled', () => {
    expect(routeEvent(want({ status: 'disabled' }), HIGH)).toBe('none');
    expect(routeResolution(want({ status: 'disabled' }), { ...HIGH, type: 'drift.changes.resolved' }, 'now')).toBe(
      'none',
    );
  });
});

describe('how an endpoint is told that an alert is resolved', () => {
  const resolved = (event: typeof HIGH) => ({ ...event, type: 'drift.changes.resolved' as const });

  it('is as it was told of the alert, whatever the severity is by now', () => {
    expect(routeResolution(ENDPOINT, resolved(LOW), 'now')).toBe('now');
    expect(routeResolution(ENDPOINT, resolved(HIGH), 'digest')).toBe('digest');
    expect(routeResolution(ENDPOINT, resolved(HIGH), null)).toBe('none');
    expect(routeResolution(want({ digestIntervalSeconds: null }), resolved(HIGH), 'digest')).toBe('none');
    expect(routeResolution(want({ eventTypes: ['drift.changes.detected'] }), resolved(HIGH), 'now')).toBe('none');
  });

  it('is by what the message says, for one that asks for this kind only', () => {
    const only = want({ eventTypes: ['drift.changes.resolved'] });
    expect(routeResolution(only, resolved(HIGH), null)).toBe('now');
    expect(routeResolution(only, resolved(LOW), null)).toBe('digest');
  });
});
