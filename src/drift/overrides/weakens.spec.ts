import type { DriftRule } from '../classify/rule.types.js';
import type { Severity } from '../report/drift-report.types.js';
import type { RuleChange } from './rule-override.types.js';
import { weakens } from './weakens.js';

const NOW = new Date('2026-03-01T10:00:00Z');
const LATER = new Date('2026-04-01T10:00:00Z');
const LATEST = new Date('2026-05-01T10:00:00Z');

const rule = (severity: Severity, when: Severity[] = []): DriftRule => ({
  id: 'X-01',
  title: 'a rule',
  resources: ['group'],
  paths: ['/a'],
  severity,
  severityWhen: when.map((one) => ({ severity: one })),
  references: [],
  parameters: { days: 5 },
  loosens: [{}],
  tightens: null,
  inside: [],
});
const set = (part: Partial<RuleChange>): RuleChange => ({
  ruleId: 'X-01',
  disabled: false,
  severity: null,
  parameters: {},
  reason: 'a test',
  until: null,
  ...part,
});
const asItComes = null;

describe('whether an override weakens what can be grave', () => {
  it.each<[string, DriftRule, RuleChange | null, RuleChange | null, boolean]>([
    ['switched off', rule('high'), asItComes, set({ disabled: true, until: LATER }), true],
    ['lower', rule('high'), asItComes, set({ severity: 'medium' }), true],
    ['lower and still grave', rule('critical'), asItComes, set({ severity: 'high' }), true],
    ['lower in one case', rule('low', ['critical']), asItComes, set({ severity: 'high' }), true],
    ['one that circumstances raise', rule('medium'), asItComes, set({ severity: 'low' }), true],
    ['other numbers', rule('high'), asItComes, set({ parameters: { days: 500 } }), true],
    ['the same numbers', rule('high'), asItComes, set({ parameters: { days: 5 } }), false],
    ['graver', rule('high'), asItComes, set({ severity: 'critical' }), false],
    ['graver in every case', rule('low', ['high']), asItComes, set({ severity: 'high' }), false],
    ['what is never grave', rule('low'), asItComes, set({ disabled: true, until: LATER }), false],
    ['back to lower than it was set', rule('medium'), set({ severity: 'critical' }), asItComes, true],
    ['back to graver than it was set', rule('critical'), set({ severity: 'low' }), asItComes, false],
    ['back on', rule('critical'), set({ disabled: true, until: LATER }), asItComes, false],
    [
      'off for longer',
      rule('high'),
      set({ disabled: true, until: LATER }),
      set({ disabled: true, until: LATEST }),
      true,
    ],
    [
      'off for less',
      rule('high'),
      set({ disabled: true, until: LATEST }),
      set({ disabled: true, until: LATER }),
      false,
    ],
    ['graver for less', rule('medium'), set({ severity: 'high' }), set({ severity: 'high', until: LATER }), true],
    ['graver for longer', rule('medium'), set({ severity: 'high', until: LATER }), set({ severity: 'high' }), false],
    [
      'off again, which is over',
      rule('high'),
      set({ disabled: true, until: NOW }),
      set({ disabled: true, until: LATER }),
      true,
    ],
  ])('%s', (_name, of, before, after, expected) => {
    expect(weakens(of, before, after, NOW)).toBe(expected);
  });
});
