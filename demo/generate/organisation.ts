import { type JsonObject, textOf } from '../store/json.types.js';
import type { TenantState } from '../store/tenant-state.js';
import type { GroupCast } from './groups.js';
import { Prng } from './prng.js';
import type { Cast } from './tenant-plan.js';

const USER_ADMINISTRATOR = 'fe930be7-5e62-47db-91af-98c3a49a38b1';

/** Adds how the organisation is divided and joined to elsewhere: administrative units, eligibility for groups, synchronisation, authorities. */
export function generateOrganisation(state: TenantState, cast: Cast, groups: GroupCast): void {
  const random = new Prng(state.identity.seed, 'organisation');
  state.singletons.organization = {
    ...state.singletons.organization,
    technicalNotificationMails: ['identity-alerts@example.com'],
    securityComplianceNotificationMails: ['security@example.com'],
    securityComplianceNotificationPhones: [],
    privacyProfile: { contactEmail: 'privacy@example.com', statementUrl: null },
    preferredLanguage: 'en',
  };
  generateAdministrativeUnits(state, cast, random);
  for (const groupId of groups.roleAssignableIds)
    for (const [position, principalId] of random.sample(cast.adminIds, 2).entries())
      state.collections.groupEligibilityScheduleInstances.set(
        groupEligibility(random.guid(), groupId, principalId, {
          eligibilityScheduleId: random.guid(),
          endDateTime: position === 0 ? '2027-06-01T00:00:00Z' : null,
        }),
      );
  state.collections.onPremisesSynchronization.set(synchronisation(state.tenantId));
  state.collections.certificateBasedAuthConfigurations.set({
    id: '29728ade-6ae4-4ee9-9103-412912537da5',
    certificateAuthorities: [certificateAuthority(random, true, state), certificateAuthority(random, false, state)],
  });
}

function generateAdministrativeUnits(state: TenantState, cast: Cast, random: Prng): void {
  const { administrativeUnits } = state.collections;
  for (const [displayName, restricted] of [
    ['Board', true],
    ['Netherlands', false],
    ['Warehouses', false],
  ] as const) {
    const id = random.guid();
    administrativeUnits.set({
      id,
      deletedDateTime: null,
      displayName,
      description: `People and groups of: ${displayName}`,
      isMemberManagementRestricted: restricted,
      visibility: restricted ? 'HiddenMembership' : null,
      membershipType: null,
      membershipRule: null,
      membershipRuleProcessingState: null,
    });
    state.administrativeUnitMembers.set(id, random.sample(cast.memberIds.slice(0, 300), random.between(2, 6)));
    const [holder = ''] = random.sample(cast.adminIds, 1);
    state.scopedRoleMembers.set(id, [scopedRole(state, random.hex(40), id, USER_ADMINISTRATOR, holder)]);
  }
}

/** A scopedRoleMembership: a role that holds inside of one administrative unit. */
export function scopedRole(
  state: TenantState,
  id: string,
  administrativeUnitId: string,
  roleId: string,
  principalId: string,
): JsonObject {
  const holder = state.collections.users.get(principalId) ?? {};
  return {
    id,
    administrativeUnitId,
    roleId,
    roleMemberInfo: { id: principalId, displayName: textOf(holder, 'displayName') },
  };
}

/** privilegedAccessGroupEligibilityScheduleInstance. */
export function groupEligibility(
  id: string,
  groupId: string,
  principalId: string,
  about: JsonObject,
): JsonObject & { id: string } {
  return {
    id,
    principalId,
    accessId: 'member',
    groupId,
    memberType: 'direct',
    startDateTime: '2025-09-01T08:00:00Z',
    endDateTime: null,
    eligibilityScheduleId: null,
    ...about,
  };
}

function synchronisation(tenantId: string): JsonObject & { id: string } {
  return {
    id: tenantId,
    configuration: {
      accidentalDeletionPrevention: { synchronizationPreventionType: 'enabledForCount', alertThreshold: 500 },
    },
    features: {
      blockCloudObjectTakeoverThroughHardMatchEnabled: true,
      blockSoftMatchEnabled: true,
      bypassDirSyncOverridesEnabled: false,
      cloudPasswordPolicyForPasswordSyncedUsersEnabled: true,
      concurrentCredentialUpdateEnabled: false,
      concurrentOrgIdProvisioningEnabled: false,
      deviceWritebackEnabled: false,
      directoryExtensionsEnabled: false,
      fopeConflictResolutionEnabled: false,
      groupWriteBackEnabled: false,
      passwordSyncEnabled: true,
      passwordWritebackEnabled: false,
      quarantineUponProxyAddressesConflictEnabled: true,
      quarantineUponUpnConflictEnabled: true,
      softMatchOnUpnEnabled: true,
      synchronizeUpnForManagedUsersEnabled: true,
      unifiedGroupWritebackEnabled: false,
      userForcePasswordChangeOnLogonEnabled: false,
      userWritebackEnabled: false,
    },
  };
}

function certificateAuthority(random: Prng, isRootAuthority: boolean, state: TenantState): JsonObject {
  return {
    isRootAuthority,
    certificateRevocationListUrl: `http://pki.${state.identity.defaultDomain}/${isRootAuthority ? 'root' : 'issuing'}.crl`,
    deltaCertificateRevocationListUrl: null,
    certificate: Buffer.from(random.hex(240), 'hex').toString('base64'),
    issuer: `CN=${isRootAuthority ? 'Root' : 'Issuing'} CA, O=${state.identity.displayName}`,
    issuerSki: random.hex(40).toUpperCase(),
  };
}
