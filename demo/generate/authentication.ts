import type { JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import { Prng } from './prng.js';

const PHISHING_RESISTANT = ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor'];
const PASSWORDLESS = [...PHISHING_RESISTANT, 'deviceBasedPush'];
const MULTIFACTOR = [
  ...PASSWORDLESS,
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'password,microsoftAuthenticatorPush',
  'password,softwareOath',
  'password,hardwareOath',
  'password,sms',
  'password,voice',
  'federatedMultiFactor',
  'microsoftAuthenticatorPush,federatedSingleFactor',
  'softwareOath,federatedSingleFactor',
  'sms,federatedSingleFactor',
];

/** Adds authentication strengths (Microsoft's three and one of the tenant) and the authentication methods policy. */
export function generateAuthentication(state: TenantState): void {
  const random = new Prng(state.identity.seed, 'authentication');
  const strengths = [
    strength('00000000-0000-0000-0000-000000000002', 'Multifactor authentication', 'builtIn', MULTIFACTOR),
    strength('00000000-0000-0000-0000-000000000003', 'Passwordless MFA', 'builtIn', PASSWORDLESS),
    strength('00000000-0000-0000-0000-000000000004', 'Phishing-resistant MFA', 'builtIn', PHISHING_RESISTANT),
    strength(random.guid(), 'Finance: keys or certificates', 'custom', [
      'fido2',
      'x509CertificateMultiFactor',
      'windowsHelloForBusiness',
    ]),
  ];
  for (const one of strengths) state.collections.authenticationStrengthPolicies.set(one);
  for (const one of [...methodConfigurations(random), externalMethod(random)])
    state.collections.authenticationMethodConfigurations.set(one);
  state.singletons.authenticationMethodsPolicy = {
    id: 'authenticationMethodsPolicy',
    displayName: 'Authentication Methods Policy',
    description: 'Which authentication methods the people of this tenant may register and use',
    lastModifiedDateTime: '2026-03-02T11:00:00.1234567Z',
    policyVersion: '1.5',
    policyMigrationState: 'migrationComplete',
    registrationEnforcement: {
      authenticationMethodsRegistrationCampaign: {
        snoozeDurationInDays: 1,
        enforceRegistrationAfterAllowedSnoozes: true,
        state: 'default',
        excludeTargets: [],
        includeTargets: [
          { id: 'all_users', targetType: 'group', targetedAuthenticationMethod: 'microsoftAuthenticator' },
        ],
      },
    },
    reportSuspiciousActivitySettings: {
      state: 'enabled',
      includeTarget: { targetType: 'group', id: 'all_users' },
      voiceReportingCode: 0,
    },
    systemCredentialPreferences: {
      state: 'default',
      excludeTargets: [],
      includeTargets: [{ id: 'all_users', targetType: 'group' }],
    },
  };
}

function strength(
  id: string,
  displayName: string,
  policyType: string,
  combinations: string[],
): JsonObject & { id: string } {
  return {
    id,
    createdDateTime: policyType === 'builtIn' ? '2021-12-01T00:00:00Z' : '2025-02-20T09:30:00.1234567Z',
    modifiedDateTime: policyType === 'builtIn' ? '2021-12-01T00:00:00Z' : '2025-02-20T09:30:00.1234567Z',
    displayName,
    description:
      policyType === 'builtIn'
        ? `${displayName}: authentication strength made by Microsoft`
        : 'For people who release payments',
    policyType,
    requirementsSatisfied: 'mfa',
    allowedCombinations: combinations,
    combinationConfigurations: [],
  };
}

/** A second factor of somebody else, asked for over OpenID Connect. */
function externalMethod(random: Prng): JsonObject & { id: string } {
  return {
    '@odata.type': '#microsoft.graph.externalAuthenticationMethodConfiguration',
    id: random.guid(),
    displayName: 'Contoso push',
    state: 'disabled',
    appId: random.guid(),
    openIdConnectSetting: {
      clientId: random.hex(24),
      discoveryUrl: 'https://factor.contoso.example/.well-known/openid-configuration',
    },
    includeTargets: [{ targetType: 'group', id: 'all_users', isRegistrationRequired: false }],
    excludeTargets: [],
  };
}

function methodConfigurations(random: Prng): (JsonObject & { id: string })[] {
  const everybody = (about: JsonObject = {}): JsonObject => ({
    targetType: 'group',
    id: 'all_users',
    isRegistrationRequired: false,
    ...about,
  });
  const feature = (state: string): JsonObject => ({
    state,
    includeTarget: { targetType: 'group', id: 'all_users' },
    excludeTarget: { targetType: 'group', id: '00000000-0000-0000-0000-000000000000' },
  });
  const method = (
    id: string,
    type: string,
    state: 'enabled' | 'disabled',
    about: JsonObject = {},
  ): JsonObject & { id: string } => ({
    '@odata.type': `#microsoft.graph.${type}AuthenticationMethodConfiguration`,
    id,
    state,
    excludeTargets: [],
    includeTargets: [everybody()],
    ...about,
  });
  return [
    method('Fido2', 'fido2', 'enabled', {
      isSelfServiceRegistrationAllowed: true,
      isAttestationEnforced: true,
      keyRestrictions: {
        isEnforced: true,
        enforcementType: 'allow',
        aaGuids: Array.from({ length: 4 }, () => random.guid()),
      },
    }),
    method('MicrosoftAuthenticator', 'microsoftAuthenticator', 'enabled', {
      isSoftwareOathEnabled: false,
      featureSettings: {
        companionAppAllowedState: feature('default'),
        numberMatchingRequiredState: feature('enabled'),
        displayAppInformationRequiredState: feature('enabled'),
        displayLocationInformationRequiredState: feature('enabled'),
      },
      includeTargets: [everybody({ authenticationMode: 'any' })],
    }),
    method('Sms', 'sms', 'disabled', { includeTargets: [everybody({ isUsableForSignIn: false })] }),
    method('TemporaryAccessPass', 'temporaryAccessPass', 'enabled', {
      defaultLifetimeInMinutes: 60,
      defaultLength: 8,
      minimumLifetimeInMinutes: 60,
      maximumLifetimeInMinutes: 480,
      isUsableOnce: true,
    }),
    method('HardwareOath', 'hardwareOath', 'disabled'),
    method('SoftwareOath', 'softwareOath', 'disabled'),
    method('Voice', 'voice', 'disabled', { isOfficePhoneAllowed: false }),
    method('Email', 'email', 'disabled', { allowExternalIdToUseEmailOtp: 'default', includeTargets: [] }),
    method('X509Certificate', 'x509Certificate', 'enabled', {
      certificateUserBindings: [
        {
          x509CertificateField: 'PrincipalName',
          userProperty: 'userPrincipalName',
          priority: 1,
          trustAffinityLevel: 'low',
        },
      ],
      authenticationModeConfiguration: {
        x509CertificateAuthenticationDefaultMode: 'x509CertificateMultiFactor',
        x509CertificateDefaultRequiredAffinityLevel: 'low',
        rules: [],
      },
      issuerHintsConfiguration: { state: 'disabled' },
      crlValidationConfiguration: { state: 'enabled', exemptedCertificateAuthoritiesSubjectKeyIdentifiers: [] },
    }),
  ];
}
