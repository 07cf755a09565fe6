import { at, stringsAt } from '../normalise/json-members.js';
import type { Control, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, met, metUnless, notAssessed, notMet } from './findings.js';
import { groupSetting, policyValue } from './settings.js';

const CREATE_APPS = '/defaultUserRolePermissions/allowedToCreateApps';
const GRANT_POLICIES = '/defaultUserRolePermissions/permissionGrantPoliciesAssigned';
const NO_WORKFLOW =
  'The tenant has neither a directory setting EnableAdminConsentRequests nor a policy of the consent workflow';
const LOW_ONLY = 'ManagePermissionGrantsForSelf.microsoft-user-default-low';

/** Controls on who lets applications in (MS.AAD.5.1 to 5.4). */
export const CONSENT_CONTROLS: Control[] = [
  {
    id: 'MS.AAD.5.1',
    set: 'scuba',
    level: 'shall',
    title: 'Only administrators register applications',
    references: ['CIS 5.1.2.2', 'EIDSCA.AP10'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'authorizationPolicy', paths: [CREATE_APPS] }],
        decide: policyValue(CREATE_APPS, (value) => value === false, 'Whether everybody may register applications'),
      },
    ],
  },
  {
    id: 'MS.AAD.5.2',
    set: 'scuba',
    level: 'shall',
    title: 'Only administrators consent to applications',
    references: ['CIS 5.1.5.1', 'EIDSCA.AP08'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'authorizationPolicy', paths: [GRANT_POLICIES] }],
        decide: userConsent,
      },
    ],
  },
  {
    id: 'MS.AAD.5.3',
    set: 'scuba',
    level: 'shall',
    title: 'People can ask administrators for consent',
    references: ['CIS 5.1.5.2', 'EIDSCA.CP04', 'EIDSCA.CR01'],
    versions: [{ version: 1, needs: [], decide: consentWorkflow }],
  },
  {
    id: 'MS.AAD.5.4',
    set: 'scuba',
    level: 'shall',
    title: 'Group owners do not consent to applications',
    references: ['EIDSCA.CP01'],
    versions: [
      {
        version: 1,
        needs: [{ type: 'groupSetting' }],
        decide: (input) => {
          const setting = groupSetting(input, 'EnableGroupSpecificConsent');
          if (setting === null)
            return notMet(
              [],
              'The tenant has no directory setting EnableGroupSpecificConsent; group owners may consent',
            );
          return setting.value === 'false' ? met([setting.evidence]) : notMet([setting.evidence]);
        },
      },
    ],
    retired: 'ScubaGear took it back with release 1.5',
  },
];

function userConsent(input: ControlInput): ControlFinding {
  const [policy] = input.objects('authorizationPolicy');
  if (policy === undefined) return notAssessed('The authorization policy is not in the snapshot');
  const granted = stringsAt(policy.value, GRANT_POLICIES).filter((id) =>
    id.startsWith('ManagePermissionGrantsForSelf.'),
  );
  const evidence = (finding: string) => [evidenceOf(policy, GRANT_POLICIES, finding)];
  if (granted.some((id) => id !== LOW_ONLY))
    return notMet(evidence('Everybody consents to applications for themselves'));
  if (granted.length > 0) {
    const reason = 'Everybody consents to permissions of low impact; which permissions these are is not collected';
    return notAssessed(reason, evidence(reason));
  }
  return met(evidence('Nobody but administrators consents to applications'));
}

/** The directory setting decides; where a source doesn't carry any, the policy of the consent workflow. */
function consentWorkflow(input: ControlInput): ControlFinding {
  const lacking = input.lacks({ type: 'groupSetting' });
  if (lacking === null) {
    const setting = groupSetting(input, 'EnableAdminConsentRequests');
    if (setting !== null) return setting.value === 'true' ? met([setting.evidence]) : notMet([setting.evidence]);
  }
  const path = '/isEnabled';
  const alsoLacking = input.lacks({ type: 'adminConsentRequestPolicy', paths: [path] });
  if (alsoLacking !== null) return lacking === null ? notMet([], NO_WORKFLOW) : notAssessed(lacking);
  const policies = input.objects('adminConsentRequestPolicy');
  const off = policies.filter(({ value }) => at(value, path) !== true);
  if (policies.length === 0) return notMet([], NO_WORKFLOW);
  return metUnless(
    off.map((policy) => evidenceOf(policy, path, 'The consent workflow is off')),
    policies.map((policy) => evidenceOf(policy, path, 'The consent workflow is on')),
  );
}
