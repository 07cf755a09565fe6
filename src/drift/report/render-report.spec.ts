import type { DriftReportDocument, ReportedChange } from './drift-report.types.js';
import { printable, shortValue } from './printable.js';
import { REPORT_FORMATS, renderReport } from './render-report.js';

const CHANGE: ReportedChange = {
  id: 'i',
  changeSetId: 's',
  state: 'open',
  resourceType: 'conditionalAccessPolicy',
  resourceKey: '1',
  displayName: 'Everybody',
  changeType: 'modified',
  path: '/conditions/users/excludeUsers',
  before: ['a'],
  after: ['b', 'c'],
  direction: 'loosening',
  severity: 'high',
  rules: ['CA-04'],
  references: ['MT.1036'],
  title: 'A user is excluded from a policy',
  matchedBy: 'name',
  actor: null,
  attribution: 'none',
};

function report(changes: ReportedChange[], incomplete: DriftReportDocument['incomplete'] = []): DriftReportDocument {
  return {
    complete: incomplete.length === 0,
    incomplete,
    trigger: 'offline',
    baselineVersion: null,
    summary: { critical: 0, high: changes.length, medium: 0, low: 0, info: 0 },
    changes,
    controls: [],
  };
}

const HOLE = [{ resourceType: 'user' as const, reason: 'page 2 answered 503', since: null }];

describe('text', () => {
  test('names object, path, what went and came, direction, meaning and rule', () => {
    expect(renderReport(report([CHANGE]), 'text')).toBe(
      [
        '1 change: 1 high',
        '',
        ' HIGH  Conditional Access policy "Everybody" (1, matched by name)',
        '    /conditions/users/excludeUsers: added b, c, removed a',
        '      loosening: A user is excluded from a policy [CA-04, MT.1036]',
        '',
      ].join('\n'),
    );
  });

  test('never says that there is no drift where something was not assessed', () => {
    expect(renderReport(report([]), 'text')).toBe('No drift.\n');
    expect(renderReport(report([], HOLE), 'text')).toMatch(
      /^No drift in what was assessed\.\n\nNot assessed.*\n {2}user: page 2 answered 503\n$/,
    );
  });
});

describe('every format', () => {
  test.each(REPORT_FORMATS.map((format) => [format]))(
    '%s ends in a line end and lists what was not assessed',
    (format) => {
      const text = renderReport(report([CHANGE], HOLE), format);
      expect(text.endsWith('\n')).toBe(true);
      expect(text).toContain('page 2 answered 503');
      expect(text).toContain('CA-04');
    },
  );

  test('markdown cells hold no cell, tag or link of a tenant', () => {
    const evil = { ...CHANGE, displayName: 'a | b <script> [x](y) `z`', after: ['|'] };
    const row = renderReport(report([evil]), 'markdown')
      .split('\n')
      .find((line) => line.startsWith('| high'));
    expect(row?.replaceAll('\\|', '').split('|')).toHaveLength(8);
    expect(row).not.toContain('<script>');
  });
});

describe('printable', () => {
  test.each([
    ['\u001b[31m', '\\u001b[31m'],
    ['a\nb\u0000', 'a\\u000ab\\u0000'],
    ['\u202eabc', '\\u202eabc'],
    ['\ud800x', '\\ud800x'],
    ['größe 😀', 'größe 😀'],
  ])('%j becomes %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('a long value is cut', () => {
    expect(shortValue('x'.repeat(1000), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
