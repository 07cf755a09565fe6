import type { SnapshotObject } from '../snapshot/snapshot.types.js';
import type { Control, ControlEvidence, ControlFinding, ControlInput, ControlVersion } from './control.types.js';
import { evidenceOf, few, met, notMet } from './findings.js';
import { POLICY_TESTS as is, type PolicyTest } from './policy-tests.js';

const NOBODY_LEFT_OUT = [
  is.noRoleLeftOut,
  is.onlyAllowedUsersLeftOut,
  is.onlyAllowedGroupsLeftOut,
  is.onlyAllowedGuestsLeftOut,
];
/** What most controls ask of a policy before they look at what it does. */
const FOR_EVERYBODY = [is.enforced, is.everybody, is.everything, is.onlyAllowedApplicationsLeftOut, ...NOBODY_LEFT_OUT];

/** Controls that one Conditional Access policy meets by itself (MS.AAD.1 to 3 and 9). */
export const CONDITIONAL_ACCESS_CONTROLS: Control[] = [
  control(
    'MS.AAD.1.1',
    'shall',
    'Legacy authentication is blocked',
    ['CIS 5.2.2.3'],
    [policy(1, [is.legacyClients, is.blocks], FOR_EVERYBODY)],
  ),
  control(
    'MS.AAD.2.1',
    'shall',
    'Users of high risk are blocked',
    ['CIS 5.2.2.6'],
    [{ ...policy(1, [is.highUserRisk, is.blocks], FOR_EVERYBODY), needsP2: true }],
  ),
  control(
    'MS.AAD.2.3',
    'shall',
    'Sign-ins of high risk are blocked',
    ['CIS 5.2.2.7', 'CIS 5.2.2.8'],
    [{ ...policy(1, [is.highSignInRisk, is.blocks], FOR_EVERYBODY), needsP2: true }],
  ),
  control(
    'MS.AAD.3.1',
    'shall',
    'Everybody signs in with phishing-resistant authentication',
    [],
    [policy(1, [is.phishingResistant], FOR_EVERYBODY)],
  ),
  control(
    'MS.AAD.3.2',
    'shall',
    'Everybody signs in with several factors',
    ['CIS 5.2.2.2'],
    [policy(1, [is.mfaOrPhishingResistant], FOR_EVERYBODY), policy(2, [is.mfaOrStrength], FOR_EVERYBODY)],
  ),
  control(
    'MS.AAD.3.6',
    'shall',
    'Highly privileged roles sign in with phishing-resistant authentication',
    ['CIS 5.2.2.1', 'CIS 5.2.2.5'],
    [
      // Before the baseline had a version: any second factor, whoever is left out.
      policy(0, [is.highlyPrivilegedRoles, is.mfa], [is.enforced, is.everything, is.noRoleLeftOut]),
      policy(
        1,
        [is.highlyPrivilegedRoles, is.phishingResistant],
        [is.enforced, is.everything, is.onlyAllowedApplicationsLeftOut, ...NOBODY_LEFT_OUT],
      ),
    ],
  ),
  control(
    'MS.AAD.3.7',
    'should',
    'Signing in takes a managed device',
    ['CIS 5.2.2.9'],
    [policy(1, [is.onlyManagedDevices], FOR_EVERYBODY)],
  ),
  control(
    'MS.AAD.3.8',
    'should',
    'Registering for several factors takes a managed device',
    ['CIS 5.2.2.10'],
    [policy(1, [is.registration, is.managedDevice], [is.enforced, is.everybody, ...NOBODY_LEFT_OUT])],
  ),
  control(
    'MS.AAD.3.9',
    'should',
    'The device code flow is blocked',
    ['CIS 5.2.2.12'],
    [policy(1, [is.deviceCodeFlow, is.blocks], FOR_EVERYBODY)],
  ),
  control(
    'MS.AAD.9.1',
    'shall',
    'Agent identities of high risk are blocked',
    [],
    [policy(1, [is.highAgentRisk, is.blocks], [is.enforced, is.everything, is.everyClient, is.everyAgent])],
  ),
  {
    ...control(
      'AAD.2.9',
      'shall',
      'People sign in anew every 12 hours',
      [],
      [policy(0, [is.twelveHours], [is.enforced, is.everybody, is.everything, is.noRoleLeftOut])],
    ),
    retired: 'Only the baseline before its first version asks for it',
  },
  {
    ...control(
      'AAD.2.10',
      'shall',
      'Browser sessions do not persist',
      [],
      [policy(0, [is.neverPersistent], [is.enforced, is.everybody, is.everything, is.noRoleLeftOut])],
    ),
    retired: 'Only the baseline before its first version asks for it',
  },
];

function control(
  id: string,
  level: Control['level'],
  title: string,
  references: string[],
  versions: ControlVersion[],
): Control {
  return { id, set: 'scuba', level, title, references, versions };
}

/** @param specific what tells a policy for this control from any other; `common` what it needs beside */
function policy(version: number, specific: PolicyTest[], common: PolicyTest[]): ControlVersion {
  return {
    version,
    needs: [{ type: 'conditionalAccessPolicy', paths: pathsOf([...specific, ...common]) }],
    decide: (input, id) => decide(input, id, specific, common),
  };
}

/** An exporter that doesn't know a kind of exclusion yet is older than that kind. */
function pathsOf(tests: PolicyTest[]): string[] {
  return tests.map(({ path }) => path).filter((path) => !/\/exclude[^/]*$/.test(path));
}

function decide(input: ControlInput, id: string, specific: PolicyTest[], common: PolicyTest[]): ControlFinding {
  const isAllowed = (excluded: string) => input.isAllowed(id, excluded);
  const fails = (object: SnapshotObject, tests: PolicyTest[]) =>
    tests.filter((one) => !one.holds(object.value, isAllowed));
  const policies = input.objects('conditionalAccessPolicy');
  const meeting = policies.filter((object) => fails(object, [...specific, ...common]).length === 0);
  if (meeting.length > 0) return met(meeting.map((object) => evidenceOf(object, '', 'The policy meets the control')));
  const close = policies.filter((object) => fails(object, specific).length === 0);
  const evidence = close.flatMap((object): ControlEvidence[] =>
    fails(object, common).map(({ says, path }) =>
      evidenceOf(object, path, `The policy would have to be one that ${says}`),
    ),
  );
  return notMet(
    evidence,
    whyNone(policies, specific, (object) => fails(object, [...specific, ...common])),
  );
}

/** What is asked for, and the policies that are nearest to it with what they lack. */
function whyNone(
  policies: readonly SnapshotObject[],
  specific: PolicyTest[],
  lackingIn: (policy: SnapshotObject) => PolicyTest[],
): string {
  const wanted = `one that ${inOne(specific)}`;
  if (policies.length === 0) return `There is no Conditional Access policy, and it takes ${wanted}`;
  const lacking = policies.map((policy) => ({ policy, lacks: lackingIn(policy) }));
  const fewest = Math.min(...lacking.map(({ lacks }) => lacks.length));
  const nearest = lacking
    .filter(({ lacks }) => lacks.length === fewest)
    .map(({ policy, lacks }) => `${JSON.stringify(policy.displayName ?? policy.key)} is not one that ${inOne(lacks)}`);
  return `No policy of ${policies.length} meets it, which takes ${wanted}. Nearest: ${few(nearest, 3, '; ')}`;
}

function inOne(tests: PolicyTest[]): string {
  return tests.map(({ says }) => says).join(' and ');
}

/** Whether a policy makes everybody use phishing-resistant authentication; other controls don't matter then. */
export function isPhishingResistanceEnforced(input: ControlInput): boolean {
  return decide(input, 'MS.AAD.3.1', [is.phishingResistant], FOR_EVERYBODY).verdict === 'met';
}
