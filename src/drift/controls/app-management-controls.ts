import { LONGEST_CERTIFICATE_SECONDS, LONGEST_PASSWORD_SECONDS } from '../classify/facts/app-management-facts.js';
import { durationSeconds } from '../normalise/duration.js';
import { at, isObject, text } from '../normalise/json-members.js';
import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { Control, ControlEvidence, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, metUnless, notAssessed } from './findings.js';

/** One restriction that has to be on, and how long at most what it restricts may last. */
interface Wanted {
  list: 'passwordCredentials' | 'keyCredentials';
  restrictionType: string;
  longestSeconds?: number;
}

const ADDITION: Wanted[] = ['passwordAddition', 'symmetricKeyAddition'].map((restrictionType) => ({
  list: 'passwordCredentials',
  restrictionType,
}));
const LIFETIME: Wanted[] = ['passwordLifetime', 'symmetricKeyLifetime'].map((restrictionType) => ({
  list: 'passwordCredentials',
  restrictionType,
  longestSeconds: LONGEST_PASSWORD_SECONDS,
}));
const CERTIFICATE: Wanted[] = [
  {
    list: 'keyCredentials',
    restrictionType: 'asymmetricKeyLifetime',
    longestSeconds: LONGEST_CERTIFICATE_SECONDS,
  },
];
const HOLDERS = ['applicationRestrictions', 'servicePrincipalRestrictions'];

/** Controls on the secrets and certificates of programs (MS.AAD.5.5 to 5.7). */
export const APP_MANAGEMENT_CONTROLS: Control[] = [
  control('MS.AAD.5.5', 'Programs get no new passwords', ['CIS 5.1.5.3'], (input) => restricted(input, ADDITION)),
  control('MS.AAD.5.6', 'Passwords of programs last half a year at most', ['CIS 5.1.5.4'], (input) => {
    const blocked = restricted(input, ADDITION);
    // Where none can be added, none can last too long.
    return blocked.verdict === 'met' ? blocked : restricted(input, LIFETIME);
  }),
  control('MS.AAD.5.7', 'Certificates of programs last a year at most', ['CIS 5.1.5.6'], (input) =>
    restricted(input, CERTIFICATE),
  ),
];

function control(
  id: string,
  title: string,
  references: string[],
  decide: (input: ControlInput) => ControlFinding,
): Control {
  const needs = [{ type: 'defaultAppManagementPolicy' as const }];
  return { id, set: 'scuba', level: 'should', title, references, versions: [{ version: 1, needs, decide }] };
}

function restricted(input: ControlInput, wanted: Wanted[]): ControlFinding {
  const [policy] = input.objects('defaultAppManagementPolicy');
  if (policy === undefined) return notAssessed('The default app management policy is not in the snapshot');
  const offenders: ControlEvidence[] = [];
  if (at(policy.value, '/isEnabled') !== true) offenders.push(evidenceOf(policy, '/isEnabled', 'The policy is off'));
  const places = HOLDERS.flatMap((holder) =>
    wanted.map((one) => ({ ...one, path: `/${holder}/${one.list}/${one.restrictionType}` })),
  );
  for (const place of places) offenders.push(...faultsOf(policy, place.path, place.longestSeconds));
  for (const own of input.objects('appManagementPolicy')) offenders.push(...exemptionsOf(own, wanted));
  return metUnless(
    offenders,
    places.map(({ path }) => evidenceOf(policy, path, 'The restriction is on for every program')),
  );
}

/** What is wrong with one restriction, in the tenant's policy. */
function faultsOf(policy: SnapshotObject, path: string, longestSeconds: number | undefined): ControlEvidence[] {
  const say = (below: string, finding: string) => [evidenceOf(policy, `${path}${below}`, finding)];
  if (text(at(policy.value, path), 'state') !== 'enabled') return say('', 'The restriction is not on');
  if (text(at(policy.value, path), 'restrictForAppsCreatedAfterDateTime') !== null)
    return say('/restrictForAppsCreatedAfterDateTime', 'Programs that are older are exempt');
  if (longestSeconds === undefined || lasts(policy, path) <= longestSeconds) return [];
  return say('/maxLifetime', 'It may last longer');
}

/** A policy for some programs counts where it takes back or widens what the tenant's policy restricts. */
function exemptionsOf(policy: SnapshotObject, wanted: Wanted[]): ControlEvidence[] {
  const applies = at(policy.value, '/appliesTo');
  if (at(policy.value, '/isEnabled') !== true || !isObject(applies)) return [];
  return wanted.flatMap(({ list, restrictionType, longestSeconds }) => {
    const path = `/restrictions/${list}/${restrictionType}`;
    return at(policy.value, path) === undefined ? [] : faultsOf(policy, path, longestSeconds);
  });
}

function lasts(policy: SnapshotObject, path: string): number {
  return durationSeconds(text(at(policy.value, path), 'maxLifetime') ?? '') ?? Number.POSITIVE_INFINITY;
}
