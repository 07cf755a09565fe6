import { at, stringsAt, text, tokensOf } from '../../normalise/json-members.js';
import {
  GLOBAL_ADMINISTRATOR,
  isPrivilegedRole,
  PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
  PRIVILEGED_ROLE_ADMINISTRATOR,
} from '../../resource-types/well-known.js';
import { addedElements, type EvaluatedChange, subject } from '../evaluated-change.js';
import type { EvaluationContext, SnapshotLookup } from '../evaluation-context.js';
import { strings } from './policy-facts.js';
import { controlPlaneOf, isControlPlane } from './privileged-principals.js';

type Fact = (change: EvaluatedChange, context: EvaluationContext) => boolean;

/** Facts about directory roles, who holds them, and the groups and users that decide it. */
export const ROLE_FACTS = {
  'role-global-administrator': (change) => roleOf(change) === GLOBAL_ADMINISTRATOR,
  'role-takes-over': (change) =>
    [PRIVILEGED_ROLE_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR].includes(roleOf(change)),
  'role-privileged': (change) => isPrivilegedRole(roleOf(change)),
  'role-needs-approval': (change) => [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR].includes(roleOf(change)),
  permanent: (change) => text(change.objectAfter?.value, 'endDateTime') === null,
  'assignment-stays': (change) => change.objectBefore !== null && change.objectAfter !== null,
  'recipients-empty': (change) => stringsAt(change.objectAfter?.value, '/notificationRecipients').length === 0,
  'principal-service-principal': (change, context) =>
    [context.after, context.before].some(
      (lookup) => lookup.find('servicePrincipal', principalOf(change)) !== undefined,
    ),
  'principal-guest-or-synced': (change, context) =>
    [context.after, context.before].some((lookup) => isGuestOrSynced(lookup, principalOf(change))),
  'global-administrators-out-of-range': (_change, context) => {
    const was = globalAdministrators(context.before);
    const is = globalAdministrators(context.after);
    return (is > MOST_GLOBAL_ADMINISTRATORS && is > was) || (is < FEWEST_GLOBAL_ADMINISTRATORS && is < was);
  },
  'custom-role': (change) => at(subject(change)?.value, '/isBuiltIn') === false,
  'actions-tier-zero': (change) => {
    const added = addedElements(change);
    return [...strings(added), ...added.flatMap((permission) => stringsAt(permission, '/allowedResourceActions'))].some(
      isTierZeroAction,
    );
  },
  'group-holds-privileged-role': (change, context) =>
    [context.after, context.before].some((lookup) => controlPlaneOf(lookup).groups.has(groupOf(change))),
  'group-role-assignable': (change, context) =>
    at(subject(change)?.value, '/isAssignableToRole') === true ||
    [context.after, context.before].some(
      (lookup) => at(lookup.find('group', groupOf(change))?.value, '/isAssignableToRole') === true,
    ),
  'group-excluded-by-policy': (change, context) =>
    isExcluded(groupOf(change), context.after) || isExcluded(groupOf(change), context.before),
  'member-privileged': (change, context) =>
    [context.after, context.before].some((lookup) => isControlPlane(lookup, memberOf(change))),
  'member-break-glass': (change, context) => context.breakGlassIds.has(memberOf(change)),
  'group-decides-access': (change, context) =>
    controlPlaneOf(context.after).groups.has(change.key) ||
    context.after
      .objects('conditionalAccessPolicy')
      .some(({ value }) =>
        ['includeGroups', 'excludeGroups'].some((name) =>
          stringsAt(value, `/conditions/users/${name}`).includes(change.key),
        ),
      ),
  'user-privileged': (change, context) =>
    controlPlaneOf(context.after).principals.has(change.key) ||
    controlPlaneOf(context.before).principals.has(change.key),
} satisfies Record<string, Fact>;

/** CISA's bounds (MS.AAD.7.1). */
const FEWEST_GLOBAL_ADMINISTRATORS = 2;
const MOST_GLOBAL_ADMINISTRATORS = 8;

function roleOf(change: EvaluatedChange): string {
  return text(subject(change)?.value, 'roleDefinitionId') ?? '';
}

/** The group that changed, or that somebody may join. */
function groupOf(change: EvaluatedChange): string {
  return change.resourceType === 'groupEligibility' ? (text(subject(change)?.value, 'groupId') ?? '') : change.key;
}

/** Who joined, left, or may join. */
function memberOf(change: EvaluatedChange): string {
  return change.resourceType === 'groupEligibility' ? principalOf(change) : (tokensOf(change.path).at(1) ?? '');
}

function principalOf(change: EvaluatedChange): string {
  return text(subject(change)?.value, 'principalId') ?? '';
}

function isGuestOrSynced(lookup: SnapshotLookup, id: string): boolean {
  const value = lookup.find('user', id)?.value;
  if (value === undefined) return false;
  return text(value, 'userType') === 'Guest' || text(value, 'onPremisesImmutableId') !== null;
}

function globalAdministrators(lookup: SnapshotLookup): number {
  const holders = new Set<string>();
  for (const { value } of lookup.objects('roleAssignment')) {
    const principal = text(value, 'principalId');
    if (principal !== null && text(value, 'roleDefinitionId') === GLOBAL_ADMINISTRATOR) holders.add(principal);
  }
  return holders.size;
}

function isExcluded(groupId: string, lookup: SnapshotLookup): boolean {
  return lookup
    .objects('conditionalAccessPolicy')
    .some(({ value }) => stringsAt(value, '/conditions/users/excludeGroups').includes(groupId));
}

/**
 * Directory actions with which the tenant can be taken: writing roles, credentials, authentication, policies of access,
 * federation and consent. Reading isn't among them.
 */
const TIER_ZERO_AREA =
  /^microsoft\.directory\/(roleAssignments|roleDefinitions|directoryRoles|privilegedIdentityManagement|scopedRoleMemberships|groupsAssignableToRoles|applications|applicationPolicies|servicePrincipals|oAuth2PermissionGrants|permissionGrantPolicies|conditionalAccessPolicies|namedLocations|policies|authorizationPolicy|crossTenantAccessPolicy|domains|hybridAuthenticationPolicy|identityProviders|organization|passwordHashSync|userCredentialPolicies|administrativeUnits|users|groups|entitlementManagement|onPremisesSynchronization|resourceNamespaces|deviceManagementPolicies|customAuthenticationExtensions|adminConsentRequestPolicy)[/.]/i;
const WRITES =
  /\/(create|delete|allTasks|update|enable|disable|restore|manage[^/]*|invalidateAllRefreshTokens|createAsOwner|instantiate)$|managePermissionGrantsForAll/i;

export function isTierZeroAction(action: string): boolean {
  return TIER_ZERO_AREA.test(action) && WRITES.test(action);
}
