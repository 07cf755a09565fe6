import { stringsAt, text } from '../normalise/json-members.js';
import type { EvaluatedChange } from './evaluated-change.js';
import { subject } from './evaluated-change.js';
import type { EvaluationContext } from './evaluation-context.js';

/** Rules about a group whose members a policy leaves out: the change is one of the policy, so the policy is named. */
const OF_POLICIES: ReadonlySet<string> = new Set(['GR-02']);
const NAMED_AT_MOST = 3;

/** The policies that a change is one of although it is made elsewhere, for the title; '' where there are none. */
export function relatedPolicies(rules: readonly string[], change: EvaluatedChange, context: EvaluationContext): string {
  if (!rules.some((rule) => OF_POLICIES.has(rule))) return '';
  const group = change.resourceType === 'groupEligibility' ? text(subject(change)?.value, 'groupId') : change.key;
  const names = new Map<string, string>();
  for (const lookup of [context.before, context.after])
    for (const { key, displayName, value } of lookup.objects('conditionalAccessPolicy'))
      if (stringsAt(value, '/conditions/users/excludeGroups').includes(group ?? '')) names.set(key, displayName ?? key);
  const all = [...names.values()].sort();
  const more = all.length > NAMED_AT_MOST ? ` and ${all.length - NAMED_AT_MOST} more` : '';
  return all.length === 0 ? '' : `: ${all.slice(0, NAMED_AT_MOST).join(', ')}${more}`;
}
