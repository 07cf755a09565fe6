import type { AuditRow } from '../log/canonical-record.js';
import type { AuditFormat } from './audit-format.js';
import { CSV_FORMAT } from './csv-format.js';
import { NDJSON_FORMAT } from './ndjson-format.js';
import { OCSF_FORMAT } from './ocsf-format.js';

const ROW: AuditRow = {
  id: '0199c2a0-0000-7000-8000-000000000001',
  occurredAt: '2026-11-30T08:00:00.123456Z',
  action: 'users.user.updated',
  outcome: 'success',
  reason: null,
  actorType: 'user',
  actorId: 'a',
  actorName: null,
  sessionId: null,
  tenantId: null,
  targetType: 'user',
  targetId: 'b',
  targetName: null,
  sourceAddress: null,
  userAgent: null,
  requestId: null,
  traceId: null,
  states: null,
};
const FORMATS: [string, AuditFormat][] = [
  ['ndjson', NDJSON_FORMAT],
  ['ocsf', OCSF_FORMAT],
  ['csv', CSV_FORMAT],
];
/** What somebody who writes past the service can put into a row. */
const HOSTILE: Record<string, Partial<AuditRow>> = {
  'an action that every object has': { action: 'constructor' },
  'the action __proto__': { action: '__proto__' },
  'no action': { action: '' },
  'a kind that every object has': { targetType: 'constructor', action: 'rbac.role.updated' },
  'states that are no objects': { states: '{"after":5,"before":"x"}' },
  'states that are lists': { states: '{"after":[null],"before":[]}' },
  'states that are null': { states: 'null' },
  'states that end early': { states: '{"after":' },
  'a minute that is none': { action: 'auth.anonymous.failed', states: '{"after":{"minute":"soon"},"before":null}' },
  'line breaks': { reason: 'one\r\ntwo\u2028three', targetName: '\n' },
  'half a character': { reason: '\ud800' },
};

describe.each(FORMATS)('%s', (name, format) => {
  it.each(Object.entries(HOSTILE))('throws for no row, and writes one line of it: %s', (_what, hostile) => {
    const line = format.line({ leafIndex: 7, leafHash: null, changed: false, row: { ...ROW, ...hostile } });
    if (name === 'csv') expect(line).toMatch(/^"7","0199c2a0/);
    else expect(line).not.toMatch(/[\r\n]/);
    if (name === 'ocsf') {
      const event = JSON.parse(line);
      expect(event).toMatchObject({ metadata: { uid: ROW.id, sequence: 7 } });
      expect(event.class_uid).toEqual(expect.any(Number));
      expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id);
    }
  });

  it('says of a lost record which it was', () => {
    const line = format.lost({ leafIndex: 9, id: ROW.id, occurredAt: ROW.occurredAt });
    for (const part of ['9', ROW.id]) expect(line).toContain(part);
    expect(line).toContain(name === 'ocsf' ? 'audit.record.lost' : ROW.occurredAt);
  });

  it('says of a changed record that it was changed, in its short form too, and nothing of what stands there', () => {
    const record = { leafIndex: 9, leafHash: Buffer.alloc(32, 1), changed: true, row: { ...ROW, reason: 'planted' } };
    for (const line of [format.line(record), format.shortened(record)]) {
      for (const part of ['9', ROW.id, 'changed']) expect(line).toContain(part);
      expect(line).not.toContain('planted');
      expect(line).not.toContain(ROW.action);
      if (name === 'ocsf') expect(line).toContain(record.leafHash.toString('base64'));
    }
  });
});
