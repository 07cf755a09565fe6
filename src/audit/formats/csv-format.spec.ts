import type { AuditRow } from '../log/canonical-record.js';
import { CSV_FORMAT } from './csv-format.js';

const ROW: AuditRow = {
  id: 'id',
  occurredAt: '2026-11-30T08:00:00.123456Z',
  action: 'users.user.updated',
  outcome: 'success',
  reason: null,
  actorType: 'anonymous',
  actorId: null,
  actorName: null,
  sessionId: null,
  tenantId: null,
  targetType: null,
  targetId: null,
  targetName: null,
  sourceAddress: null,
  userAgent: null,
  requestId: null,
  traceId: null,
  states: null,
};

describe('a line of CSV', () => {
  it.each([
    ['=1', "'=1"],
    [' \u200b@x', "' \u200b@x"],
    ["Mozilla (X;=cmd|' /C calc'!A0;x)", "Mozilla (X;'=cmd|' /C calc'!A0;x)"],
    ['a\t +1', "a\t' +1"],
    ['a;\uFF1D1', "a;'\uFF1D1"],
    ['a;b=1', 'a;b=1'],
  ])('keeps %j from being a formula, whatever ends a field there', (userAgent, shown) => {
    const fields = CSV_FORMAT.line({ leafIndex: 0, leafHash: null, changed: false, row: { ...ROW, userAgent } }).split(
      '","',
    );
    expect(fields[15]).toBe(shown);
  });
});
