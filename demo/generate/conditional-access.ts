import type { Json, JsonObject } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import type { GroupCast } from './groups.js';
import { POLICY_BLUEPRINTS, type PolicyBlueprint, type PolicyContext } from './policy-blueprints.js';
import { Prng } from './prng.js';
import { ORDINARY_ROLE_IDS, PRIVILEGED_ROLE_IDS } from './role-catalogue.js';
import type { Cast } from './tenant-plan.js';
import { DEPARTMENTS } from './vocabulary.js';

/** Adds named locations and `count` Conditional Access policies: the blueprints first, then one per department and application. */
export function generateConditionalAccess(state: TenantState, cast: Cast, groups: GroupCast, count: number): void {
  const { seed } = state.identity;
  const random = new Prng(seed, 'conditional access');
  const locations = generateNamedLocations(state, random);
  const context: PolicyContext = {
    random,
    breakGlassIds: cast.breakGlassIds,
    exclusionGroupIds: groups.exclusionIds,
    groupIds: groups.ordinaryIds.length ? groups.ordinaryIds : groups.exclusionIds,
    applicationIds: [...state.collections.applications.values()].map((app) => String(app['appId'])),
    adminRoleIds: [
      ...PRIVILEGED_ROLE_IDS.slice(0, 5),
      ...random.sample(PRIVILEGED_ROLE_IDS.slice(5), 5),
      ...ORDINARY_ROLE_IDS.slice(0, 2),
    ],
    trustedLocationId: locations.trustedId,
    blockedCountriesId: locations.blockedId,
    customStrengthId: String([...state.collections.authenticationStrengthPolicies.values()].at(-1)?.['id']),
  };
  const prefix = random.pick(['CA', 'POL', 'ZT', 'CAP']);
  for (let position = 0; position < count; position++) {
    const blueprint = POLICY_BLUEPRINTS[position] ?? departmentPolicy(position);
    const number = String(position + 1).padStart(3, '0');
    state.collections.conditionalAccessPolicies.set(
      policy(new Prng(seed, 'policy', position), `${prefix}${number} - ${blueprint.title}`, blueprint, context),
    );
  }
}

function policy(
  random: Prng,
  displayName: string,
  blueprint: PolicyBlueprint,
  context: PolicyContext,
): JsonObject & { id: string } {
  const parts = blueprint.parts(context);
  const created = `2025-0${random.between(1, 9)}-1${random.between(0, 9)}T09:${random.between(10, 59)}:12.3456789Z`;
  return {
    id: random.guid(),
    templateId: null,
    displayName,
    createdDateTime: created,
    modifiedDateTime: random.chance(0.6)
      ? `2026-0${random.between(1, 5)}-0${random.between(1, 9)}T14:21:33.1234567Z`
      : null,
    state: blueprint.state,
    deletedDateTime: null,
    conditions: {
      userRiskLevels: [],
      signInRiskLevels: [],
      clientAppTypes: ['all'],
      servicePrincipalRiskLevels: [],
      insiderRiskLevels: null,
      platforms: null,
      locations: null,
      times: null,
      devices: null,
      clientApplications: null,
      authenticationFlows: null,
      applications: {
        includeApplications: ['All'],
        excludeApplications: [],
        includeUserActions: [],
        includeAuthenticationContextClassReferences: [],
        applicationFilter: null,
        ...parts.applications,
      },
      users: {
        includeUsers: [],
        excludeUsers: [],
        includeGroups: [],
        excludeGroups: [],
        includeRoles: [],
        excludeRoles: [],
        includeGuestsOrExternalUsers: null,
        excludeGuestsOrExternalUsers: null,
        ...parts.users,
      },
      ...parts.conditions,
    },
    grantControls: parts.grant
      ? {
          operator: 'OR',
          builtInControls: [],
          customAuthenticationFactors: [],
          termsOfUse: [],
          authenticationStrength: null,
          ...parts.grant,
        }
      : null,
    sessionControls: parts.session ?? null,
  };
}

function departmentPolicy(position: number): PolicyBlueprint {
  const department = DEPARTMENTS[position % DEPARTMENTS.length];
  return {
    title: `${department}: MFA for one application (${position})`,
    state: position % 3 === 0 ? 'enabledForReportingButNotEnforced' : 'enabled',
    parts: (context) => ({
      users: {
        includeGroups: [context.groupIds[position % context.groupIds.length] ?? null],
        excludeUsers: context.breakGlassIds,
      },
      applications: {
        includeApplications: [context.applicationIds[position % context.applicationIds.length] ?? 'All'],
      },
      grant: { builtInControls: ['mfa'] },
    }),
  };
}

function generateNamedLocations(state: TenantState, random: Prng): { trustedId: string; blockedId: string } {
  const ip = (displayName: string, isTrusted: boolean, ranges: string[]): JsonObject & { id: string } => ({
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    ...locationBase(random, displayName),
    isTrusted,
    ipRanges: ranges.map(
      (cidrAddress): Json => ({
        '@odata.type': cidrAddress.includes(':') ? '#microsoft.graph.iPv6CidrRange' : '#microsoft.graph.iPv4CidrRange',
        cidrAddress,
      }),
    ),
  });
  const countries = (displayName: string, codes: string[]): JsonObject & { id: string } => ({
    '@odata.type': '#microsoft.graph.countryNamedLocation',
    ...locationBase(random, displayName),
    countriesAndRegions: codes,
    includeUnknownCountriesAndRegions: false,
    countryLookupMethod: 'clientIpAddress',
  });
  const office = () => `203.0.113.${random.between(0, 31) * 8}/29`;
  const trusted = ip('Headquarters', true, [office(), `2001:db8:${random.hex(4)}::/48`]);
  const blocked = countries('Countries without business', random.sample(['KP', 'IR', 'SY', 'CU', 'BY', 'RU', 'VE'], 5));
  const list = [
    trusted,
    ip('Branch offices', true, [office(), office()]),
    ip('Guest wireless', false, [`198.51.100.${random.between(0, 15) * 16}/28`]),
    blocked,
    countries('Where we work', random.sample(['NL', 'DE', 'FR', 'BE', 'IE', 'PT', 'PL', 'FI'], 6)),
  ];
  for (const location of list) state.collections.namedLocations.set(location);
  return { trustedId: trusted.id, blockedId: blocked.id };
}

function locationBase(random: Prng, displayName: string): JsonObject & { id: string } {
  return {
    id: random.guid(),
    displayName,
    createdDateTime: '2024-11-05T10:00:00.1234567Z',
    modifiedDateTime: '2025-12-02T16:45:00.7654321Z',
    deletedDateTime: null,
  };
}
