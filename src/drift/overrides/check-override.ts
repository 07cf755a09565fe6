import type { DriftRule } from '../classify/rule.types.js';
import type { RuleChange } from './rule-override.types.js';

/** How long a rule may be switched off at most. */
export const LONGEST_OFF_DAYS = 366;
const DAY_MS = 86_400_000;

/** What is wrong with a change of a rule, one sentence each; none when it can be. Pure. */
export function faultsOfChange(rules: readonly DriftRule[], change: RuleChange, now: Date): string[] {
  const rule = rules.find(({ id }) => id === change.ruleId);
  if (rule === undefined) return [`there is no rule ${change.ruleId}`];
  const faults: string[] = [];
  for (const [name, value] of Object.entries(change.parameters)) {
    if (rule.parameters[name] === undefined) faults.push(`${rule.id} has no parameter "${name}"`);
    else if (!Number.isFinite(value) || value < 0) faults.push(`"${name}" must be a number from 0`);
  }
  if (change.reason.trim() === '') faults.push('"reason" must say something');
  if (change.until !== null && change.until <= now) faults.push('"until" lies in the past');
  if (change.disabled && change.until === null)
    faults.push('a rule is switched off until a day only: "until" is missing');
  if (change.disabled && change.until !== null && change.until.getTime() - now.getTime() > LONGEST_OFF_DAYS * DAY_MS)
    faults.push(`a rule is switched off for ${LONGEST_OFF_DAYS} days at most`);
  const says = change.disabled || change.severity !== null || Object.keys(change.parameters).length > 0;
  if (!says) faults.push('it changes nothing: "disabled", "severity" or "parameters" is missing');
  return faults;
}
