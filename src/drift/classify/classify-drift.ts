import { diffValues } from '../diff/diff-values.js';
import type { ObjectDrift } from '../diff/drift.types.js';
import { isMatch } from '../normalise/path-patterns.js';
import { type ClassifiedChange, type Direction, SEVERITIES, type Severity } from '../report/drift-report.types.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ValueChange } from '../snapshot/snapshot.types.js';
import { defaultVerdict } from './default-verdict.js';
import { type EvaluatedChange, evaluated, mirrored } from './evaluated-change.js';
import { type EvaluationContext, mirroredContext } from './evaluation-context.js';
import { factsHold, matches } from './match-condition.js';
import { displayNameOf } from './named-drift.js';
import { relatedPolicies } from './related-policies.js';
import type { DriftRule } from './rule.types.js';

/**
 * What each change means: direction first, then severity. A loosening takes the rule's severity, tightening and neutral are
 * info; where several rules speak the worst one leads. Pure.
 */
export function classifyDrift(
  drifts: ObjectDrift[],
  rules: DriftRule[],
  context: EvaluationContext,
): ClassifiedChange[] {
  const byType = new Map<string, DriftRule[]>();
  for (const rule of rules) for (const type of rule.resources) byType.set(type, [...(byType.get(type) ?? []), rule]);
  return drifts.flatMap((drift) =>
    drift.changes.map((change) => classifyChange(drift, change, byType.get(drift.resourceType) ?? [], context)),
  );
}

interface Verdict {
  direction: Direction;
  severity: Severity;
  rules: string[];
  references: string[];
  title: string;
}

function classifyChange(
  drift: ObjectDrift,
  change: ValueChange,
  rules: DriftRule[],
  context: EvaluationContext,
): ClassifiedChange {
  const own = evaluated(drift, change);
  const verdict = decide(own, insideOf(drift, own), rules, context);
  return {
    resourceType: drift.resourceType,
    resourceKey: drift.key,
    displayName: displayNameOf(drift, context),
    changeType: drift.changeType,
    path: change.path,
    before: change.before ?? null,
    after: change.after ?? null,
    matchedBy: drift.matchedBy,
    ...verdict,
    title: `${verdict.title}${relatedPolicies(verdict.rules, own, context)}`,
  };
}

/** The members of an object that is new or gone, each as a change of its own. */
function insideOf(drift: ObjectDrift, own: EvaluatedChange): EvaluatedChange[] {
  if (drift.changeType === 'modified') return [];
  const definition = RESOURCE_TYPE_CATALOGUE[drift.resourceType];
  const changes = diffValues(drift.before?.value ?? {}, drift.after?.value ?? {}, definition);
  return changes.map((change) => ({ ...own, ...change }));
}

function decide(
  own: EvaluatedChange,
  inside: EvaluatedChange[],
  rules: DriftRule[],
  context: EvaluationContext,
): Verdict {
  const spoken = rules.flatMap((rule) => {
    const reach = own.changeType !== 'modified' && rule.inside.includes(own.changeType) ? [own, ...inside] : [own];
    const said = reach.map((change) => speak(rule, change, context)).filter((one) => one !== null);
    return said.length === 0 ? [] : [said.reduce(worse)];
  });
  if (spoken.length === 0) return { ...defaultVerdict(own), rules: [], references: [] };
  const direction = DIRECTIONS.find((candidate) => spoken.some((one) => one.direction === candidate)) ?? 'neutral';
  const leading = spoken
    .filter((one) => one.direction === direction)
    .sort((a, b) => rank(a.severity) - rank(b.severity));
  return {
    direction,
    severity: leading[0]?.severity ?? 'info',
    rules: leading.map(({ rule }) => rule.id),
    references: [...new Set(leading.flatMap(({ rule }) => rule.references))],
    title: titleOf(leading[0]?.rule, direction),
  };
}

/** A loosening outweighs what else happened in the same change. */
const DIRECTIONS: Direction[] = ['loosening', 'tightening', 'neutral'];

interface Spoken {
  rule: DriftRule;
  direction: Direction;
  severity: Severity;
}

function speak(rule: DriftRule, change: EvaluatedChange, context: EvaluationContext): Spoken | null {
  if (!rule.paths.some((pattern) => isMatch(change.path, pattern))) return null;
  if (rule.loosens.some((condition) => matches(condition, change, context))) {
    const special = rule.severityWhen.find((one) => factsHold(one, change, context));
    return { rule, direction: 'loosening', severity: special?.severity ?? rule.severity };
  }
  return isTightening(rule, change, context) ? { rule, direction: 'tightening', severity: 'info' } : null;
}

function isTightening(rule: DriftRule, change: EvaluatedChange, context: EvaluationContext): boolean {
  if (rule.tightens !== null) return rule.tightens.some((condition) => matches(condition, change, context));
  const opposite = mirrored(change);
  const around = mirroredContext(context);
  return rule.loosens.some((condition) => matches(condition, opposite, around));
}

function worse(a: Spoken, b: Spoken): Spoken {
  const order =
    DIRECTIONS.indexOf(a.direction) - DIRECTIONS.indexOf(b.direction) || rank(a.severity) - rank(b.severity);
  return order <= 0 ? a : b;
}

function titleOf(rule: DriftRule | undefined, direction: Direction): string {
  if (rule === undefined) return '';
  // A rule that knows no loosening speaks of the tightening itself.
  return direction === 'tightening' && rule.loosens.length > 0
    ? `Stricter than before (the opposite of: ${rule.title})`
    : rule.title;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
