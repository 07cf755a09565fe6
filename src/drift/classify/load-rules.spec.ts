import { loadRules, parseRules, RuleFileError } from './load-rules.js';

const RULE = `
- id: CA-01
  title: A policy is off
  resources: [conditionalAccessPolicy]
  paths: [/state]
  severity: high
  references: [MT.1]
  loosens: { to: [disabled] }
`;

function fault(change: (yaml: string) => string): string {
  try {
    parseRules('x.yaml', change(RULE));
  } catch (error) {
    expect(error).toBeInstanceOf(RuleFileError);
    return error instanceof Error ? error.message : '';
  }
  return 'no fault';
}

describe('rule files', () => {
  test('the valid one is read whole', () => {
    expect(parseRules('x.yaml', RULE)).toEqual([
      {
        id: 'CA-01',
        title: 'A policy is off',
        resources: ['conditionalAccessPolicy'],
        paths: ['/state'],
        severity: 'high',
        severityWhen: [],
        references: ['MT.1'],
        parameters: {},
        loosens: [{ to: ['disabled'] }],
        tightens: null,
        inside: [],
      },
    ]);
  });

  test.each<[string, (yaml: string) => string, string]>([
    ['broken YAML', (yaml) => `${yaml}  - [`, 'x.yaml: YAML: '],
    ['no list', () => 'a: 1', 'x.yaml: top: a list of rules is expected'],
    [
      'an id of another form',
      (yaml) => yaml.replace('CA-01', 'first'),
      'x.yaml: rule 1: "id" must be two letters and two digits, such as CA-01',
    ],
    [
      'a member that is not known',
      (yaml) => yaml.replace('severity:', 'serverity:'),
      'x.yaml: CA-01: "serverity" is not a known member',
    ],
    [
      'a condition that is not known',
      (yaml) => yaml.replace('to:', 'too:'),
      'x.yaml: CA-01: loosens: "too" is not a known member',
    ],
    [
      'an unknown severity',
      (yaml) => yaml.replace('severity: high', 'severity: huge'),
      'x.yaml: CA-01: "severity" holds "huge", which is none of critical, high, medium, low, info',
    ],
    [
      'an unknown type',
      (yaml) => yaml.replace('[conditionalAccessPolicy]', '[policy]'),
      'x.yaml: CA-01: "resources" holds "policy", which is none of ',
    ],
    [
      'a path that is no pointer',
      (yaml) => yaml.replace('[/state]', '[state]'),
      'x.yaml: CA-01: "paths" holds "state", which is no JSON Pointer',
    ],
    [
      'a fact that nobody knows',
      (yaml) => yaml.replace('{ to: [disabled] }', '{ if: [moon-full] }'),
      'x.yaml: CA-01: "if" holds "moon-full", which is none of ',
    ],
    [
      'an empty condition',
      (yaml) => yaml.replace('{ to: [disabled] }', '{}'),
      'x.yaml: CA-01: "loosens" must hold conditions that ask for something',
    ],
    [
      'no condition',
      (yaml) => yaml.replace('  loosens: { to: [disabled] }\n', ''),
      'x.yaml: CA-01: "loosens" must hold at least one condition',
    ],
    [
      'an empty list of values',
      (yaml) => yaml.replace('[disabled]', '[]'),
      'x.yaml: CA-01: "to" must be a list that isn\'t empty',
    ],
    [
      'a bound that is no number',
      (yaml) => yaml.replace('to: [disabled]', 'grows: much'),
      'x.yaml: CA-01: "grows" must be true, a number or a parameter of the rule',
    ],
    [
      'a flag that is false',
      (yaml) => yaml.replace('to: [disabled]', 'appears: false'),
      'x.yaml: CA-01: "appears" can only be true',
    ],
    [
      'a case that always holds',
      (yaml) => yaml.replace('  references', '  severityWhen: [{ severity: low }]\n  references'),
      'x.yaml: CA-01: "severityWhen" needs "if" or "unless"',
    ],
  ])('%s is refused with file, rule and reason', (_name, change, message) => {
    expect(fault(change)).toContain(message);
  });

  test('who means every change says "any"', () => {
    const [rule] = parseRules('x.yaml', RULE.replace('{ to: [disabled] }', 'any'));
    expect(rule?.loosens).toEqual([{}]);
  });

  test('an id is used once', () => {
    const ids = loadRules().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
