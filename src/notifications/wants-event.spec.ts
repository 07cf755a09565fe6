import type { JsonObject } from '../crypto/canonical-json.js';
import { wantsEvent } from './wants-event.js';

const ENDPOINT = { status: 'enabled', tenantId: null, eventTypes: [], minSeverity: 'medium' } as const;
const detected = (summary: JsonObject) => ({
  type: 'drift.changes.detected' as const,
  tenantId: 't',
  data: { summary },
});

describe('which events an endpoint gets', () => {
  it('is those whose gravest change is grave enough', () => {
    expect(
      wantsEvent({ ...ENDPOINT, eventTypes: [] }, detected({ critical: 0, high: 0, medium: 1, low: 5, info: 0 })),
    ).toBe(true);
    expect(
      wantsEvent({ ...ENDPOINT, eventTypes: [] }, detected({ critical: 1, high: 0, medium: 0, low: 0, info: 0 })),
    ).toBe(true);
    expect(
      wantsEvent({ ...ENDPOINT, eventTypes: [] }, detected({ critical: 0, high: 0, medium: 0, low: 5, info: 9 })),
    ).toBe(false);
  });

  it('is all whose severity cannot be read', () => {
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [] }, { ...detected({}), data: {} })).toBe(true);
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [] }, detected({}))).toBe(true);
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [] }, { ...detected({}), data: { summary: 'none' } })).toBe(true);
  });

  it('is those of its kinds and its tenant, and those of the installation', () => {
    const failed = { type: 'drift.scan.failed', tenantId: 't', data: {} } as const;
    const reused = { type: 'auth.refresh.reused', tenantId: null, data: {} } as const;
    expect(wantsEvent({ ...ENDPOINT, eventTypes: ['auth.refresh.reused'] }, failed)).toBe(false);
    expect(wantsEvent({ ...ENDPOINT, eventTypes: ['drift.scan.failed'] }, failed)).toBe(true);
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [], tenantId: 'other' }, failed)).toBe(false);
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [], tenantId: 'other' }, reused)).toBe(true);
  });

  it('is none of a disabled endpoint', () => {
    expect(wantsEvent({ ...ENDPOINT, eventTypes: [], status: 'disabled' }, detected({ critical: 1 }))).toBe(false);
  });
});
