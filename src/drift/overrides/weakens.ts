import { canonicalJson } from '../../crypto/canonical-json.js';
import type { DriftRule } from '../classify/rule.types.js';
import { isGraver } from '../decisions/gravity.js';
import type { Severity } from '../report/drift-report.types.js';
import { effectiveRules } from './apply-overrides.js';
import type { RuleChange } from './rule-override.types.js';

/** What is less grave than this stays under high whatever else is known of a change: circumstances raise it by one level. */
const CAN_BECOME_GRAVE: Severity = 'medium';

/**
 * Whether a rule that can make changes grave would at some time from now on say less than it would have: nothing, a lower
 * severity, or something by other numbers, which may be nothing. Pure.
 *
 * @param before what holds of it by now; null where it is as it comes
 * @param after what shall hold
 */
export function weakens(rule: DriftRule, before: RuleChange | null, after: RuleChange | null, now: Date): boolean {
  const ends = [before, after].flatMap((change) => (change?.until != null && change.until > now ? [change.until] : []));
  return [now, ...ends].some((at) => saysLess(formAt(rule, before, at), formAt(rule, after, at)));
}

interface Form {
  speaks: boolean;
  rule: DriftRule;
}

function formAt(shipped: DriftRule, change: RuleChange | null, at: Date): Form {
  const [effective] = effectiveRules([shipped], change === null ? [] : [change], at);
  return { speaks: effective?.override?.disabled !== true, rule: effective?.rule ?? shipped };
}

function saysLess(was: Form, is: Form): boolean {
  const gravest = severitiesOf(was.rule).reduce((a, b) => (isGraver(b, a) ? b : a));
  if (!was.speaks || isGraver(CAN_BECOME_GRAVE, gravest)) return false;
  if (!is.speaks || canonicalJson(was.rule.parameters) !== canonicalJson(is.rule.parameters)) return true;
  const isSame =
    was.rule.severity === is.rule.severity &&
    JSON.stringify(was.rule.severityWhen) === JSON.stringify(is.rule.severityWhen);
  // Which case it would be isn't known: the least of what it may say from now on against the most of what it might have.
  return !isSame && severitiesOf(is.rule).some((severity) => isGraver(gravest, severity));
}

function severitiesOf({ severity, severityWhen }: DriftRule): Severity[] {
  return [severity, ...severityWhen.map((one) => one.severity)];
}
