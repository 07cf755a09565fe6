import { NDJSON_FORMAT } from '../formats/ndjson-format.js';
import type { AuditRow } from '../log/canonical-record.js';
import { syslogFrame, syslogMessage } from './syslog-message.js';

const ROW: AuditRow = {
  id: '01900000-0000-7000-8000-000000000001',
  occurredAt: '2026-11-30T08:00:00.123456Z',
  action: 'users.user.disabled',
  outcome: 'success',
  reason: null,
  actorType: 'user',
  actorId: 'a',
  actorName: 'A',
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
const OPTIONS = { format: NDJSON_FORMAT, hostname: 'bx.example', maxBytes: 8192 };
const message = (row: Partial<AuditRow>, options = {}) =>
  syslogMessage(
    { leafIndex: 7, leafHash: null, changed: false, row: { ...ROW, ...row } },
    { ...OPTIONS, ...options },
  ).toString('utf8');

describe('a record as a syslog message', () => {
  it('has the header, the structured data and the text of RFC 5424', () => {
    const [before, text] = message({}).split(' \uFEFF');
    expect(before).toBe(
      '<110>1 2026-11-30T08:00:00.123456Z bx.example blindspotx - users.user.disabled [audit@32473 leafIndex="7" ' +
        'id="01900000-0000-7000-8000-000000000001" action="users.user.disabled" outcome="success" actorType="user" ' +
        'actorId="a" targetType="user" targetId="b"]',
    );
    expect(text).toBe(NDJSON_FORMAT.line({ leafIndex: 7, leafHash: null, changed: false, row: ROW }));
  });

  it('escapes what would end a value, and nothing else', () => {
    expect(message({ targetId: 'x"] <1>1 [y z="\\' })).toContain('targetId="x\\"\\] <1>1 [y z=\\"\\\\"]');
  });

  it.each(['\n', '\r', '\0', '\u007f', '\u0085', '\u2028', '\u009b'])(
    'has no control character %j anywhere',
    (control) => {
      const text = message({
        targetId: `x${control}y`,
        states: JSON.stringify({ after: { x: control }, before: null }),
      });
      expect(text).not.toContain(control);
      expect(JSON.parse(text.split('\uFEFF')[1] ?? '')).toMatchObject({ record: { after: { x: control } } });
    },
  );

  it('keeps names to printable ASCII and their lengths', () => {
    const text = message({ action: `a.${'b'.repeat(40)}.c` }, { hostname: 'bä x\n' });
    expect(text).toMatch(/^<110>1 \S+ bx blindspotx - a\.b{30} \[/);
    expect(message({}, { hostname: 'ä' })).toContain('Z - blindspotx');
  });

  it('leaves out the states when it is too long, then cuts at the end of a character', () => {
    const states = JSON.stringify({ after: { x: 'y'.repeat(5000) }, before: null });
    const short = message({ states }, { maxBytes: 2048 });
    expect(short).toContain('truncated="true"]');
    expect(JSON.parse(short.split('\uFEFF')[1] ?? '')).toMatchObject({ record: { after: null } });
    for (let maxBytes = 2048; maxBytes < 2052; maxBytes++) {
      const cut = syslogMessage(
        { leafIndex: 7, leafHash: null, changed: false, row: { ...ROW, userAgent: '€'.repeat(1000) } },
        { ...OPTIONS, maxBytes },
      );
      expect(cut.length).toBeLessThanOrEqual(maxBytes);
      expect(cut.length).toBeGreaterThan(maxBytes - 3);
      expect(cut.toString('utf8')).not.toContain('\uFFFD');
    }
  });

  it('is framed by its length in bytes', () => {
    expect(syslogFrame(Buffer.from('ä€')).toString('utf8')).toBe('5 ä€');
  });
});
