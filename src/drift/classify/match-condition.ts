import type { Json } from '../../crypto/canonical-json.js';
import { durationSeconds } from '../normalise/duration.js';
import { addedElements, type EvaluatedChange, removedElements } from './evaluated-change.js';
import type { EvaluationContext } from './evaluation-context.js';
import type { FactName } from './facts/fact-names.js';
import { FACTS } from './facts/facts.js';
import type { RuleCondition, RuleScalar } from './rule.types.js';

/** Whether everything that a condition asks for holds of a change. */
export function matches(condition: RuleCondition, change: EvaluatedChange, context: EvaluationContext): boolean {
  return (
    (condition.on === undefined || condition.on === change.changeType) &&
    (condition.from === undefined || condition.from.includes(scalar(change.before))) &&
    (condition.to === undefined || condition.to.includes(scalar(change.after))) &&
    (condition.notTo === undefined || !condition.notTo.includes(scalar(change.after))) &&
    (condition.adds === undefined || (isSet(change) && holds(condition.adds, addedElements(change)))) &&
    (condition.removes === undefined || (isSet(change) && holds(condition.removes, removedElements(change)))) &&
    (condition.addsOutside === undefined ||
      (isSet(change) && hasOutside(condition.addsOutside, addedElements(change)))) &&
    (condition.grows === undefined || isGrowth(change.before, change.after, condition.grows)) &&
    (condition.shrinks === undefined || isShrinkage(change.before, change.after, condition.shrinks)) &&
    (condition.appears === undefined || (isMissing(change.before) && !isMissing(change.after))) &&
    (condition.disappears === undefined || (!isMissing(change.before) && isMissing(change.after))) &&
    (condition.changes === undefined || (!isMissing(change.before) && !isMissing(change.after))) &&
    factsHold(condition, change, context)
  );
}

export function factsHold(
  asked: { if?: FactName[]; unless?: FactName[] },
  change: EvaluatedChange,
  context: EvaluationContext,
): boolean {
  return (
    (asked.if ?? []).every((name) => FACTS[name](change, context)) &&
    !(asked.unless ?? []).some((name) => FACTS[name](change, context))
  );
}

function isSet(change: EvaluatedChange): boolean {
  return Array.isArray(change.before) || Array.isArray(change.after);
}

function scalar(value: Json | undefined): RuleScalar {
  return typeof value === 'object' || value === undefined ? null : value;
}

function isMissing(value: Json | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function holds(wanted: 'any' | RuleScalar[], elements: Json[]): boolean {
  if (wanted === 'any') return elements.length > 0;
  return elements.some((element) => typeof element !== 'object' && wanted.includes(element));
}

function hasOutside(allowed: RuleScalar[], elements: Json[]): boolean {
  return elements.some((element) => typeof element === 'object' || !allowed.includes(element));
}

function isGrowth(before: Json | undefined, after: Json | undefined, bound: true | number): boolean {
  const was = magnitude(before);
  const is = magnitude(after);
  return is !== null && (was === null || is > was) && (bound === true || is > bound);
}

function isShrinkage(before: Json | undefined, after: Json | undefined, bound: true | number): boolean {
  const was = magnitude(before);
  const is = magnitude(after);
  return is !== null && (was === null || is < was) && (bound === true || is < bound);
}

/** A number, a number written as text (directory settings), or an ISO 8601 duration in seconds. */
function magnitude(value: Json | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return durationSeconds(value);
}
