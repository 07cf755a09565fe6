import type { JsonObject } from '../store/json.types.js';
import type { Prng } from './prng.js';

export const PHISHING_RESISTANT_STRENGTH = '00000000-0000-0000-0000-000000000004';

/** What the blueprints may refer to. */
export interface PolicyContext {
  random: Prng;
  breakGlassIds: string[];
  exclusionGroupIds: string[];
  groupIds: string[];
  applicationIds: string[];
  adminRoleIds: string[];
  trustedLocationId: string;
  blockedCountriesId: string;
  customStrengthId: string;
}

/** One Conditional Access policy as an organisation would design it; ids come from the context. */
export interface PolicyBlueprint {
  title: string;
  state: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced';
  parts: (context: PolicyContext) => {
    users?: JsonObject;
    applications?: JsonObject;
    conditions?: JsonObject;
    grant?: JsonObject;
    session?: JsonObject;
  };
}

const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
const GUESTS = 'internalGuest,b2bCollaborationGuest,b2bCollaborationMember';

const everyone = (context: PolicyContext): JsonObject => ({
  includeUsers: ['All'],
  excludeUsers: context.breakGlassIds,
  excludeGroups: context.exclusionGroupIds.slice(0, 1),
});
const admins = (context: PolicyContext): JsonObject => ({
  includeRoles: context.adminRoleIds,
  excludeUsers: context.breakGlassIds,
});
const guests = (): JsonObject => ({
  guestOrExternalUserTypes: GUESTS,
  externalTenants: { '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants', membershipKind: 'all' },
});
const frequency = (value: number, type: 'hours' | 'days'): JsonObject => ({
  value,
  type,
  authenticationType: 'primaryAndSecondaryAuthentication',
  frequencyInterval: 'timeBased',
  isEnabled: true,
});
const sessionControls = (about: JsonObject): JsonObject => ({
  disableResilienceDefaults: null,
  applicationEnforcedRestrictions: null,
  cloudAppSecurity: null,
  persistentBrowser: null,
  signInFrequency: null,
  ...about,
});

/** In the order of importance: a smaller tenant keeps the first ones. */
export const POLICY_BLUEPRINTS: PolicyBlueprint[] = [
  {
    title: 'MFA for all users',
    state: 'enabled',
    parts: (c) => ({ users: everyone(c), grant: { builtInControls: ['mfa'] } }),
  },
  {
    title: 'Phishing-resistant authentication for administrators',
    state: 'enabled',
    parts: (c) => ({
      users: admins(c),
      grant: { operator: 'AND', authenticationStrength: { id: PHISHING_RESISTANT_STRENGTH } },
    }),
  },
  {
    title: 'Block legacy authentication',
    state: 'enabled',
    parts: (c) => ({
      users: { includeUsers: ['All'], excludeUsers: c.breakGlassIds, excludeGroups: c.exclusionGroupIds },
      conditions: { clientAppTypes: ['exchangeActiveSync', 'other'] },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'Block high user risk',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { userRiskLevels: ['high'] },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'Block high sign-in risk',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { signInRiskLevels: ['high'] },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'MFA for medium sign-in risk',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { signInRiskLevels: ['medium'] },
      grant: { builtInControls: ['mfa'] },
      session: sessionControls({
        signInFrequency: { ...frequency(1, 'hours'), value: null, type: null, frequencyInterval: 'everyTime' },
      }),
    }),
  },
  {
    title: 'Block device code flow and authentication transfer',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'Managed device for office applications',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      applications: { includeApplications: ['Office365'] },
      conditions: { clientAppTypes: ['browser', 'mobileAppsAndDesktopClients'] },
      grant: { builtInControls: ['compliantDevice', 'domainJoinedDevice'] },
    }),
  },
  {
    title: 'Security information only from a managed device',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      applications: { includeApplications: [], includeUserActions: ['urn:user:registersecurityinfo'] },
      grant: { builtInControls: ['compliantDevice', 'domainJoinedDevice'] },
    }),
  },
  {
    title: 'Block countries without business',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { locations: { includeLocations: [c.blockedCountriesId], excludeLocations: [] } },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'MFA for guests',
    state: 'enabled',
    parts: () => ({ users: { includeGuestsOrExternalUsers: guests() }, grant: { builtInControls: ['mfa'] } }),
  },
  {
    title: 'MFA for Azure management',
    state: 'enabled',
    parts: (c) => ({
      users: { includeUsers: ['All'], excludeUsers: c.breakGlassIds },
      applications: { includeApplications: [AZURE_MANAGEMENT] },
      grant: { builtInControls: ['mfa'] },
    }),
  },
  {
    title: 'Short sessions for administrators',
    state: 'enabled',
    parts: (c) => ({
      users: admins(c),
      grant: { builtInControls: ['mfa'] },
      session: sessionControls({
        signInFrequency: frequency(4, 'hours'),
        persistentBrowser: { mode: 'never', isEnabled: true },
      }),
    }),
  },
  {
    title: 'MFA outside of trusted networks',
    state: 'enabledForReportingButNotEnforced',
    parts: (c) => ({
      users: everyone(c),
      conditions: { locations: { includeLocations: ['All'], excludeLocations: [c.trustedLocationId] } },
      grant: { builtInControls: ['mfa'] },
    }),
  },
  {
    title: 'Strong methods for finance',
    state: 'enabled',
    parts: (c) => ({
      users: { includeGroups: c.groupIds.slice(0, 2), excludeUsers: c.breakGlassIds },
      grant: { operator: 'AND', authenticationStrength: { id: c.customStrengthId } },
    }),
  },
  {
    title: 'No persistent browser on unmanaged devices',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: { devices: { deviceFilter: { mode: 'include', rule: 'device.isCompliant -ne True' } } },
      session: sessionControls({
        persistentBrowser: { mode: 'never', isEnabled: true },
        signInFrequency: frequency(1, 'days'),
      }),
    }),
  },
  {
    title: 'Protected applications on mobile platforms',
    state: 'enabledForReportingButNotEnforced',
    parts: (c) => ({
      users: everyone(c),
      applications: { includeApplications: ['Office365'] },
      conditions: {
        platforms: { includePlatforms: ['android', 'iOS'], excludePlatforms: [] },
        clientAppTypes: ['mobileAppsAndDesktopClients'],
      },
      grant: { builtInControls: ['compliantApplication', 'approvedApplication'] },
    }),
  },
  {
    title: 'Block unknown platforms',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      conditions: {
        platforms: { includePlatforms: ['all'], excludePlatforms: ['android', 'iOS', 'windows', 'macOS', 'linux'] },
      },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'Restricted web access for contractors',
    state: 'enabled',
    parts: (c) => ({
      users: { includeGroups: c.groupIds.slice(2, 4) },
      applications: { includeApplications: ['00000003-0000-0ff1-ce00-000000000000'] },
      conditions: { clientAppTypes: ['browser'] },
      session: sessionControls({ applicationEnforcedRestrictions: { isEnabled: true } }),
    }),
  },
  {
    title: 'Monitor downloads of guests',
    state: 'enabledForReportingButNotEnforced',
    parts: () => ({
      users: { includeGuestsOrExternalUsers: guests() },
      applications: { includeApplications: ['Office365'] },
      session: sessionControls({ cloudAppSecurity: { cloudAppSecurityType: 'monitorOnly', isEnabled: true } }),
    }),
  },
  {
    title: 'Device registration needs MFA',
    state: 'enabled',
    parts: (c) => ({
      users: everyone(c),
      applications: { includeApplications: [], includeUserActions: ['urn:user:registerdevice'] },
      grant: { builtInControls: ['mfa'] },
    }),
  },
  {
    title: 'Workload identities only from our networks',
    state: 'enabledForReportingButNotEnforced',
    parts: () => ({
      users: { includeUsers: ['None'] },
      conditions: {
        clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'], excludeServicePrincipals: [] },
        locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
      },
      grant: { builtInControls: ['block'] },
    }),
  },
  {
    title: 'MFA for key applications',
    state: 'enabled',
    parts: (c) => ({
      users: { includeUsers: ['All'], excludeUsers: c.breakGlassIds },
      applications: { includeApplications: c.applicationIds.slice(1, 4) },
      grant: { builtInControls: ['mfa'] },
    }),
  },
  {
    title: 'Compliant device for administrators (pilot)',
    state: 'enabledForReportingButNotEnforced',
    parts: (c) => ({ users: admins(c), grant: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] } }),
  },
  {
    title: 'Old pilot: MFA for one group',
    state: 'disabled',
    parts: (c) => ({ users: { includeGroups: c.groupIds.slice(0, 1) }, grant: { builtInControls: ['mfa'] } }),
  },
];
