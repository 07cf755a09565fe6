import { loadRules } from '../../../src/drift/classify/load-rules.js';
import { CASES, SILENT } from './all-cases.js';
import { JudgedCase } from './judged-cases.js';
import type { RuleCase } from './rule-case.types.js';

const RULES = loadRules();
const named = (cases: RuleCase[]) =>
  cases.map((one): [string, string, JudgedCase] => [one.rule, one.name, new JudgedCase(one)]);

describe('every rule', () => {
  test.each(RULES.map(({ id }) => id))('%s has a case of its own', (id) => {
    expect(CASES.some(({ rule }) => rule === id)).toBe(true);
  });

  test.each(named(CASES))('%s: %s', (_rule, _name, judged) => {
    const { direction = 'loosening', severity } = judged.one;
    expect(judged.said(RULES)).toContainEqual(expect.objectContaining({ direction, severity }));
  });

  test.each(named(CASES.filter(({ bothWays, direction }) => !bothWays && direction !== 'tightening')))(
    '%s does not call the opposite of "%s" a loosening',
    (_rule, _name, judged) => {
      for (const change of judged.saidOfOpposite(RULES)) {
        expect(change).toMatchObject({ direction: expect.not.stringMatching('loosening'), severity: 'info' });
      }
    },
  );

  test.each(named(SILENT))('%s is silent: %s', (_rule, _name, judged) => {
    const loosenings = judged.said(RULES).filter(({ direction }) => direction === 'loosening');
    expect(loosenings).toEqual([]);
  });
});
