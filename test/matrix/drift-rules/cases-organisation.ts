import type { JsonObject } from '../../../src/crypto/canonical-json.js';
import type { ResourceType } from '../../../src/drift/resource-types/resource-type.types.js';
import type { RuleCase } from './rule-case.types.js';

const ALICE = '11111111-1111-4111-8111-111111111111';
const GROUP = '33333333-3333-4333-8333-333333333333';
const USER_ADMIN = 'fe930be7-5e62-47db-91af-98c3a49a38b1';

const one =
  (type: ResourceType) =>
  (
    rule: string,
    name: string,
    before: JsonObject | null,
    after: JsonObject | null,
    severity: RuleCase['severity'],
    more: Partial<RuleCase> = {},
  ): RuleCase => ({ rule, name, type, before, after, severity, ...more });

const consent = one('permissionGrantPolicy');
const verified = {
  permissionType: 'delegated',
  permissionClassification: 'low',
  permissions: ['all'],
  clientApplicationsFromVerifiedPublisherOnly: true,
};
const everything = { permissionType: 'delegated', permissionClassification: 'all', permissions: ['all'] };
const application = { permissionType: 'application', permissions: ['9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8'] };
const partner = one('crossTenantAccessPartner');
const byDefault = one('crossTenantAccessDefault');
const inbound = (accessType: string) => ({ b2bCollaborationInbound: { usersAndGroups: { accessType } } });
const contoso = (more: JsonObject = {}) => ({ tenantId: ALICE, ...more });
const device = one('deviceRegistrationPolicy');
const membership = (kind: string, more: JsonObject = {}) => ({
  '@odata.type': `#microsoft.graph.${kind}DeviceRegistrationMembership`,
  ...more,
});
const sync = one('onPremisesSynchronization');
const authorities = one('certificateBasedAuthConfiguration');
const ca = (issuerSki: string, certificate = 'MIIB') => ({ issuerSki, certificate, isRootAuthority: true });
const provider = one('identityProvider');
const eligible = one('groupEligibility');
const mayJoin = { principalId: ALICE, groupId: GROUP, accessId: 'member' };
const assignable = { group: [{ id: GROUP, isAssignableToRole: true }] };
const holdsRole = {
  group: [{ id: GROUP }],
  roleAssignment: [{ principalId: GROUP, roleDefinitionId: USER_ADMIN, directoryScopeId: '/' }],
};
const excluded = {
  conditionalAccessPolicy: [{ state: 'enabled', conditions: { users: { excludeGroups: [GROUP] } } }],
};

export const ORGANISATION_CASES: RuleCase[] = [
  consent('CO-03', 'application permissions', { includes: [verified] }, { includes: [verified, application] }, 'high'),
  consent('CO-03', 'all permissions', { includes: [verified] }, { includes: [everything] }, 'high'),
  consent(
    'CO-03',
    'of publishers that nobody verified',
    { includes: [{ ...everything, clientApplicationsFromVerifiedPublisherOnly: true }] },
    { includes: [everything] },
    'high',
  ),
  consent(
    'CO-03',
    'what was excluded no longer is',
    { excludes: [verified, application] },
    { excludes: [verified] },
    'high',
  ),
  consent('CO-03', 'a new policy for everything', null, { includes: [everything] }, 'high', { opposite: 'silent' }),

  partner('XT-01', 'whose people are guests', null, contoso(inbound('allowed')), 'high'),
  partner('XT-01', 'that inherits what the default allows', null, contoso(), 'high', {
    around: { crossTenantAccessDefault: [inbound('allowed')] },
  }),
  partner('XT-01', 'of which nothing is said anywhere', null, contoso(), 'high'),
  partner(
    'XT-01',
    'with shared channels',
    null,
    contoso({ ...inbound('blocked'), b2bDirectConnectInbound: { usersAndGroups: { accessType: 'allowed' } } }),
    'high',
  ),
  ...(['isMfaAccepted', 'isCompliantDeviceAccepted', 'isHybridAzureADJoinedDeviceAccepted'] as const).map((name) =>
    partner(
      'XT-02',
      name,
      contoso({ inboundTrust: { [name]: false } }),
      contoso({ inboundTrust: { [name]: true } }),
      'high',
    ),
  ),
  byDefault(
    'XT-02',
    'of every tenant',
    { inboundTrust: { isMfaAccepted: false } },
    { inboundTrust: { isMfaAccepted: true } },
    'high',
  ),
  partner('XT-02', 'of a new partner', null, contoso({ inboundTrust: { isMfaAccepted: true } }), 'high', {
    opposite: 'silent',
  }),
  partner(
    'XT-03',
    'synchronisation',
    contoso({ identitySynchronization: { userSyncInbound: { isSyncAllowed: false } } }),
    contoso({ identitySynchronization: { userSyncInbound: { isSyncAllowed: true } } }),
    'critical',
  ),
  partner(
    'XT-03',
    'consent for them',
    contoso({ automaticUserConsentSettings: { inboundAllowed: false } }),
    contoso({ automaticUserConsentSettings: { inboundAllowed: true } }),
    'critical',
  ),
  byDefault('XT-04', 'guests', inbound('blocked'), inbound('allowed'), 'medium'),
  byDefault(
    'XT-04',
    'shared channels',
    { b2bDirectConnectInbound: { usersAndGroups: { accessType: 'blocked' } } },
    { b2bDirectConnectInbound: { usersAndGroups: { accessType: 'allowed' } } },
    'medium',
  ),

  device(
    'DV-01',
    'no second factor',
    { multiFactorAuthConfiguration: 'required' },
    { multiFactorAuthConfiguration: 'notRequired' },
    'medium',
  ),
  device(
    'DV-01',
    'by anybody',
    { azureADJoin: { allowedToJoin: membership('enumerated', { users: [ALICE] }) } },
    { azureADJoin: { allowedToJoin: membership('all') } },
    'medium',
  ),
  device(
    'DV-02',
    'Global Administrators',
    { azureADJoin: { localAdmins: { enableGlobalAdmins: false } } },
    { azureADJoin: { localAdmins: { enableGlobalAdmins: true } } },
    'medium',
  ),
  device(
    'DV-02',
    'whoever registers',
    { azureADJoin: { localAdmins: { registeringUsers: membership('no') } } },
    { azureADJoin: { localAdmins: { registeringUsers: membership('all') } } },
    'medium',
  ),
  device(
    'DV-02',
    'one more person',
    { azureADJoin: { localAdmins: { registeringUsers: membership('enumerated', { users: [GROUP] }) } } },
    { azureADJoin: { localAdmins: { registeringUsers: membership('enumerated', { users: [GROUP, ALICE] }) } } },
    'medium',
  ),
  device(
    'DV-02',
    'no password of its own for each device',
    { localAdminPassword: { isEnabled: true } },
    { localAdminPassword: { isEnabled: false } },
    'high',
  ),
  ...(['blockSoftMatchEnabled', 'blockCloudObjectTakeoverThroughHardMatchEnabled'] as const).map((name) =>
    sync('HY-01', name, { features: { [name]: true } }, { features: { [name]: false } }, 'high'),
  ),

  authorities(
    'AM-06',
    'another authority',
    { certificateAuthorities: [ca('A')] },
    { certificateAuthorities: [ca('A'), ca('B')] },
    'critical',
  ),
  authorities(
    'AM-06',
    'another certificate under the same name',
    { certificateAuthorities: [ca('A')] },
    { certificateAuthorities: [ca('A', 'MIIC')] },
    'critical',
    { bothWays: true },
  ),
  authorities('AM-06', 'the first authority', null, { certificateAuthorities: [ca('A')] }, 'critical'),
  provider('AM-05', 'a new provider', null, { id: 'Google-OAUTH', clientId: 'c' }, 'high'),
  provider(
    'AM-05',
    'a federation that signs with another key',
    { issuerUri: 'https://idp.example', signingCertificate: 'MIIB' },
    { issuerUri: 'https://idp.example', signingCertificate: 'MIIC' },
    'high',
    { bothWays: true },
  ),
  eligible('GR-01', 'may join', null, mayJoin, 'high', { around: assignable }),
  eligible('GR-01', 'may join one that holds a role', null, mayJoin, 'critical', { around: holdsRole }),
  eligible('GR-02', 'may join', null, mayJoin, 'high', { around: excluded }),
];

export const ORGANISATION_SILENT: RuleCase[] = [
  consent('CO-03', 'low permissions of verified publishers', { includes: [] }, { includes: [verified] }, 'info'),
  consent(
    'CO-03',
    'the same conditions under another id',
    { includes: [{ ...everything, id: 'a' }] },
    { includes: [{ ...everything, id: 'b' }] },
    'info',
  ),
  consent('CO-03', 'one more exclusion', { excludes: [] }, { excludes: [everything] }, 'info'),
  partner('XT-01', 'a partner that is kept out', null, contoso(inbound('blocked')), 'info'),
  partner('XT-01', 'a partner that the default keeps out', null, contoso(), 'info', {
    around: { crossTenantAccessDefault: [inbound('blocked')] },
  }),
  device(
    'DV-01',
    'nobody may join',
    { azureADJoin: { allowedToJoin: membership('all') } },
    { azureADJoin: { allowedToJoin: membership('no') } },
    'info',
  ),
  device(
    'DV-02',
    'passwords are managed',
    { localAdminPassword: { isEnabled: false } },
    { localAdminPassword: { isEnabled: true } },
    'info',
  ),
  authorities(
    'AM-06',
    'one authority less',
    { certificateAuthorities: [ca('A'), ca('B')] },
    { certificateAuthorities: [ca('A')] },
    'info',
  ),
  provider('AM-05', "Microsoft's own", null, { id: 'EmailOTP-OAUTH', identityProviderType: 'EmailOTP' }, 'info'),
  eligible('GR-01', 'an ordinary group', null, mayJoin, 'info', { around: { group: [{ id: GROUP }] } }),
  eligible('GR-02', 'a group that no policy names', null, mayJoin, 'info'),
  {
    ...one('group')(
      'GR-01',
      'a group that can hold roles is new',
      null,
      { id: GROUP, isAssignableToRole: true, members: [{ id: ALICE }] },
      'info',
    ),
  },
];
