import type { Json, JsonObject } from '../../../crypto/canonical-json.js';
import { at, stringsAt, text, tokensOf } from '../../normalise/json-members.js';
import { isPrivilegedRole } from '../../resource-types/well-known.js';
import type { SnapshotObject } from '../../snapshot/snapshot.types.js';
import { addedElements, type EvaluatedChange, removedElements, subject } from '../evaluated-change.js';
import type { EvaluationContext, SnapshotLookup } from '../evaluation-context.js';
import { isControlPlane } from './privileged-principals.js';

/** Combinations that no phishing page can relay (MS.AAD.3.1). */
export const PHISHING_RESISTANT = ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor'];

const EXCLUDED_GUESTS = '/conditions/users/excludeGuestsOrExternalUsers';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

/** Facts about Conditional Access policies and the objects that they refer to. */
export const POLICY_FACTS = {
  'at-exclusion': (change) => (tokensOf(change.path).at(-1) ?? '').startsWith('exclude'),
  'policy-protects': (change) => protects(change.objectBefore) || protects(change.objectAfter),
  'policy-blocks': (change) => blocks(change.objectBefore) || blocks(change.objectAfter),
  'policy-enabled': (change) => state(subject(change)) === 'enabled',
  'policy-targets-admin-roles': (change) =>
    stringsAt(subject(change)?.value, '/conditions/users/includeRoles').some(isPrivilegedRole),
  'policy-has-strength': (change) =>
    at(change.objectAfter?.value, '/grantControls/authenticationStrength') !== undefined,
  'policy-has-several-controls': (change) =>
    controlCount(change.objectBefore) > 1 || controlCount(change.objectAfter) > 1,
  'policy-offers-alternatives': (change) =>
    controlCount(change.objectBefore) > 0 && operator(change.objectAfter) === 'OR',
  'policy-guards-security-info': (change) =>
    [change.objectBefore, change.objectAfter].some((policy) =>
      stringsAt(policy?.value, '/conditions/applications/includeUserActions').includes('urn:user:registersecurityinfo'),
    ),
  // Listing tenants narrows an exclusion that held for all of them; the list itself is no new exclusion.
  'guests-of-every-tenant': (change) =>
    [change.objectBefore, change.objectAfter].some(
      (policy) => at(policy?.value, `${EXCLUDED_GUESTS}/externalTenants/membershipKind`) === 'all',
    ) && change.path !== `${EXCLUDED_GUESTS}/guestOrExternalUserTypes`,
  // Of a set only the elements that came and went are in the change; whether any are left stands in the objects.
  'condition-kept': (change) => isNamed(change.objectBefore, change.path) && isNamed(change.objectAfter, change.path),
  'condition-new': (change) => !isNamed(change.objectBefore, change.path) && isNamed(change.objectAfter, change.path),
  'condition-gone': (change) => isNamed(change.objectBefore, change.path) && !isNamed(change.objectAfter, change.path),
  'strength-weaker': strengthWeaker,
  'elements-privileged-principal': (change, context) =>
    strings(addedElements(change)).some(
      (id) => isControlPlane(context.before, id) || isControlPlane(context.after, id),
    ),
  'elements-privileged-role': (change) => strings(removedElements(change)).some(isPrivilegedRole),
  'elements-break-glass': (change, context) =>
    strings(removedElements(change)).some((id) => context.breakGlassIds.has(id)),
  'elements-name-break-glass': (change, context) => {
    const added = strings(addedElements(change));
    return added.length > 0 && added.every((id) => context.breakGlassIds.has(id));
  },
  'frequency-weaker': (change) => hoursBetweenSignIns(change.objectAfter) > hoursBetweenSignIns(change.objectBefore),
  'persistence-allowed': (change) =>
    persistence(change.objectBefore) === 'never' && persistence(change.objectAfter) !== 'never',
  'referenced-by-policy': (change, context) =>
    context.after
      .objects('conditionalAccessPolicy')
      .some((policy) => POLICY_REFERENCES.some((path) => stringsAt(policy.value, path).includes(change.key))),
  'location-trusted': (change) => at(change.objectAfter?.value, '/isTrusted') === true,
  'location-is-block-list': (change, context) =>
    isBlockList(change.key, context.after) || isBlockList(change.key, context.before),
  'range-wide': (change) => addedElements(change).some(isWideRange),
  'strength-used-by-admin-policy': (change, context) =>
    context.after
      .objects('conditionalAccessPolicy')
      .some(
        ({ value }) =>
          at(value, '/grantControls/authenticationStrength/id') === change.key &&
          stringsAt(value, '/conditions/users/includeRoles').some(isPrivilegedRole),
      ),
  'other-mfa-for-everybody': (_change, context) =>
    context.after.objects('conditionalAccessPolicy').some(isMfaForEverybody),
} satisfies Record<string, Fact>;

const POLICY_REFERENCES = ['Users', 'Groups', 'Roles'].flatMap((kind) => [
  `/conditions/users/include${kind}`,
  `/conditions/users/exclude${kind}`,
]);

function state(policy: SnapshotObject | null): string | null {
  return text(policy?.value, 'state');
}

function controls(value: JsonObject | undefined): string[] {
  return stringsAt(value, '/grantControls/builtInControls');
}

function protects(policy: SnapshotObject | null): boolean {
  const granted = controls(policy?.value);
  const strength = at(policy?.value, '/grantControls/authenticationStrength') !== undefined;
  return strength || granted.includes('mfa') || granted.includes('block');
}

function blocks(policy: SnapshotObject | null): boolean {
  return controls(policy?.value).includes('block');
}

function controlCount(policy: SnapshotObject | null): number {
  const lists = ['builtInControls', 'customAuthenticationFactors', 'termsOfUse'];
  const listed = lists.reduce((sum, name) => sum + stringsAt(policy?.value, `/grantControls/${name}`).length, 0);
  return listed + (at(policy?.value, '/grantControls/authenticationStrength') === undefined ? 0 : 1);
}

function operator(policy: SnapshotObject | null): string | null {
  return text(at(policy?.value, '/grantControls'), 'operator');
}

/** The combinations that the policy accepts: of the strength itself where it was collected, else of the policy's copy. */
function combinations(policy: SnapshotObject | null, lookup: SnapshotLookup): string[] {
  const strength = at(policy?.value, '/grantControls/authenticationStrength');
  const id = text(strength, 'id');
  const own = id === null ? undefined : lookup.find('authenticationStrengthPolicy', id);
  return stringsAt(own?.value ?? strength, '/allowedCombinations');
}

/** A strength that accepts more than phishing-resistant combinations, and more of them than before. */
function strengthWeaker(change: EvaluatedChange, context: EvaluationContext): boolean {
  const was = combinations(change.objectBefore, context.before);
  const is = combinations(change.objectAfter, context.after);
  if (was.length === 0) return false;
  if (is.length === 0) return at(change.objectAfter?.value, '/grantControls/authenticationStrength') === undefined;
  return is.some((combination) => !was.includes(combination) && !PHISHING_RESISTANT.includes(combination));
}

/** Infinite when the policy doesn't ask again by itself. */
function hoursBetweenSignIns(policy: SnapshotObject | null): number {
  const frequency = at(policy?.value, '/sessionControls/signInFrequency');
  if (frequency === undefined || at(frequency, '/isEnabled') === false) return Number.POSITIVE_INFINITY;
  if (text(frequency, 'frequencyInterval') === 'everyTime') return 0;
  const value = at(frequency, '/value');
  if (typeof value !== 'number') return Number.POSITIVE_INFINITY;
  return text(frequency, 'type') === 'days' ? value * 24 : value;
}

function persistence(policy: SnapshotObject | null): string | null {
  const browser = at(policy?.value, '/sessionControls/persistentBrowser');
  return at(browser, '/isEnabled') === false ? null : text(browser, 'mode');
}

function isBlockList(id: string, lookup: SnapshotLookup): boolean {
  const policies = lookup.objects('conditionalAccessPolicy');
  const included = policies.some(
    (policy) => blocks(policy) && stringsAt(policy.value, '/conditions/locations/includeLocations').includes(id),
  );
  const excluded = policies.some(({ value }) =>
    stringsAt(value, '/conditions/locations/excludeLocations').includes(id),
  );
  return included && !excluded;
}

/** Shorter than /16 in IPv4; /32, what a provider gets, in IPv6. */
function isWideRange(range: Json): boolean {
  const cidr = text(range, 'cidrAddress');
  const match = cidr === null ? null : /^(.+)\/(\d{1,3})$/.exec(cidr);
  if (match === null) return false;
  const prefix = Number(match[2]);
  return (match[1] ?? '').includes(':') ? prefix < 32 : prefix < 16;
}

function isMfaForEverybody({ value }: SnapshotObject): boolean {
  return (
    text(value, 'state') === 'enabled' &&
    stringsAt(value, '/conditions/users/includeUsers').includes('All') &&
    stringsAt(value, '/conditions/applications/includeApplications').includes('All') &&
    (controls(value).includes('mfa') || at(value, '/grantControls/authenticationStrength') !== undefined)
  );
}

export function strings(values: Json[]): string[] {
  return values.filter((value) => typeof value === 'string');
}

function isNamed(policy: SnapshotObject | null | undefined, path: string): boolean {
  return stringsAt(policy?.value, path).length > 0;
}
