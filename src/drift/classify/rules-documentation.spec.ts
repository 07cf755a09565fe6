import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadRules } from './load-rules.js';

const PAGE = readFileSync(resolve(__dirname, '../../../docs/rules.md'), 'utf8');
const [IN = '', WAITING = ''] = PAGE.split('\n## Waiting\n').map((part, i) =>
  i === 0 ? (part.split('\n## In\n')[1] ?? '') : part,
);

/** How many rules each family has: 99 of the tenant, and those of our own configuration. */
const FAMILIES = {
  CA: 30,
  NL: 3,
  AS: 1,
  SD: 1,
  AP: 11,
  CO: 4,
  AM: 8,
  RO: 11,
  AC: 12,
  DO: 5,
  XT: 4,
  GR: 3,
  US: 1,
  DV: 2,
  PW: 1,
  HY: 1,
  LG: 1,
  RB: 7,
  WA: 13,
};

function rows(part: string): string[][] {
  return part
    .split('\n')
    .filter((line) => /^\| [A-Z]{2}-\d{2} \|/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('docs/rules.md', () => {
  const rules = loadRules();

  test('lists exactly the rules that are loaded, with their words, severities and references', () => {
    const byId = (a: string[], b: string[]) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1);
    const expected = rules.map(({ id, title, severity, severityWhen, references }) => {
      const cases = severityWhen.map(
        (one) =>
          `${one.severity} (${[...(one.if ?? []), ...(one.unless ?? []).map((fact) => `not ${fact}`)].join(', ')})`,
      );
      return [id, title, [severity, ...cases].join('; '), references.join(', ') || '-'];
    });
    expect(rows(IN).sort(byId)).toEqual(expected.sort(byId));
  });

  test('accounts for each of the 119 rules: in, or waiting with a reason', () => {
    const all = Object.entries(FAMILIES).flatMap(([family, count]) =>
      Array.from({ length: count }, (_, i) => `${family}-${String(i + 1).padStart(2, '0')}`),
    );
    expect(all).toHaveLength(119);
    expect([...rules.map(({ id }) => id), ...rows(WAITING).map(([id]) => id)].sort()).toEqual(all.sort());
    for (const [, , reason] of rows(WAITING)) expect(reason).toMatch(/.{5,}/);
  });
});
