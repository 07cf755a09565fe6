import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { at, isObject, member, stringsAt } from '../normalise/json-members.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { Control, ControlFinding, ControlInput } from './control.types.js';
import { evidenceOf, met, notAssessed, notMet } from './findings.js';
import { groupSetting, policyValue } from './settings.js';

const USER = '/defaultUserRolePermissions';
const LOW_ONLY = 'ManagePermissionGrantsForSelf.microsoft-user-default-low';

/** Checks of the Entra ID Security Config Analyzer: one value each. */
export const EIDSCA_CONTROLS: Control[] = [
  authorization('AP01', 'Administrators do not reset their own passwords', '/allowedToUseSSPR', is(false)),
  authorization('AP04', 'Guests are invited by few', '/allowInvitesFrom', is('adminsAndGuestInviters', 'none')),
  authorization('AP05', 'Nobody signs up by e-mail', '/allowedToSignUpEmailBasedSubscriptions', is(false)),
  authorization('AP06', 'Nobody joins by e-mail', '/allowEmailVerifiedUsersToJoinOrganization', is(false)),
  authorization('AP07', 'Guests are restricted', '/guestUserRoleId', is('2af84b1e-32c8-42b7-82bc-daa82404023b')),
  authorization('AP10', 'Users do not register applications', `${USER}/allowedToCreateApps`, is(false)),
  authorization('AP14', 'Users may read other users', `${USER}/allowedToReadOtherUsers`, is(true)),
  check(
    'AP08',
    'Users consent to little',
    'authorizationPolicy',
    `${USER}/permissionGrantPoliciesAssigned`,
    (input) => {
      const path = `${USER}/permissionGrantPoliciesAssigned`;
      const [policy] = input.objects('authorizationPolicy');
      if (policy === undefined) return notAssessed('The authorization policy is not in the snapshot');
      const own = stringsAt(policy.value, path).filter((id) => id.startsWith('ManagePermissionGrantsForSelf.'));
      const evidence = [evidenceOf(policy, path, 'What users may consent to')];
      return own.join() === LOW_ONLY ? met(evidence) : notMet(evidence);
    },
  ),
  // Graph leaves it out for false, and so does the normal form.
  single(
    'AP09',
    'Users do not consent to risky applications',
    'authorizationPolicy',
    '/allowUserConsentForRiskyApps',
    not(true),
  ),
  setting('CP01', 'Group owners do not consent', 'EnableGroupSpecificConsent', (value) => value === 'false'),
  setting(
    'CP03',
    'Consent to risky applications is blocked',
    'BlockUserConsentForRiskyApps',
    (value) => value === 'true',
  ),
  setting('CP04', 'People can ask for consent', 'EnableAdminConsentRequests', (value) => value === 'true'),
  setting(
    'PR01',
    'Banned passwords are enforced on premises',
    'BannedPasswordCheckOnPremisesMode',
    (value) => value === 'Enforce',
  ),
  setting(
    'PR02',
    'Banned passwords are checked on premises',
    'EnableBannedPasswordCheckOnPremises',
    (value) => value === 'true',
  ),
  setting('PR03', 'The own list of banned passwords is used', 'EnableBannedPasswordCheck', (value) => value === 'true'),
  setting('PR05', 'A lockout lasts a minute at least', 'LockoutDurationInSeconds', (value) => Number(value) >= 60),
  setting('PR06', 'Ten wrong passwords at most', 'LockoutThreshold', (value) => Number(value) <= 10),
  setting('ST08', 'Guests do not own groups', 'AllowGuestsToBeGroupOwner', (value) => value === 'false'),
  setting('ST09', 'Guests reach the content of their groups', 'AllowGuestsToAccessGroups', (value) => value === 'true'),
  methods('AG01', 'The migration of the methods is complete', '/policyMigrationState', is('migrationComplete')),
  methods('AG02', 'People can report what is suspicious', '/reportSuspiciousActivitySettings/state', is('enabled')),
  methods('AG03', 'Everybody can report it', '/reportSuspiciousActivitySettings/includeTarget/id', is('all_users')),
  method('AM01', 'Microsoft Authenticator is enabled', 'MicrosoftAuthenticator', '/state', is('enabled')),
  method('AM02', 'It gives no one-time codes', 'MicrosoftAuthenticator', '/isSoftwareOathEnabled', is(false)),
  ...['numberMatching', 'displayAppInformation', 'displayLocationInformation'].flatMap((name, i) => {
    const path = `/featureSettings/${name}RequiredState`;
    const id = (offset: number) => `AM${String(3 + 3 * i + offset).padStart(2, '0')}`;
    return [
      method(id(0), `${name} is enabled`, 'MicrosoftAuthenticator', `${path}/state`, is('enabled')),
      method(id(1), `${name} is for everybody`, 'MicrosoftAuthenticator', `${path}/includeTarget/id`, is('all_users')),
    ];
  }),
  method('AF01', 'Security keys are enabled', 'Fido2', '/state', is('enabled')),
  method('AF02', 'People register their own keys', 'Fido2', '/isSelfServiceRegistrationAllowed', is(true)),
  method('AF03', 'Keys are attested', 'Fido2', '/isAttestationEnforced', is(true)),
  method('AF04', 'Kinds of keys are restricted', 'Fido2', '/keyRestrictions/isEnforced', is(true)),
  method('AF05', 'The kinds are listed', 'Fido2', '/keyRestrictions/aaGuids', (value) => Array.isArray(value)),
  method(
    'AF06',
    'Only the kinds that are listed, or all but these',
    'Fido2',
    '/keyRestrictions/enforcementType',
    is('allow', 'block'),
  ),
  check(
    'AS04',
    'Text messages are no way to sign in alone',
    'authenticationMethodConfiguration',
    '/includeTargets',
    (input) => {
      const path = '/includeTargets';
      const sms = input.find('authenticationMethodConfiguration', 'Sms');
      if (sms === undefined) return notAssessed('The method is not in the snapshot');
      const targets = Object.entries(isObject(at(sms.value, path)) ? (at(sms.value, path) as JsonObject) : {});
      const alone = targets.filter(([, target]) => member(target, 'isUsableForSignIn') === true);
      if (alone.length === 0) return met([evidenceOf(sms, path, 'Nobody signs in with a text message alone')]);
      return notMet(alone.map(([id]) => evidenceOf(sms, `${path}/${id}`, 'They sign in with a text message alone')));
    },
  ),
  method('AT01', 'Temporary access passes are enabled', 'TemporaryAccessPass', '/state', is('enabled')),
  method('AT02', 'They are good for once', 'TemporaryAccessPass', '/isUsableOnce', is(true)),
  method('AV01', 'Voice calls are no method', 'Voice', '/state', is('disabled')),
  consent('CR01', 'The consent workflow is on', '/isEnabled', is(true)),
  consent('CR02', 'Reviewers are told', '/notifyReviewers', is(true)),
  consent('CR03', 'Reviewers are reminded', '/remindersEnabled', is(true)),
  consent(
    'CR04',
    'A request lasts 30 days at most',
    '/requestDurationInDays',
    (value) => typeof value === 'number' && value <= 30,
  ),
];

function is(...wanted: Json[]): (value: Json) => boolean {
  return (value) => wanted.includes(value);
}

function not(unwanted: Json): (value: Json) => boolean {
  return (value) => value !== unwanted;
}

function check(
  id: string,
  title: string,
  type: ResourceType,
  path: string | null,
  decide: (input: ControlInput) => ControlFinding,
): Control {
  const needs = [path === null ? { type } : { type, paths: [path] }];
  return {
    id: `EIDSCA.${id}`,
    set: 'eidsca',
    level: 'should',
    title,
    references: [],
    versions: [{ version: 1, needs, decide }],
  };
}

function authorization(id: string, title: string, path: string, holds: (value: Json) => boolean): Control {
  return check(id, title, 'authorizationPolicy', path, policyValue(path, holds, title));
}

/** The one object of a type, or the one of this key; a value that isn't there counts as null. */
function single(
  id: string,
  title: string,
  type: ResourceType,
  path: string,
  holds: (value: Json) => boolean,
  key?: string,
): Control {
  return check(id, title, type, path, (input) => {
    const object = key === undefined ? input.objects(type)[0] : input.find(type, key);
    if (object === undefined) return notAssessed('What it hangs on is not in the snapshot');
    const evidence = [evidenceOf(object, path, title)];
    return holds(at(object.value, path) ?? null) ? met(evidence) : notMet(evidence);
  });
}

function setting(id: string, title: string, name: string, holds: (value: string) => boolean): Control {
  return check(id, title, 'groupSetting', null, (input) => {
    const found = groupSetting(input, name);
    if (found === null) return notAssessed(`The tenant has no setting ${name}, so Entra's default holds`);
    return holds(found.value) ? met([found.evidence]) : notMet([found.evidence]);
  });
}

function methods(id: string, title: string, path: string, holds: (value: Json) => boolean): Control {
  return single(id, title, 'authenticationMethodsPolicy', path, holds);
}

function method(id: string, title: string, key: string, path: string, holds: (value: Json) => boolean): Control {
  return single(id, title, 'authenticationMethodConfiguration', path, holds, key);
}

function consent(id: string, title: string, path: string, holds: (value: Json) => boolean): Control {
  return single(id, title, 'adminConsentRequestPolicy', path, holds);
}
