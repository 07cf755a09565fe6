import type { FactName } from '../../../src/drift/classify/facts/fact-names.js';
import { FACTS } from '../../../src/drift/classify/facts/facts.js';
import { matches } from '../../../src/drift/classify/match-condition.js';
import type { DriftRule, RuleCondition, SeverityCase } from '../../../src/drift/classify/rule.types.js';
import { SEVERITIES, type Severity } from '../../../src/drift/report/drift-report.types.js';

/** A rule with one thing wrong. */
export interface Mutant {
  name: string;
  rule: DriftRule;
}

/** Every way in which a rule can be wrong by one step: negated, widened, narrowed, dropped, turned round, of another severity. */
export function mutantsOf(rule: DriftRule): Mutant[] {
  const { loosens, tightens } = rule;
  const mutants: Mutant[] = [
    { name: 'dropped', rule: { ...rule, loosens: [], tightens: [] } },
    { name: 'turned round', rule: { ...rule, loosens: tightens ?? [], tightens: loosens } },
    ...lists(rule, 'paths'),
    ...lists(rule, 'resources'),
    ...lists(rule, 'inside'),
    ...loosens.flatMap((_, i) => conditionMutants(loosens, i, 'loosens', rule)),
    ...severityMutants(rule),
  ];
  if (tightens === null) mutants.push({ name: 'tightens never', rule: { ...rule, tightens: [] } });
  else mutants.push(...tightens.flatMap((_, i) => conditionMutants(tightens, i, 'tightens', rule)));
  return mutants;
}

function lists(rule: DriftRule, member: 'paths' | 'resources' | 'inside'): Mutant[] {
  const all: readonly string[] = rule[member];
  if (all.length === 1 && member !== 'inside') return [];
  return all.map((one, i) => ({
    name: `${member} without "${one}"`,
    rule: { ...rule, [member]: all.filter((_, j) => j !== i) },
  }));
}

function conditionMutants(
  conditions: RuleCondition[],
  at: number,
  member: 'loosens' | 'tightens',
  rule: DriftRule,
): Mutant[] {
  const condition = conditions[at] ?? {};
  const put = (name: string, instead: RuleCondition | null): Mutant => ({
    name: `${member}[${at}] ${name}`,
    rule: { ...rule, [member]: conditions.flatMap((one, i) => (i === at ? (instead ?? []) : one)) },
  });
  return [
    put('dropped', null),
    put('negated', { if: [negationOf(condition)] }),
    ...atomsOf(condition).flatMap(({ name, atom, rest }) => [
      put(`without ${name}`, rest),
      put(`with ${name} negated`, { ...rest, if: [...(rest.if ?? []), negationOf(atom)] }),
    ]),
    ...LISTED.flatMap((name) => {
      const all = condition[name];
      if (!Array.isArray(all)) return [];
      return all.map((one, i) =>
        put(`${name} without ${JSON.stringify(one)}`, { ...condition, [name]: all.filter((_, j) => j !== i) }),
      );
    }),
    ...(['adds', 'removes'] as const).flatMap((name) =>
      Array.isArray(condition[name]) ? [put(`${name} any`, { ...condition, [name]: 'any' })] : [],
    ),
    ...(['grows', 'shrinks'] as const).flatMap((name) => {
      const bound = condition[name];
      if (typeof bound !== 'number') return [];
      return [
        put(`${name} at all`, { ...condition, [name]: true }),
        put(`${name} past one more`, { ...condition, [name]: bound + 1 }),
        put(`${name} past one less`, { ...condition, [name]: bound - 1 }),
      ];
    }),
  ];
}

const LISTED = ['from', 'to', 'notTo', 'adds', 'addsOutside', 'removes'] as const;

/** Each thing that a condition asks for, and the condition without it. */
function atomsOf(condition: RuleCondition): { name: string; atom: RuleCondition; rest: RuleCondition }[] {
  // Which parameter a bound is says nothing of what the condition asks.
  return Object.entries({ ...condition, bounds: undefined }).flatMap(([member, value]) => {
    if (value === undefined) return [];
    const { [member as keyof RuleCondition]: _, ...rest } = condition;
    if (member !== 'if' && member !== 'unless') return [{ name: member, atom: { [member]: value }, rest }];
    const facts = value as FactName[];
    return facts.map((fact) => {
      const others = facts.filter((one) => one !== fact);
      return {
        name: `${member} ${fact}`,
        atom: { [member]: [fact] },
        rest: others.length === 0 ? rest : { ...rest, [member]: others },
      };
    });
  });
}

let negations = 0;

/** A fact that holds where a condition doesn't; rules have no word for it, so it is put among the facts under a name of its own. */
function negationOf(condition: RuleCondition): FactName {
  negations += 1;
  const name = `negation-${negations}` as FactName;
  Object.assign(FACTS, { [name]: (...asked: Parameters<(typeof FACTS)[FactName]>) => !matches(condition, ...asked) });
  return name;
}

function severityMutants(rule: DriftRule): Mutant[] {
  const { severity, severityWhen } = rule;
  const put = (i: number, name: string, instead: SeverityCase | null): Mutant => ({
    name: `severityWhen[${i}] ${name}`,
    rule: { ...rule, severityWhen: severityWhen.flatMap((one, j) => (j === i ? (instead ?? []) : one)) },
  });
  const own =
    rule.loosens.length === 0
      ? []
      : othersOf(severity).map((other) => ({ name: `severity ${other}`, rule: { ...rule, severity: other } }));
  return [
    ...own,
    ...severityWhen.flatMap((one, i) => [
      put(i, 'dropped', null),
      ...othersOf(one.severity).map((other) => put(i, `severity ${other}`, { ...one, severity: other })),
      ...atomsOf({ if: one.if ?? [], unless: one.unless ?? [] }).flatMap(({ name, atom, rest }) => [
        put(i, `without ${name}`, { ...rest, severity: one.severity }),
        put(i, `with ${name} negated`, {
          ...rest,
          if: [...(rest.if ?? []), negationOf(atom)],
          severity: one.severity,
        }),
      ]),
    ]),
  ];
}

function othersOf(severity: Severity): Severity[] {
  return SEVERITIES.filter((other) => other !== severity);
}
