import type { Json } from '../../crypto/canonical-json.js';
import { at, text } from '../normalise/json-members.js';
import type { ControlEvidence, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, met, notAssessed, notMet } from './findings.js';

/** A control that hangs on one value of the authorization policy. */
export function policyValue(
  path: string,
  holds: (value: Json) => boolean,
  says: string,
): (input: ControlInput) => ControlFinding {
  return (input) => {
    const [policy] = input.objects('authorizationPolicy');
    if (policy === undefined) return notAssessed('The authorization policy is not in the snapshot');
    const value = at(policy.value, path);
    if (value === undefined) return notAssessed(`${says}: the policy does not say`);
    const evidence = [evidenceOf(policy, path, says)];
    return holds(value) ? met(evidence) : notMet(evidence);
  };
}

/** A directory setting by its name, whichever template it comes with; null where the tenant has none of that name. */
export function groupSetting(input: ControlInput, name: string): { value: string; evidence: ControlEvidence } | null {
  for (const object of input.objects('groupSetting')) {
    const value = text(at(object.value, '/values'), name);
    if (value !== null) return { value, evidence: evidenceOf(object, `/values/${name}`, `${name} is ${value}`) };
  }
  return null;
}
