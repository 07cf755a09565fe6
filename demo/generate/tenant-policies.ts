import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';

/** Adds what a tenant has once: its organisation, domains, authorization, consent and security defaults, group settings. */
export function generateTenantPolicies(state: TenantState, cast: Cast): void {
  const { tenantId, displayName, initialDomain, defaultDomain, seed } = state.identity;
  const random = new Prng(seed, 'tenant policies');
  state.singletons.organization = {
    id: tenantId,
    displayName,
    createdDateTime: '2024-02-11T09:00:00Z',
    onPremisesSyncEnabled: true,
    onPremisesLastSyncDateTime: '2026-05-28T04:11:09Z',
    tenantType: 'AAD',
    countryLetterCode: 'NL',
    verifiedDomains: [
      {
        capabilities: 'Email, OfficeCommunicationsOnline',
        isDefault: false,
        isInitial: true,
        name: initialDomain,
        type: 'Managed',
      },
      { capabilities: 'Email', isDefault: true, isInitial: false, name: defaultDomain, type: 'Managed' },
    ],
  };
  state.singletons.authorizationPolicy = {
    id: 'authorizationPolicy',
    displayName: 'Authorization Policy',
    description: 'Settings of authorization across the organisation',
    deletedDateTime: null,
    allowEmailVerifiedUsersToJoinOrganization: false,
    allowInvitesFrom: 'adminsAndGuestInviters',
    allowUserConsentForRiskyApps: null,
    allowedToSignUpEmailBasedSubscriptions: false,
    allowedToUseSSPR: false,
    blockMsolPowerShell: true,
    guestUserRoleId: random.pick(['2af84b1e-32c8-42b7-82bc-daa82404023b', '10dae51f-b6af-4016-8d66-8c2a99b929b3']),
    defaultUserRolePermissions: {
      allowedToCreateApps: false,
      allowedToCreateSecurityGroups: false,
      allowedToCreateTenants: false,
      allowedToReadBitlockerKeysForOwnedDevice: true,
      allowedToReadOtherUsers: true,
      permissionGrantPoliciesAssigned: [
        'ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team',
      ],
    },
  };
  state.singletons.identitySecurityDefaultsEnforcementPolicy = {
    id: '00000000-0000-0000-0000-000000000005',
    displayName: 'Security Defaults',
    description: 'Basic protection for tenants without Conditional Access',
    isEnabled: false,
  };
  state.singletons.adminConsentRequestPolicy = {
    isEnabled: true,
    notifyReviewers: true,
    remindersEnabled: true,
    requestDurationInDays: 30,
    version: 4,
    reviewers: random
      .sample(cast.adminIds, 2)
      .map((id) => ({ query: `/users/${id}`, queryType: 'MicrosoftGraph', queryRoot: null })),
  };
  generateDomains(state, random);
  generateGroupSettings(state, random);
}

function generateDomains(state: TenantState, random: Prng): void {
  const { initialDomain, defaultDomain } = state.identity;
  const federated = `hybrid.${defaultDomain}`;
  const list: [string, JsonObject][] = [
    [initialDomain, { isInitial: true, supportedServices: ['Email', 'OfficeCommunicationsOnline'] }],
    [defaultDomain, { isDefault: true, supportedServices: ['Email'] }],
    [federated, { isRoot: false, authenticationType: 'Federated', supportedServices: [] }],
    [
      `${random.pick(['shop', 'lab', 'careers'])}.${defaultDomain}`,
      { isRoot: false, isVerified: false, supportedServices: [] },
    ],
  ];
  for (const [id, about] of list) state.collections.domains.set(domain(id, about));
  const host = `sts.${federated}`;
  state.federationConfigurations.set(federated, [
    {
      '@odata.type': '#microsoft.graph.internalDomainFederation',
      id: random.guid(),
      displayName: 'On-premises federation',
      issuerUri: `http://${host}/adfs/services/trust`,
      metadataExchangeUri: `https://${host}/adfs/services/trust/mex`,
      signingCertificate: Buffer.from(random.hex(240), 'hex').toString('base64'),
      nextSigningCertificate: null,
      passiveSignInUri: `https://${host}/adfs/ls/`,
      activeSignInUri: `https://${host}/adfs/services/trust/2005/usernamemixed`,
      signOutUri: `https://${host}/adfs/ls/`,
      preferredAuthenticationProtocol: 'wsFed',
      promptLoginBehavior: 'nativeSupport',
      isSignedAuthenticationRequestRequired: false,
      federatedIdpMfaBehavior: 'rejectMfaByFederatedIdp',
      signingCertificateUpdateStatus: null,
      passwordResetUri: null,
    },
  ]);
}

/** A Graph domain; managed and verified unless `about` says otherwise. */
export function domain(id: string, about: JsonObject = {}): JsonObject & { id: string } {
  return {
    id,
    authenticationType: 'Managed',
    availabilityStatus: null,
    isAdminManaged: true,
    isDefault: false,
    isInitial: false,
    isRoot: true,
    isVerified: true,
    passwordNotificationWindowInDays: 14,
    passwordValidityPeriodInDays: 2147483647,
    state: null,
    supportedServices: [],
    ...about,
  };
}

function generateGroupSettings(state: TenantState, random: Prng): void {
  const setting = (displayName: string, templateId: string, values: Record<string, string>) =>
    state.collections.groupSettings.set({
      id: random.guid(),
      displayName,
      templateId,
      values: Object.entries(values).map(([name, value]) => ({ name, value })),
    });
  setting('Group.Unified', '62375ab9-6b52-47ed-826b-58e47e0e304b', {
    EnableMIPLabels: 'True',
    CustomBlockedWordsList: '',
    ClassificationDescriptions: '',
    DefaultClassification: '',
    PrefixSuffixNamingRequirement: '',
    AllowGuestsToBeGroupOwner: 'False',
    AllowGuestsToAccessGroups: 'True',
    GuestUsageGuidelinesUrl: '',
    GroupCreationAllowedGroupId: '',
    AllowToAddGuests: 'True',
    UsageGuidelinesUrl: '',
    ClassificationList: '',
    EnableGroupCreation: 'False',
  });
  setting('Consent Policy Settings', 'dffd5d46-495d-40a9-8e21-954ff55e198a', {
    EnableGroupSpecificConsent: 'False',
    BlockUserConsentForRiskyApps: 'true',
    EnableAdminConsentRequests: 'true',
    ConstrainGroupSpecificConsentToMembersOfGroupId: '',
  });
  setting('Password Rule Settings', '5cf42378-d67d-4f36-ba46-e8b86229381d', {
    BannedPasswordCheckOnPremisesMode: 'Enforce',
    EnableBannedPasswordCheckOnPremises: 'True',
    EnableBannedPasswordCheck: 'True',
    LockoutDurationInSeconds: '60',
    LockoutThreshold: '10',
    BannedPasswordList: '',
  });
}
