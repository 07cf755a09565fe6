import type { JsonObject } from '../../crypto/canonical-json.js';
import { collected } from '../import/collected.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import { CONTROLS, controlById } from './catalogue.js';
import { controlInput, NOTHING_ALLOWED, sourceOf } from './control-input.js';
import { evaluateControl } from './evaluate-controls.js';
import { HIGHLY_PRIVILEGED_ROLES } from './highly-privileged.js';

type Objects = Partial<Record<ResourceType, JsonObject[]>>;

/** One control: a tenant that meets it, and the same tenant with one thing otherwise, which doesn't. */
type BothWays = [id: string, meets: Objects, fails: Objects];

const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const USER_ADMIN = 'fe930be7-5e62-47db-91af-98c3a49a38b1';

function verdict(id: string, objects: Objects): string {
  const types = new Map(
    Object.entries(objects).map(([type, raws]) => [type as ResourceType, collected(type as ResourceType, raws)]),
  );
  const control = controlById(id);
  if (control === undefined) throw new Error(`there is no ${id}`);
  const source = sourceOf({ source: 'graph', tenantId: null, takenAt: null, types });
  // What its publisher took back is decided for who asks for the version.
  return evaluateControl(control, controlInput(source, NOTHING_ALLOWED), control.versions.at(-1)?.version).verdict;
}

function policy(conditions: JsonObject, grantControls: JsonObject | null, more: JsonObject = {}): Objects {
  const { users, applications, ...others } = conditions;
  return {
    conditionalAccessPolicy: [
      {
        id: 'p',
        state: 'enabled',
        conditions: {
          users: { includeUsers: ['All'], ...(users as JsonObject) },
          applications: { includeApplications: ['All'], ...(applications as JsonObject) },
          ...others,
        },
        grantControls,
        ...more,
      },
    ],
  };
}
const grants = (...builtInControls: string[]): JsonObject => ({ operator: 'OR', builtInControls });
const strength = (...allowedCombinations: string[]): JsonObject => ({
  operator: 'OR',
  authenticationStrength: { id: 's', allowedCombinations },
});
const roles = { users: { includeUsers: [], includeRoles: [...HIGHLY_PRIVILEGED_ROLES.keys()] } };
const registration = {
  applications: { includeApplications: [], includeUserActions: ['urn:user:registersecurityinfo'] },
};
const agents = (level: string): JsonObject => ({
  clientAppTypes: ['all'],
  agentIdRiskLevels: level,
  clientApplications: { includeAgentIdServicePrincipals: ['All'] },
});
const session = (sessionControls: JsonObject) => policy({}, null, { sessionControls });

const authorization = (part: JsonObject): Objects => ({ authorizationPolicy: [part] });
const ofUsers = (part: JsonObject) => authorization({ defaultUserRolePermissions: part });
const setting = (name: string, value: string): Objects => ({
  groupSetting: [{ id: 's', templateId: 't', values: [{ name, value }] }],
});
const method = (id: string, part: JsonObject): Objects => ({ authenticationMethodConfiguration: [{ id, ...part }] });
const feature = (name: string, part: JsonObject) =>
  method('MicrosoftAuthenticator', { featureSettings: { [name]: part } });
const methods = (part: JsonObject): Objects => ({ authenticationMethodsPolicy: [part] });
const requests = (part: JsonObject): Objects => ({ adminConsentRequestPolicy: [part] });
const rule = (role: string, id: string, part: JsonObject): Objects => ({
  roleManagementRule: [{ id, roleDefinitionId: role, ...part }],
});
const TOLD = { notificationRecipients: ['a@b.example'], notificationType: 'Email' };
const ENDS = { startDateTime: '2026-01-01T00:00:00Z', endDateTime: '2027-01-01T00:00:00Z' };
const assignment = (principalId: string, roleDefinitionId: string, part: JsonObject = ENDS): JsonObject => ({
  principalId,
  roleDefinitionId,
  directoryScopeId: '/',
  ...part,
});
/** A tenant with so many Global Administrators and others, all of the cloud unless said otherwise. */
function people(administrators: number, others: number, part: JsonObject = {}): Objects {
  const id = (kind: string, i: number) => `${kind}000000-0000-4000-8000-00000000000${i}`;
  const admins = Array.from({ length: administrators }, (_, i) => id('aa', i));
  const rest = Array.from({ length: others }, (_, i) => id('bb', i));
  return {
    user: [...admins, ...rest].map((one) => ({ id: one, displayName: one, userType: 'Member', ...part })),
    group: [],
    roleEligibility: [],
    roleAssignment: [
      ...admins.map((one) => assignment(one, GLOBAL_ADMIN)),
      ...rest.map((one) => assignment(one, USER_ADMIN)),
    ],
  };
}
const root = { id: 'a.example', isRoot: true, isVerified: true, authenticationType: 'Managed' };

const shown = (state: string): Objects => ({
  conditionalAccessPolicy: [],
  ...method('MicrosoftAuthenticator', {
    state: 'enabled',
    isSoftwareOathEnabled: false,
    featureSettings: {
      displayAppInformationRequiredState: { state, includeTarget: { id: 'all_users' } },
      displayLocationInformationRequiredState: { state: 'enabled', includeTarget: { id: 'all_users' } },
    },
  }),
});

const ON: JsonObject = { state: 'enabled', restrictForAppsCreatedAfterDateTime: '0001-01-01T00:00:00Z' };
function appManagement(change: Record<string, JsonObject> = {}, more: JsonObject = {}): Objects {
  const one = (restrictionType: string, part: JsonObject): JsonObject => ({
    restrictionType,
    ...ON,
    ...part,
    ...change[restrictionType],
  });
  const restrictions = (): JsonObject => ({
    passwordCredentials: [
      one('passwordAddition', {}),
      one('symmetricKeyAddition', {}),
      one('passwordLifetime', { maxLifetime: 'P181D' }),
      one('symmetricKeyLifetime', { maxLifetime: 'P181D' }),
    ],
    keyCredentials: [one('asymmetricKeyLifetime', { maxLifetime: 'P366D' })],
  });
  return {
    defaultAppManagementPolicy: [
      {
        id: 'd',
        isEnabled: true,
        applicationRestrictions: restrictions(),
        servicePrincipalRestrictions: restrictions(),
        ...more,
      },
    ],
  };
}
const OFF = { state: 'disabled' };
const DATED = { restrictForAppsCreatedAfterDateTime: '2024-01-01T00:00:00Z' };
const exempt = (restriction: JsonObject, appliesTo: JsonObject[] = [{ id: 'a' }]): Objects => ({
  ...appManagement(),
  appManagementPolicy: [
    {
      id: 'own',
      isEnabled: true,
      appliesTo,
      restrictions:
        restriction['restrictionType'] === 'asymmetricKeyLifetime'
          ? { keyCredentials: [restriction] }
          : { passwordCredentials: [restriction] },
    },
  ],
});

const ROWS: BothWays[] = [
  [
    'MS.AAD.1.1',
    policy({ clientAppTypes: ['other', 'exchangeActiveSync'] }, grants('block')),
    policy({ clientAppTypes: ['other'] }, grants('block')),
  ],
  [
    'MS.AAD.2.1',
    policy({ userRiskLevels: ['high'] }, grants('block')),
    policy({ userRiskLevels: ['medium'] }, grants('block')),
  ],
  [
    'MS.AAD.2.3',
    policy({ signInRiskLevels: ['high'] }, grants('block')),
    policy({ signInRiskLevels: ['medium'] }, grants('block')),
  ],
  ['MS.AAD.3.1', policy({}, strength('fido2')), policy({}, strength('fido2', 'password,sms'))],
  ['MS.AAD.3.2', policy({}, strength('password,sms')), policy({}, strength('password'))],
  ['MS.AAD.3.3', shown('enabled'), shown('disabled')],
  [
    'MS.AAD.3.4',
    methods({ policyMigrationState: 'migrationComplete' }),
    methods({ policyMigrationState: 'preMigration' }),
  ],
  ['MS.AAD.3.5', method('Sms', { state: 'disabled' }), method('Sms', { state: 'enabled' })],
  [
    'MS.AAD.3.6',
    policy(roles, strength('fido2')),
    policy({ users: { includeUsers: [], includeRoles: [GLOBAL_ADMIN] } }, strength('fido2')),
  ],
  [
    'MS.AAD.3.7',
    policy({}, grants('compliantDevice', 'domainJoinedDevice')),
    policy({}, grants('compliantDevice', 'domainJoinedDevice', 'mfa')),
  ],
  ['MS.AAD.3.8', policy(registration, grants('compliantDevice')), policy(registration, grants('mfa'))],
  [
    'MS.AAD.3.9',
    policy({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }, grants('block')),
    policy({ authenticationFlows: { transferMethods: 'authenticationTransfer' } }, grants('block')),
  ],
  ['MS.AAD.9.1', policy(agents('high'), grants('block')), policy(agents('medium'), grants('block'))],
  [
    'AAD.2.9',
    session({ signInFrequency: { isEnabled: true, type: 'hours', value: 12 } }),
    session({ signInFrequency: { isEnabled: true, type: 'hours', value: 24 } }),
  ],
  [
    'AAD.2.10',
    session({ persistentBrowser: { isEnabled: true, mode: 'never' } }),
    session({ persistentBrowser: { isEnabled: true, mode: 'always' } }),
  ],
  ['MS.AAD.5.1', ofUsers({ allowedToCreateApps: false }), ofUsers({ allowedToCreateApps: true })],
  [
    'MS.AAD.5.2',
    ofUsers({ permissionGrantPoliciesAssigned: ['ManagePermissionGrantsForOwnedResource.x'] }),
    ofUsers({ permissionGrantPoliciesAssigned: ['ManagePermissionGrantsForSelf.microsoft-user-default-legacy'] }),
  ],
  ['MS.AAD.5.3', setting('EnableAdminConsentRequests', 'true'), setting('EnableAdminConsentRequests', 'false')],
  ['MS.AAD.5.4', setting('EnableGroupSpecificConsent', 'false'), setting('EnableGroupSpecificConsent', 'true')],
  ['MS.AAD.5.5', appManagement(), appManagement({ passwordAddition: OFF })],
  ['MS.AAD.5.5', appManagement(), appManagement({ symmetricKeyAddition: OFF })],
  ['MS.AAD.5.5', appManagement(), appManagement({ passwordAddition: DATED })],
  ['MS.AAD.5.5', appManagement(), appManagement({}, { isEnabled: false })],
  ['MS.AAD.5.5', appManagement(), appManagement({}, { servicePrincipalRestrictions: null })],
  [
    'MS.AAD.5.5',
    exempt({ restrictionType: 'passwordAddition', ...OFF }, []),
    exempt({ restrictionType: 'passwordAddition', ...OFF }),
  ],
  [
    'MS.AAD.5.6',
    appManagement({ passwordAddition: OFF }),
    appManagement({ passwordAddition: OFF, passwordLifetime: { maxLifetime: 'P182D' } }),
  ],
  [
    'MS.AAD.5.6',
    appManagement({ passwordLifetime: { maxLifetime: 'P182D' } }),
    appManagement({ passwordAddition: OFF, symmetricKeyLifetime: OFF }),
  ],
  ['MS.AAD.5.7', appManagement(), appManagement({ asymmetricKeyLifetime: { maxLifetime: 'P367D' } })],
  ['MS.AAD.5.7', appManagement(), appManagement({ asymmetricKeyLifetime: { maxLifetime: null } })],
  [
    'MS.AAD.5.7',
    exempt({ restrictionType: 'asymmetricKeyLifetime', ...ON, maxLifetime: 'P30D' }),
    exempt({ restrictionType: 'asymmetricKeyLifetime', ...ON, maxLifetime: 'P900D' }),
  ],
  ['MS.AAD.6.1', { domain: [root] }, { domain: [{ ...root, passwordValidityPeriodInDays: 90 }] }],
  ['MS.AAD.7.1', people(2, 0), people(1, 0)],
  ['MS.AAD.7.1', people(8, 0), people(9, 0)],
  ['MS.AAD.7.2', people(2, 2), people(2, 1)],
  ['MS.AAD.7.3', people(2, 2), people(2, 2, { onPremisesImmutableId: 'x' })],
  [
    'MS.AAD.7.4',
    { roleAssignment: [assignment('p', GLOBAL_ADMIN)] },
    { roleAssignment: [assignment('p', GLOBAL_ADMIN, {})] },
  ],
  [
    'MS.AAD.7.5',
    { roleAssignment: [assignment('p', GLOBAL_ADMIN)] },
    { roleAssignment: [assignment('p', GLOBAL_ADMIN, { startDateTime: null })] },
  ],
  [
    'MS.AAD.7.6',
    rule(GLOBAL_ADMIN, 'Approval_EndUser_Assignment', { setting: { isApprovalRequired: true } }),
    rule(GLOBAL_ADMIN, 'Approval_EndUser_Assignment', { setting: { isApprovalRequired: false } }),
  ],
  [
    'MS.AAD.7.7',
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', TOLD),
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', {}),
  ],
  [
    'MS.AAD.7.8',
    rule(GLOBAL_ADMIN, 'Notification_Admin_EndUser_Assignment', TOLD),
    rule(GLOBAL_ADMIN, 'Notification_Admin_EndUser_Assignment', {}),
  ],
  [
    'MS.AAD.7.9',
    rule(USER_ADMIN, 'Notification_Admin_EndUser_Assignment', TOLD),
    rule(USER_ADMIN, 'Notification_Admin_EndUser_Assignment', {}),
  ],
  [
    'MS.AAD.8.1',
    authorization({ guestUserRoleId: '10dae51f-b6af-4016-8d66-8c2a99b929b3' }),
    authorization({ guestUserRoleId: 'a0b1b346-4d3e-4e8b-98f8-753987be4970' }),
  ],
  [
    'MS.AAD.8.2',
    authorization({ allowInvitesFrom: 'adminsAndGuestInviters' }),
    authorization({ allowInvitesFrom: 'everyone' }),
  ],
  ['EIDSCA.AF01', method('Fido2', { state: 'enabled' }), method('Fido2', { state: 'disabled' })],
  [
    'EIDSCA.AF02',
    method('Fido2', { isSelfServiceRegistrationAllowed: true }),
    method('Fido2', { isSelfServiceRegistrationAllowed: false }),
  ],
  ['EIDSCA.AF03', method('Fido2', { isAttestationEnforced: true }), method('Fido2', { isAttestationEnforced: false })],
  [
    'EIDSCA.AF04',
    method('Fido2', { keyRestrictions: { isEnforced: true } }),
    method('Fido2', { keyRestrictions: { isEnforced: false } }),
  ],
  [
    'EIDSCA.AF05',
    method('Fido2', { keyRestrictions: { aaGuids: ['a'] } }),
    method('Fido2', { keyRestrictions: { aaGuids: [] } }),
  ],
  [
    'EIDSCA.AF06',
    method('Fido2', { keyRestrictions: { enforcementType: 'block' } }),
    method('Fido2', { keyRestrictions: { enforcementType: null } }),
  ],
  [
    'EIDSCA.AG01',
    methods({ policyMigrationState: 'migrationComplete' }),
    methods({ policyMigrationState: 'migrationInProgress' }),
  ],
  [
    'EIDSCA.AG02',
    methods({ reportSuspiciousActivitySettings: { state: 'enabled' } }),
    methods({ reportSuspiciousActivitySettings: { state: 'default' } }),
  ],
  [
    'EIDSCA.AG03',
    methods({ reportSuspiciousActivitySettings: { includeTarget: { id: 'all_users' } } }),
    methods({ reportSuspiciousActivitySettings: { includeTarget: { id: 'g' } } }),
  ],
  [
    'EIDSCA.AM01',
    method('MicrosoftAuthenticator', { state: 'enabled' }),
    method('MicrosoftAuthenticator', { state: 'disabled' }),
  ],
  [
    'EIDSCA.AM02',
    method('MicrosoftAuthenticator', { isSoftwareOathEnabled: false }),
    method('MicrosoftAuthenticator', { isSoftwareOathEnabled: true }),
  ],
  ...(['numberMatching', 'displayAppInformation', 'displayLocationInformation'] as const).flatMap(
    (name, i): BothWays[] => {
      const id = (offset: number) => `EIDSCA.AM${String(3 + 3 * i + offset).padStart(2, '0')}`;
      const one = (part: JsonObject) => feature(`${name}RequiredState`, part);
      return [
        [id(0), one({ state: 'enabled' }), one({ state: 'default' })],
        [id(1), one({ includeTarget: { id: 'all_users' } }), one({ includeTarget: { id: 'g' } })],
      ];
    },
  ),
  ['EIDSCA.AP01', authorization({ allowedToUseSSPR: false }), authorization({ allowedToUseSSPR: true })],
  ['EIDSCA.AP04', authorization({ allowInvitesFrom: 'none' }), authorization({ allowInvitesFrom: 'everyone' })],
  [
    'EIDSCA.AP05',
    authorization({ allowedToSignUpEmailBasedSubscriptions: false }),
    authorization({ allowedToSignUpEmailBasedSubscriptions: true }),
  ],
  [
    'EIDSCA.AP06',
    authorization({ allowEmailVerifiedUsersToJoinOrganization: false }),
    authorization({ allowEmailVerifiedUsersToJoinOrganization: true }),
  ],
  [
    'EIDSCA.AP07',
    authorization({ guestUserRoleId: '2af84b1e-32c8-42b7-82bc-daa82404023b' }),
    authorization({ guestUserRoleId: '10dae51f-b6af-4016-8d66-8c2a99b929b3' }),
  ],
  [
    'EIDSCA.AP08',
    ofUsers({ permissionGrantPoliciesAssigned: ['ManagePermissionGrantsForSelf.microsoft-user-default-low'] }),
    ofUsers({ permissionGrantPoliciesAssigned: ['ManagePermissionGrantsForSelf.microsoft-user-default-legacy'] }),
  ],
  [
    'EIDSCA.AP09',
    authorization({ allowUserConsentForRiskyApps: false, allowInvitesFrom: 'none' }),
    authorization({ allowUserConsentForRiskyApps: true }),
  ],
  ['EIDSCA.AP10', ofUsers({ allowedToCreateApps: false }), ofUsers({ allowedToCreateApps: true })],
  ['EIDSCA.AP14', ofUsers({ allowedToReadOtherUsers: true }), ofUsers({ allowedToReadOtherUsers: false })],
  [
    'EIDSCA.AS04',
    method('Sms', {
      state: 'enabled',
      includeTargets: [{ id: 'all_users', targetType: 'group', isUsableForSignIn: false }],
    }),
    method('Sms', { includeTargets: [{ id: 'all_users', targetType: 'group', isUsableForSignIn: true }] }),
  ],
  [
    'EIDSCA.AT01',
    method('TemporaryAccessPass', { state: 'enabled' }),
    method('TemporaryAccessPass', { state: 'disabled' }),
  ],
  [
    'EIDSCA.AT02',
    method('TemporaryAccessPass', { isUsableOnce: true }),
    method('TemporaryAccessPass', { isUsableOnce: false }),
  ],
  ['EIDSCA.AV01', method('Voice', { state: 'disabled' }), method('Voice', { state: 'enabled' })],
  ['EIDSCA.CP01', setting('EnableGroupSpecificConsent', 'False'), setting('EnableGroupSpecificConsent', 'True')],
  ['EIDSCA.CP03', setting('BlockUserConsentForRiskyApps', 'true'), setting('BlockUserConsentForRiskyApps', 'false')],
  ['EIDSCA.CP04', setting('EnableAdminConsentRequests', 'true'), setting('EnableAdminConsentRequests', 'false')],
  ['EIDSCA.CR01', requests({ isEnabled: true }), requests({ isEnabled: false })],
  ['EIDSCA.CR02', requests({ notifyReviewers: true }), requests({ notifyReviewers: false })],
  ['EIDSCA.CR03', requests({ remindersEnabled: true }), requests({ remindersEnabled: false })],
  ['EIDSCA.CR04', requests({ requestDurationInDays: 30 }), requests({ requestDurationInDays: 31 })],
  [
    'EIDSCA.PR01',
    setting('BannedPasswordCheckOnPremisesMode', 'Enforce'),
    setting('BannedPasswordCheckOnPremisesMode', 'Audit'),
  ],
  [
    'EIDSCA.PR02',
    setting('EnableBannedPasswordCheckOnPremises', 'true'),
    setting('EnableBannedPasswordCheckOnPremises', 'false'),
  ],
  ['EIDSCA.PR03', setting('EnableBannedPasswordCheck', 'true'), setting('EnableBannedPasswordCheck', 'false')],
  ['EIDSCA.PR05', setting('LockoutDurationInSeconds', '60'), setting('LockoutDurationInSeconds', '59')],
  ['EIDSCA.PR06', setting('LockoutThreshold', '10'), setting('LockoutThreshold', '11')],
  ['EIDSCA.ST08', setting('AllowGuestsToBeGroupOwner', 'false'), setting('AllowGuestsToBeGroupOwner', 'true')],
  ['EIDSCA.ST09', setting('AllowGuestsToAccessGroups', 'true'), setting('AllowGuestsToAccessGroups', 'false')],
];

test.each(CONTROLS.filter(({ versions }) => versions.length > 0).map(({ id }) => id))('%s is tried both ways', (id) => {
  expect(ROWS.some(([of]) => of === id)).toBe(true);
});

test.each(ROWS)('%s holds of one tenant and not of another', (id, meets, fails) => {
  expect([verdict(id, meets), verdict(id, fails)]).toEqual(['met', 'not-met']);
});
