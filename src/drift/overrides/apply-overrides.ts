import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '../../crypto/canonical-json.js';
import type { DriftRule, RuleCondition } from '../classify/rule.types.js';
import type { RuleChange } from './rule-override.types.js';

/** A rule as it holds, and what makes it other than it comes. */
export interface EffectiveRule<T extends RuleChange = RuleChange> {
  rule: DriftRule;
  /** Null where the rule is as it comes. */
  override: T | null;
}

/** The rules with what a tenant says of them; what ended says nothing any more. Pure. */
export function effectiveRules<T extends RuleChange>(
  rules: readonly DriftRule[],
  overrides: readonly T[],
  now: Date,
): EffectiveRule<T>[] {
  const standing = new Map(
    overrides.filter(({ until }) => until === null || until > now).map((one) => [one.ruleId, one]),
  );
  return rules.map((rule) => {
    const override = standing.get(rule.id) ?? null;
    return { rule: override === null ? rule : overridden(rule, override), override };
  });
}

/** Those that speak. */
export function speakingRules(effective: readonly EffectiveRule[]): DriftRule[] {
  return effective.filter(({ override }) => override?.disabled !== true).map(({ rule }) => rule);
}

/** Says whether two sets of rules are the same. */
export function rulesVersion(rules: readonly DriftRule[]): string {
  return hash('sha256', canonicalJson(rules as unknown as Json)).slice(0, 16);
}

function overridden(rule: DriftRule, { severity, parameters }: RuleChange): DriftRule {
  const values = { ...rule.parameters, ...parameters };
  const conditions = (list: RuleCondition[]) => list.map((one) => withBounds(one, values));
  return {
    ...rule,
    parameters: values,
    loosens: conditions(rule.loosens),
    tightens: rule.tightens === null ? null : conditions(rule.tightens),
    ...(severity === null ? {} : { severity, severityWhen: [] }),
  };
}

function withBounds(condition: RuleCondition, values: Record<string, number>): RuleCondition {
  const { grows, shrinks } = condition.bounds ?? {};
  return {
    ...condition,
    ...(grows === undefined ? {} : { grows: values[grows] ?? true }),
    ...(shrinks === undefined ? {} : { shrinks: values[shrinks] ?? true }),
  };
}
