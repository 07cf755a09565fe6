import { eventDataBytes, MAX_EVENT_DATA_BYTES } from '../../outbox/outbox.service.js';
import { type AlertChange, type AlertReport, alertData } from './alert-data.js';

const REPORT: AlertReport = {
  tenantId: 't',
  entraTenantId: 'e',
  tenantName: 'Contoso',
  reportId: 'r',
  sequence: 7,
  baselineVersion: 1,
  link: 'https://blindspotx.example.com/api/v1/drift/reports/r',
};

const IDENTITY = { alertId: 'a', changeSetId: null };

function change(part: Partial<AlertChange> = {}): AlertChange {
  return {
    id: 'c',
    changeSetId: 's',
    severity: 'high',
    direction: 'loosening',
    title: 'A user is excluded from a policy',
    resourceType: 'conditionalAccessPolicy',
    resourceKey: 'policy',
    displayName: 'MFA',
    changeType: 'modified',
    path: '/conditions/users/excludeUsers',
    rules: ['CA-04'],
    references: ['MS.AAD.3.2'],
    substate: 'new',
    actor: { type: 'user', id: 'u', displayName: 'mallory' },
    attribution: 'exact',
    ...part,
  };
}

describe('the data of an alert', () => {
  it('holds the worst changes first, with counts of all', () => {
    const data = alertData(REPORT, IDENTITY, {
      changes: [change({ id: '1', severity: 'info' }), change({ id: '2', severity: 'critical' }), change({ id: '3' })],
    });
    expect(data).toMatchObject({
      summary: { critical: 1, high: 1, medium: 0, low: 0, info: 1 },
      omitted: 0,
      link: REPORT.link,
    });
    expect((data['changes'] as { id: string }[]).map(({ id }) => id)).toEqual(['2', '3', '1']);
  });

  it('stays within what a webhook may carry, however many changes there are and whatever they are called', () => {
    const hostile = change({
      displayName: '\u0001'.repeat(5000),
      title: '😀'.repeat(5000),
      path: `/${'"'.repeat(9000)}`,
    });
    const data = alertData(REPORT, IDENTITY, { changes: Array.from({ length: 500 }, () => hostile) });
    expect(eventDataBytes(data)).toBeLessThanOrEqual(MAX_EVENT_DATA_BYTES);
    const listed = (data['changes'] as unknown[]).length;
    expect(listed).toBeGreaterThan(0);
    expect(data['omitted']).toBe(500 - listed);
  });
});
