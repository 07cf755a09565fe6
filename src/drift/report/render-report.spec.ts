import { createHash } from 'node:crypto';
import type { DriftReportDocument, ReportedChange } from './drift-report.types.js';
import { printable, shortValue } from './printable.js';
import { HTML_REPORT_POLICY } from './render-html.js';
import { renderPage, renderReport } from './render-report.js';
import { REPORT_FORMATS } from './report-formats.js';

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

  test.each([['html'], ['markdown'], ['text']] as const)('%s says how many changes it leaves out', (format) => {
    const page = renderPage(report([CHANGE]), format, { omitted: 1234, colour: false });
    expect(page).toContain('1234 more changes are not shown');
    expect(page).toContain('1235 changes');
    expect(renderReport(report([CHANGE]), format)).not.toContain('not shown');
  });
});

describe('markdown', () => {
  const HOSTILE = [
    'a | b',
    'a \\| b \\\\| c ||',
    '`` | ` x | ` ``',
    '\\',
    '<script>alert(1)</script>',
    '[x](https://evil.example) ![y](https://evil.example/p.png)',
    'see https://evil.example/a and http://evil.example, www.evil.example or evil.example',
    '@security-team look, #1 and owner/repo#2, mail a@evil.example',
    '**bold** _it_ ~~gone~~ # head',
    ' - item\n# head\n| a |',
    '&lt;img&gt; &#64;team',
    '   ',
  ];
  /** As GitHub's table extension finds cells: a bar ends one unless a backslash stands before it. */
  const cellsOf = (row: string) => row.split(/(?<!\\)\|/);
  const rowOf = (change: Partial<ReportedChange>) =>
    renderReport(report([{ ...CHANGE, ...change }]), 'markdown')
      .split('\n')
      .find((line) => line.startsWith('| high')) ?? '';
  /** Code spans as CommonMark finds them: from a run of backticks to the next of the same length. */
  const withoutCode = (cell: string) => cell.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, '');

  test.each(HOSTILE)('holds %j as code where it is a name, a path or a value', (text) => {
    const cells = cellsOf(rowOf({ displayName: text, path: `/${text}`, before: text, after: [text] }));
    expect(cells).toHaveLength(8);
    expect(withoutCode(cells[3] ?? '').trim()).toMatch(/^Conditional Access policy( \(empty\))?$/);
    expect(withoutCode(cells[4] ?? '').trim()).toBe(':');
  });

  test('is as short as its values, however long names and paths are', () => {
    const long = '` '.repeat(150_000);
    const change = { ...CHANGE, displayName: long, path: `/${long}`, before: long, after: long };
    for (const format of ['markdown', 'html', 'text'] as const)
      expect(renderReport(report([change]), format).length).toBeLessThan(20_000);
  });

  test.each(HOSTILE)('makes nothing of %j in a title', (text) => {
    const cells = cellsOf(rowOf({ title: `A policy was changed (in the change window "${text}")` }));
    expect(cells).toHaveLength(8);
    const title = cells[5] ?? '';
    expect(title).not.toMatch(/https?:\/\/|www\.[a-z]|\.example|[@#][a-z0-9]/);
    expect(title).not.toMatch(/(?<!\\)[`*_[\]~]|<|>/);
  });
});

describe('html', () => {
  const evil = {
    ...CHANGE,
    displayName: '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    path: "/a' onclick='x",
    after: ['</code><b>'],
    actor: { type: 'user' as const, id: '<i>', displayName: 'A\u202eB&amp;' },
  };

  test('loads nothing and runs nothing, whatever a tenant calls its things', () => {
    const page = renderReport(report([evil], HOLE), 'html');
    const tags = [...page.matchAll(/<([a-z1-6]+)/g)].map(([, name]) => name);
    for (const name of ['script', 'img', 'b', 'i', 'link', 'iframe', 'object']) expect(tags).not.toContain(name);
    expect(page).not.toMatch(/<[^>]*\son[a-z]+=/i);
    expect(page).not.toMatch(/<[^>]*\s(?:src|href|style)=/);
    expect(page).toContain('&#60;script&#62;');
    expect(page).toContain('A\\u202eB&#38;amp;');
  });

  test('has a policy that its own style satisfies', () => {
    const page = renderReport(report([CHANGE]), 'html');
    const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    expect(page).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(page).toContain(HTML_REPORT_POLICY);
  });

  test('says which controls moved, and what was not assessed before what changed', () => {
    const controls = [
      { id: 'MS.AAD.3.2', before: 'met' as const, after: 'not-met' as const },
      { id: 'MS.AAD.1.1', before: 'met' as const, after: 'met' as const },
    ];
    const page = renderReport({ ...report([CHANGE], HOLE), controls }, 'html');
    expect(page).toContain('MS.AAD.3.2');
    expect(page).not.toContain('MS.AAD.1.1');
    expect(page.indexOf('page 2 answered 503')).toBeLessThan(page.indexOf('<article'));
  });

  test('says that there is no drift only where everything was assessed', () => {
    expect(renderReport(report([]), 'html')).toContain('No drift.');
    expect(renderReport(report([], HOLE), 'html')).toContain('No drift in what was assessed.');
  });
});

describe('sarif', () => {
  const parsed = (document: DriftReportDocument) => JSON.parse(renderReport(document, 'sarif')).runs[0];

  test('has a result a change with its rule, its object and a fingerprint that stays', () => {
    const run = parsed(report([CHANGE, { ...CHANGE, id: 'j', rules: [], severity: 'info', state: 'accepted' }]));
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['CA-04', 'drift']);
    const [first, second] = run.results;
    expect(first).toMatchObject({
      ruleId: 'CA-04',
      ruleIndex: 0,
      level: 'error',
      partialFingerprints: { 'blindspotxChange/v1': 'i' },
      properties: { severity: 'high', before: ['a'], after: ['b', 'c'] },
    });
    expect(first.suppressions).toBeUndefined();
    expect(second).toMatchObject({
      ruleId: 'drift',
      ruleIndex: 1,
      level: 'note',
      suppressions: [{ kind: 'external' }],
    });
    expect(first.locations[0].physicalLocation.artifactLocation.uri).toBe('conditionalAccessPolicy/1.json');
  });

  test('is no success where something was not assessed', () => {
    expect(parsed(report([])).invocations).toEqual([{ executionSuccessful: true, toolExecutionNotifications: [] }]);
    const [invocation] = parsed(report([], HOLE)).invocations;
    expect(invocation.executionSuccessful).toBe(false);
    expect(invocation.toolExecutionNotifications[0].message.text).toContain('page 2 answered 503');
  });

  test('has no link, placeholder or mention of a tenant in its messages', () => {
    const evil = '[click](https://evil.example) {0} \\ @team www.evil.example #1';
    const run = parsed(
      report(
        [{ ...CHANGE, displayName: evil, title: `T ${evil}`, path: `/${evil}`, after: [evil] }],
        [{ resourceType: 'user', reason: evil, since: null }],
      ),
    );
    const texts = [
      run.results[0].message.text,
      run.tool.driver.rules[0].shortDescription.text,
      run.invocations[0].toolExecutionNotifications[0].message.text,
    ];
    for (const text of texts) {
      expect(text).toContain('click');
      expect(text).not.toMatch(/(?<!\\)[[\]]/);
      expect(text.replaceAll(/\{\{|\}\}/g, '')).not.toMatch(/[{}]/);
      expect(text).not.toMatch(/:\/\/|www\.[a-z]|[@#][a-z0-9]/);
    }
    expect(run.results[0].properties.after).toEqual([evil]);
  });

  test('tells its rules by their places, whatever the order of the changes', () => {
    const of = (rule: string, id: string) => ({ ...CHANGE, id, rules: [rule] });
    const run = parsed(report([of('CA-09', '1'), of('CA-01', '2'), of('CA-09', '3')]));
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(run.tool.driver.rules).toHaveLength(2);
  });

  test('makes an address of any key', () => {
    const run = parsed(report([{ ...CHANGE, resourceKey: '../a b\ud800|c' }]));
    expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(
      'conditionalAccessPolicy/..%2Fa%20b%EF%BF%BD%7Cc.json',
    );
  });
});

describe('csv', () => {
  test('is safe in a spreadsheet, and has a line for what was not assessed', () => {
    const text = renderReport(report([{ ...CHANGE, displayName: '=cmd|x', after: ['"'] }], HOLE), 'csv');
    const lines = text.split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain(`"'=cmd|x"`);
    expect(lines[1]).toContain(String.raw`,"[""\""""]",`);
    expect(lines[2]).toMatch(/^"not assessed".*"page 2 answered 503"/);
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
