import { loadRules } from '../../../src/drift/classify/load-rules.js';
import type { DriftRule } from '../../../src/drift/classify/rule.types.js';
import { CASES, SILENT } from './all-cases.js';
import { JudgedCase } from './judged-cases.js';
import { mutantsOf } from './mutants.js';

/**
 * Every rule is made wrong in each way by one step, and held against the cases of its own: one of them must notice. The rule
 * is judged alone, so that no other rule that speaks of the same change hides what it says.
 */
const RULES = loadRules();
const SPEAKING = CASES.map((one) => new JudgedCase(one));
const QUIET = SILENT.map((one) => new JudgedCase(one));

function isCaught(rule: DriftRule): boolean {
  const own = (judged: JudgedCase) => judged.one.rule === rule.id;
  return (
    SPEAKING.filter(own).some((judged) => !judged.speaks([rule]) || !judged.isOneWay([rule])) ||
    QUIET.filter(own).some((judged) => !judged.isSilent([rule]))
  );
}

test('as they stand, all rules pass their own cases alone', () => {
  const failed = (judged: JudgedCase, rule: DriftRule, speaking: boolean) =>
    judged.one.rule === rule.id &&
    (speaking ? !judged.speaks([rule]) || !judged.isOneWay([rule]) : !judged.isSilent([rule]));
  const failures = RULES.flatMap((rule) => [
    ...SPEAKING.filter((judged) => failed(judged, rule, true)),
    ...QUIET.filter((judged) => failed(judged, rule, false)),
  ]);
  expect(failures.map(({ one }) => `${one.rule}: ${one.name}`)).toEqual([]);
});

test.each(RULES.map((rule): [string, DriftRule] => [rule.id, rule]))('%s: no mutant survives', (_id, rule) => {
  const survivors = mutantsOf(rule).filter((mutant) => !isCaught(mutant.rule));
  expect(survivors.map(({ name }) => name)).toEqual([]);
});
