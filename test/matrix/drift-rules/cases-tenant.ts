import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { RuleCase } from './rule-case.types.js';

const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const ROLE_ADMIN = 'e8611ab8-c189-46e8-94e1-60213ab1f814';
const USER_ADMIN = 'fe930be7-5e62-47db-91af-98c3a49a38b1';
const DIRECTORY_READERS = '88d8e3e3-8f55-4a1e-953a-9b9898b8876b';
const ALICE = '11111111-1111-4111-8111-111111111111';
const GROUP = '33333333-3333-4333-8333-333333333333';

const one =
  (type: ResourceType) =>
  (
    rule: string,
    name: string,
    before: JsonObject | null,
    after: JsonObject | null,
    severity: RuleCase['severity'],
    more: Partial<RuleCase> = {},
  ): RuleCase => ({
    rule,
    name,
    type,
    before,
    after,
    severity,
    ...more,
  });

const ap = one('authorizationPolicy');
const permissions = (name: string, value: boolean) => ({ defaultUserRolePermissions: { [name]: value } });
const co = one('adminConsentRequestPolicy');
const setting = one('groupSetting');
const values = (name: string, value: string) => ({ templateId: 't', values: [{ name, value }] });
const am = one('authenticationMethodConfiguration');
const assignment = one('roleAssignment');
const holds = (roleDefinitionId: string, more: JsonObject = {}) => ({
  principalId: ALICE,
  roleDefinitionId,
  directoryScopeId: '/',
  ...more,
});
const eligible = one('roleEligibility');
const pim = one('roleManagementRule');
const rule = (roleDefinitionId: string, id: string, more: JsonObject) => ({ roleDefinitionId, id, ...more });
const admins = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    principalId: `admin-${i}`,
    roleDefinitionId: GLOBAL_ADMIN,
    directoryScopeId: '/',
  }));
const roleActions = (allowedResourceActions: string[]) => ({
  isBuiltIn: false,
  rolePermissions: [{ allowedResourceActions }],
});
const UNTIL = { endDateTime: '2030-01-01T00:00:00Z' };
const group = one('group');
const excludesGroup = {
  conditionalAccessPolicy: [{ state: 'enabled', conditions: { users: { excludeGroups: [GROUP] } } }],
};
const user = one('user');
const aliceIsAdmin = { roleAssignment: [holds(USER_ADMIN)] };

export const TENANT_CASES: RuleCase[] = [
  ap(
    'AP-01',
    'guests are like members',
    { guestUserRoleId: '2af84b1e-32c8-42b7-82bc-daa82404023b' },
    { guestUserRoleId: 'a0b1b346-4d3e-4e8b-98f8-753987be4970' },
    'high',
  ),
  ap(
    'AP-01',
    'guests see a little more',
    { guestUserRoleId: '2af84b1e-32c8-42b7-82bc-daa82404023b' },
    { guestUserRoleId: '10dae51f-b6af-4016-8d66-8c2a99b929b3' },
    'low',
  ),
  ap(
    'AP-02',
    'everybody invites',
    { allowInvitesFrom: 'adminsAndGuestInviters' },
    { allowInvitesFrom: 'everyone' },
    'medium',
  ),
  ap(
    'AP-02',
    'everybody instead of all members',
    { allowInvitesFrom: 'adminsGuestInvitersAndAllMembers' },
    { allowInvitesFrom: 'everyone' },
    'medium',
  ),
  ap(
    'AP-03',
    'users consent',
    { permissionGrantPolicyIdsAssignedToDefaultUserRole: [] },
    {
      permissionGrantPolicyIdsAssignedToDefaultUserRole: [
        'ManagePermissionGrantsForSelf.microsoft-user-default-legacy',
      ],
    },
    'high',
  ),
  ap(
    'AP-04',
    'risky applications',
    { allowUserConsentForRiskyApps: false },
    { allowUserConsentForRiskyApps: true },
    'high',
  ),
  ap(
    'AP-05',
    'applications',
    permissions('allowedToCreateApps', false),
    permissions('allowedToCreateApps', true),
    'high',
  ),
  ap(
    'AP-06',
    'tenants',
    permissions('allowedToCreateTenants', false),
    permissions('allowedToCreateTenants', true),
    'medium',
  ),
  ap(
    'AP-07',
    'groups',
    permissions('allowedToCreateSecurityGroups', false),
    permissions('allowedToCreateSecurityGroups', true),
    'low',
  ),
  ap(
    'AP-08',
    'by mail address',
    { allowEmailVerifiedUsersToJoinOrganization: false },
    { allowEmailVerifiedUsersToJoinOrganization: true },
    'medium',
  ),
  ap('AP-09', 'password reset', { allowedToUseSSPR: false }, { allowedToUseSSPR: true }, 'medium'),
  ap('AP-10', 'MSOL', { blockMsolPowerShell: true }, { blockMsolPowerShell: false }, 'medium'),
  ap(
    'AP-11',
    'BitLocker',
    permissions('allowedToReadBitlockerKeysForOwnedDevice', false),
    permissions('allowedToReadBitlockerKeysForOwnedDevice', true),
    'low',
  ),

  co('CO-01', 'off', { isEnabled: true }, { isEnabled: false }, 'medium'),
  co(
    'CO-02',
    'a reviewer goes',
    { isEnabled: true, reviewers: [{ query: '/users/1' }] },
    { isEnabled: true, reviewers: [] },
    'low',
  ),
  co(
    'CO-02',
    'no reminders',
    { isEnabled: true, remindersEnabled: true },
    { isEnabled: true, remindersEnabled: false },
    'low',
  ),
  co(
    'CO-02',
    'two months',
    { isEnabled: true, requestDurationInDays: 30 },
    { isEnabled: true, requestDurationInDays: 60 },
    'low',
  ),
  setting(
    'CO-04',
    'risky applications',
    values('BlockUserConsentForRiskyApps', 'True'),
    values('BlockUserConsentForRiskyApps', 'False'),
    'high',
  ),
  setting(
    'CO-04',
    'groups',
    values('EnableGroupSpecificConsent', 'false'),
    values('EnableGroupSpecificConsent', 'true'),
    'medium',
  ),
  setting('PW-01', 'more tries', values('LockoutThreshold', '10'), values('LockoutThreshold', '50'), 'medium'),
  setting(
    'PW-01',
    'shorter lock',
    values('LockoutDurationInSeconds', '60'),
    values('LockoutDurationInSeconds', '5'),
    'medium',
  ),
  setting(
    'PW-01',
    'audit only',
    values('BannedPasswordCheckOnPremisesMode', 'Enforce'),
    values('BannedPasswordCheckOnPremisesMode', 'Audit'),
    'medium',
  ),

  am('AM-01', 'SMS', { id: 'Sms', state: 'disabled' }, { id: 'Sms', state: 'enabled' }, 'high'),
  am(
    'AM-02',
    'codes',
    { id: 'MicrosoftAuthenticator', isSoftwareOathEnabled: false },
    { id: 'MicrosoftAuthenticator', isSoftwareOathEnabled: true },
    'medium',
  ),
  am(
    'AM-02',
    'no location shown',
    {
      id: 'MicrosoftAuthenticator',
      featureSettings: { displayLocationInformationRequiredState: { state: 'enabled' } },
    },
    {
      id: 'MicrosoftAuthenticator',
      featureSettings: { displayLocationInformationRequiredState: { state: 'disabled' } },
    },
    'medium',
  ),
  am(
    'AM-02',
    'not for all',
    {
      id: 'MicrosoftAuthenticator',
      featureSettings: { numberMatchingRequiredState: { includeTarget: { id: 'all_users' } } },
    },
    {
      id: 'MicrosoftAuthenticator',
      featureSettings: { numberMatchingRequiredState: { includeTarget: { id: GROUP } } },
    },
    'medium',
  ),
  am('AM-03', 'passkeys off', { id: 'Fido2', state: 'enabled' }, { id: 'Fido2', state: 'disabled' }, 'high'),
  am(
    'AM-03',
    'no attestation',
    { id: 'Fido2', isAttestationEnforced: true },
    { id: 'Fido2', isAttestationEnforced: false },
    'medium',
  ),
  am(
    'AM-03',
    'another key is allowed',
    { id: 'Fido2', keyRestrictions: { enforcementType: 'allow', aaGuids: ['a'] } },
    { id: 'Fido2', keyRestrictions: { enforcementType: 'allow', aaGuids: ['a', 'b'] } },
    'medium',
  ),
  am(
    'AM-03',
    'a key is no longer blocked',
    { id: 'Fido2', keyRestrictions: { enforcementType: 'block', aaGuids: ['a', 'b'] } },
    { id: 'Fido2', keyRestrictions: { enforcementType: 'block', aaGuids: ['a'] } },
    'medium',
  ),
  am(
    'AM-04',
    'more than once',
    { id: 'TemporaryAccessPass', isUsableOnce: true },
    { id: 'TemporaryAccessPass', isUsableOnce: false },
    'high',
  ),
  am(
    'AM-04',
    'longer',
    { id: 'TemporaryAccessPass', maximumLifetimeInMinutes: 60 },
    { id: 'TemporaryAccessPass', maximumLifetimeInMinutes: 600 },
    'high',
  ),
  am(
    'AM-05',
    'a new external method',
    null,
    { id: 'x', openIdConnectSetting: { discoveryUrl: 'https://idp.example/a' } },
    'critical',
  ),
  am(
    'AM-05',
    'another discovery address',
    { id: 'x', openIdConnectSetting: { discoveryUrl: 'https://idp.example/a' } },
    { id: 'x', openIdConnectSetting: { discoveryUrl: 'https://evil.example/a' } },
    'critical',
    { bothWays: true },
  ),
  am(
    'AM-06',
    'single-factor certificates count as strong',
    {
      id: 'X509Certificate',
      authenticationModeConfiguration: { x509CertificateAuthenticationDefaultMode: 'x509CertificateSingleFactor' },
    },
    {
      id: 'X509Certificate',
      authenticationModeConfiguration: { x509CertificateAuthenticationDefaultMode: 'x509CertificateMultiFactor' },
    },
    'critical',
  ),
  am(
    'AM-06',
    'another binding',
    { id: 'X509Certificate', certificateUserBindings: [] },
    {
      id: 'X509Certificate',
      certificateUserBindings: [{ x509CertificateField: 'RFC822Name', userProperty: 'userPrincipalName' }],
    },
    'critical',
  ),
  {
    rule: 'AM-07',
    name: 'migration undone',
    type: 'authenticationMethodsPolicy',
    before: { policyMigrationState: 'migrationComplete' },
    after: { policyMigrationState: 'preMigration' },
    severity: 'low',
  },
  {
    rule: 'AM-08',
    name: 'no reports',
    type: 'authenticationMethodsPolicy',
    before: { reportSuspiciousActivitySettings: { state: 'enabled' } },
    after: { reportSuspiciousActivitySettings: { state: 'disabled' } },
    severity: 'medium',
  },

  assignment('RO-01', 'a new one', null, holds(GLOBAL_ADMIN), 'critical'),
  assignment('RO-01', 'the end date goes', holds(GLOBAL_ADMIN, UNTIL), holds(GLOBAL_ADMIN), 'critical'),
  assignment('RO-02', 'a new one', null, holds(USER_ADMIN), 'high'),
  assignment('RO-02', 'a role that gives roles', null, holds(ROLE_ADMIN), 'critical'),
  assignment('RO-03', 'a program', null, holds(USER_ADMIN), 'critical', {
    around: { servicePrincipal: [{ id: ALICE, appId: 'a' }] },
  }),
  assignment('RO-04', 'a guest', null, holds(USER_ADMIN), 'critical', {
    around: { user: [{ id: ALICE, userType: 'Guest' }] },
  }),
  assignment('RO-04', 'a synchronised account', null, holds(USER_ADMIN), 'critical', {
    around: { user: [{ id: ALICE, onPremisesImmutableId: 'x' }] },
  }),
  eligible('RO-05', 'for some time', null, holds(GLOBAL_ADMIN, UNTIL), 'high'),
  eligible('RO-05', 'for good', null, holds(USER_ADMIN), 'high'),
  pim(
    'RO-06',
    'Global Administrator',
    rule(GLOBAL_ADMIN, 'Approval_EndUser_Assignment', { setting: { isApprovalRequired: true } }),
    rule(GLOBAL_ADMIN, 'Approval_EndUser_Assignment', { setting: { isApprovalRequired: false } }),
    'high',
  ),
  pim(
    'RO-07',
    'without MFA',
    rule(USER_ADMIN, 'Enablement_EndUser_Assignment', { enabledRules: ['MultiFactorAuthentication', 'Justification'] }),
    rule(USER_ADMIN, 'Enablement_EndUser_Assignment', { enabledRules: ['Justification'] }),
    'high',
  ),
  pim(
    'RO-07',
    'longer',
    rule(USER_ADMIN, 'Expiration_EndUser_Assignment', { maximumDuration: 'PT8H' }),
    rule(USER_ADMIN, 'Expiration_EndUser_Assignment', { maximumDuration: 'P1D' }),
    'high',
  ),
  pim(
    'RO-07',
    'for ever',
    rule(USER_ADMIN, 'Expiration_Admin_Assignment', { isExpirationRequired: true }),
    rule(USER_ADMIN, 'Expiration_Admin_Assignment', { isExpirationRequired: false }),
    'high',
  ),
  pim(
    'RO-08',
    'nobody is told',
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', { notificationRecipients: ['a@example.com'] }),
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', { notificationRecipients: [] }),
    'medium',
  ),
  {
    rule: 'RO-09',
    name: 'credentials of applications',
    type: 'roleDefinition',
    before: roleActions(['microsoft.directory/users/standard/read']),
    after: roleActions([
      'microsoft.directory/users/standard/read',
      'microsoft.directory/applications/credentials/update',
    ]),
    severity: 'critical',
  },
  {
    rule: 'RO-09',
    name: 'a new custom role with them',
    type: 'roleDefinition',
    before: null,
    after: roleActions(['microsoft.directory/servicePrincipals/credentials/update']),
    severity: 'critical',
  },
  assignment('RO-10', 'a ninth', null, holds(GLOBAL_ADMIN, UNTIL), 'medium', {
    around: { roleAssignment: admins(8) },
    opposite: 'silent',
  }),
  assignment('RO-10', 'only one left', holds(GLOBAL_ADMIN), null, 'medium', {
    around: { roleAssignment: admins(1) },
    bothWays: true,
  }),

  {
    rule: 'DO-01',
    name: 'federated',
    type: 'domain',
    before: { id: 'a.example', authenticationType: 'Managed' },
    after: { id: 'a.example', authenticationType: 'Federated' },
    severity: 'critical',
  },
  {
    rule: 'DO-01',
    name: 'a new federated domain',
    type: 'domain',
    before: null,
    after: { id: 'a.example', authenticationType: 'Federated' },
    severity: 'critical',
  },
  {
    rule: 'DO-02',
    name: 'another certificate',
    type: 'domain',
    before: { id: 'a.example', federationConfiguration: [{ id: 'f', signingCertificate: 'A' }] },
    after: { id: 'a.example', federationConfiguration: [{ id: 'f', signingCertificate: 'B' }] },
    severity: 'critical',
    bothWays: true,
  },
  {
    rule: 'DO-02',
    name: 'a second configuration',
    type: 'domain',
    before: { id: 'a.example', federationConfiguration: [] },
    after: { id: 'a.example', federationConfiguration: [{ id: 'f', signingCertificate: 'A' }] },
    severity: 'critical',
  },
  {
    rule: 'DO-03',
    name: 'the other side decides',
    type: 'domain',
    before: {
      id: 'a.example',
      federationConfiguration: [{ id: 'f', federatedIdpMfaBehavior: 'rejectMfaByFederatedIdp' }],
    },
    after: {
      id: 'a.example',
      federationConfiguration: [{ id: 'f', federatedIdpMfaBehavior: 'acceptIfMfaDoneByFederatedIdp' }],
    },
    severity: 'high',
  },
  {
    rule: 'DO-04',
    name: 'a new domain',
    type: 'domain',
    before: null,
    after: { id: 'a.example', isVerified: false },
    severity: 'medium',
  },
  {
    rule: 'DO-04',
    name: 'verified',
    type: 'domain',
    before: { id: 'a.example', isVerified: false },
    after: { id: 'a.example', isVerified: true },
    severity: 'medium',
  },
  {
    rule: 'DO-05',
    name: 'ninety days',
    type: 'domain',
    before: { id: 'a.example', passwordValidityPeriodInDays: 2147483647 },
    after: { id: 'a.example', passwordValidityPeriodInDays: 90 },
    severity: 'low',
  },

  group(
    'GR-01',
    'a member of a role-assignable group',
    { id: GROUP, isAssignableToRole: true, members: [] },
    { id: GROUP, isAssignableToRole: true, members: [{ id: ALICE }] },
    'high',
  ),
  group(
    'GR-01',
    'an owner of a group with a role',
    { id: GROUP, isAssignableToRole: true, owners: [] },
    { id: GROUP, isAssignableToRole: true, owners: [{ id: ALICE }] },
    'critical',
    { around: { roleAssignment: [{ principalId: GROUP, roleDefinitionId: GLOBAL_ADMIN }] } },
  ),
  group(
    'GR-02',
    'a member of an excluded group',
    { id: GROUP, members: [] },
    { id: GROUP, members: [{ id: ALICE }] },
    'high',
    { around: excludesGroup },
  ),
  group(
    'GR-03',
    'another rule',
    { id: GROUP, membershipRule: 'user.department -eq "A"' },
    { id: GROUP, membershipRule: 'user.department -ne "A"' },
    'high',
    { around: excludesGroup, bothWays: true },
  ),
  user(
    'US-01',
    'a guest becomes a member',
    { id: ALICE, userType: 'Guest' },
    { id: ALICE, userType: 'Member' },
    'high',
    { around: aliceIsAdmin },
  ),
  user('US-01', 'an anchor is set', { id: ALICE }, { id: ALICE, onPremisesImmutableId: 'x' }, 'high', {
    around: aliceIsAdmin,
  }),
  user(
    'US-01',
    'an account is switched on',
    { id: ALICE, accountEnabled: false },
    { id: ALICE, accountEnabled: true },
    'high',
    { around: aliceIsAdmin },
  ),
];

export const TENANT_SILENT: RuleCase[] = [
  ap(
    'AP-03',
    'a policy that users do not grant by',
    { permissionGrantPolicyIdsAssignedToDefaultUserRole: [] },
    { permissionGrantPolicyIdsAssignedToDefaultUserRole: ['ManagePermissionGrantsForOwnedResource.x'] },
    'info',
  ),
  co(
    'CO-02',
    'twenty days',
    { isEnabled: true, requestDurationInDays: 10 },
    { isEnabled: true, requestDurationInDays: 20 },
    'info',
  ),
  setting('PW-01', 'still few tries', values('LockoutThreshold', '5'), values('LockoutThreshold', '8'), 'info'),
  am('AM-01', 'passkeys on', { id: 'Fido2', state: 'disabled' }, { id: 'Fido2', state: 'enabled' }, 'info'),
  am('AM-03', 'SMS off', { id: 'Sms', state: 'enabled' }, { id: 'Sms', state: 'disabled' }, 'info'),
  assignment('RO-01', 'until a day', null, holds(GLOBAL_ADMIN, UNTIL), 'info'),
  assignment('RO-02', 'a role that only reads', null, holds(DIRECTORY_READERS), 'info'),
  assignment('RO-03', 'a person', null, holds(USER_ADMIN), 'info', { around: { user: [{ id: ALICE }] } }),
  assignment('RO-04', 'a member of the cloud', null, holds(USER_ADMIN), 'info', {
    around: { user: [{ id: ALICE, userType: 'Member' }] },
  }),
  assignment('RO-10', 'a third', null, holds(GLOBAL_ADMIN), 'info', { around: { roleAssignment: admins(2) } }),
  pim(
    'RO-08',
    'another recipient',
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', { notificationRecipients: ['a@example.com'] }),
    rule(USER_ADMIN, 'Notification_Admin_Admin_Assignment', { notificationRecipients: ['b@example.com'] }),
    'info',
  ),
  {
    rule: 'RO-09',
    name: 'reading',
    type: 'roleDefinition',
    before: roleActions([]),
    after: roleActions(['microsoft.directory/applications/standard/read']),
    severity: 'info',
  },
  group('GR-01', 'a plain group', { id: GROUP, members: [] }, { id: GROUP, members: [{ id: ALICE }] }, 'info'),
  group(
    'GR-02',
    'a group that no policy excludes',
    { id: GROUP, members: [] },
    { id: GROUP, members: [{ id: ALICE }] },
    'info',
  ),
  user(
    'US-01',
    'an account without roles',
    { id: ALICE, userType: 'Guest' },
    { id: ALICE, userType: 'Member' },
    'info',
  ),
];
