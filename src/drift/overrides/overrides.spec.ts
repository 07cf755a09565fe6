import { loadRules } from '../classify/load-rules.js';
import { matches } from '../classify/match-condition.js';
import { effectiveRules, rulesVersion, speakingRules } from './apply-overrides.js';
import { parseOverrides } from './parse-overrides.js';
import type { RuleChange } from './rule-override.types.js';

const RULES = loadRules();
const NOW = new Date('2026-03-01T00:00:00Z');
const change = (part: Partial<RuleChange>): RuleChange => ({
  ruleId: 'CO-02',
  disabled: false,
  severity: null,
  parameters: {},
  reason: 'agreed',
  until: null,
  ...part,
});
const effective = (...changes: RuleChange[]) => effectiveRules(RULES, changes, NOW);
const held = (id: string, ...changes: RuleChange[]) => effective(...changes).find(({ rule }) => rule.id === id)?.rule;

describe('what a tenant says of a rule', () => {
  test('nothing said, nothing changed', () => {
    expect(speakingRules(effective())).toEqual(RULES);
  });

  test('a severity holds in every case', () => {
    expect(held('CA-04', change({ ruleId: 'CA-04', severity: 'low' }))).toMatchObject({
      severity: 'low',
      severityWhen: [],
    });
  });

  test('a rule is off, and no other', () => {
    const speaking = speakingRules(effective(change({ disabled: true, until: new Date('2026-04-01T00:00:00Z') })));
    expect(RULES.filter((rule) => !speaking.includes(rule)).map(({ id }) => id)).toEqual(['CO-02']);
  });

  test('what ended says nothing', () => {
    const ended = change({ disabled: true, until: new Date('2026-02-28T00:00:00Z') });
    expect(speakingRules(effective(ended))).toEqual(RULES);
  });

  test('a parameter is the bound of its conditions, and of those only', () => {
    const rule = held('PW-01', change({ ruleId: 'PW-01', parameters: { mostTries: 20 } }));
    expect(rule?.parameters).toEqual({ mostTries: 20, shortestLockSeconds: 60 });
    expect(rule?.loosens.map(({ grows, shrinks }) => [grows, shrinks])).toContainEqual([20, undefined]);
    expect(rule?.loosens.map(({ grows, shrinks }) => [grows, shrinks])).toContainEqual([undefined, 60]);
    const tries = rule?.loosens.find(({ grows }) => grows === 20);
    const from5 = (after: string) => ({ path: '/values/LockoutThreshold', before: '5', after }) as never;
    const none = { before: null, after: null, breakGlassIds: new Set() } as never;
    expect(['20', '21'].map((to) => tries !== undefined && matches(tries, from5(to), none))).toEqual([false, true]);
  });

  test('the version moves with what holds', () => {
    const version = (...changes: RuleChange[]) => rulesVersion(speakingRules(effective(...changes)));
    expect(version()).toBe(version(change({ severity: 'low', until: new Date('2026-02-01T00:00:00Z') })));
    expect(version(change({ severity: 'high' }))).not.toBe(version());
  });
});

describe('a file of such changes', () => {
  const GOOD = '- rule: CO-02\n  reason: agreed\n  parameters: { longestDays: 60 }\n  until: "2026-12-31T00:00:00Z"\n';

  test('is read whole', () => {
    expect(parseOverrides('o.yaml', GOOD, RULES, NOW)).toEqual([
      change({ parameters: { longestDays: 60 }, until: new Date('2026-12-31T00:00:00Z') }),
    ]);
  });

  test.each([
    ['no list', 'rule: CO-02', 'o.yaml: top: a list of changes is expected'],
    ['broken YAML', '- [', 'o.yaml: YAML: '],
    ['a member that is not known', GOOD.replace('until', 'untill'), 'o.yaml: entry 1: "untill" is not a known member'],
    ['an unknown rule', GOOD.replace('CO-02', 'CO-99'), 'o.yaml: CO-99: there is no rule CO-99'],
    ['an unknown parameter', GOOD.replace('longestDays', 'days'), 'o.yaml: CO-02: CO-02 has no parameter "days"'],
    ['a parameter below 0', GOOD.replace('60', '-1'), 'o.yaml: CO-02: "longestDays" must be a number from 0'],
    ['a parameter that is no number', GOOD.replace('60', 'x'), 'o.yaml: entry 1: "parameters" must hold numbers'],
    ['an end in the past', GOOD.replace('2026-12', '2025-12'), 'o.yaml: CO-02: "until" lies in the past'],
    ['an end that is no time', GOOD.replace('2026-12-31T00:00:00Z', 'soon'), 'o.yaml: entry 1: "until" must be a time'],
    ['no reason', GOOD.replace('agreed', '" "'), 'o.yaml: CO-02: "reason" must say something'],
    ['nothing said', '- { rule: CO-02, reason: agreed }', 'o.yaml: CO-02: it changes nothing'],
    [
      'off for good',
      '- { rule: CO-02, reason: agreed, disabled: true }',
      'o.yaml: CO-02: a rule is switched off until a day only',
    ],
    [
      'off for years',
      '- { rule: CO-02, reason: a, disabled: true, until: "2029-01-01T00:00:00Z" }',
      'o.yaml: CO-02: a rule is switched off for 366 days at most',
    ],
    [
      'an unknown severity',
      '- { rule: CO-02, reason: a, severity: huge }',
      'o.yaml: entry 1: "severity" must be one of critical',
    ],
    ['a rule twice', `${GOOD}${GOOD}`, 'o.yaml: CO-02: it is changed twice'],
  ])('%s is refused with file, place and reason', (_name, yaml, message) => {
    expect(() => parseOverrides('o.yaml', yaml, RULES, NOW)).toThrow(message);
  });
});
