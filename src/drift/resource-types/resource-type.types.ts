import type { JsonObject } from '../../crypto/canonical-json.js';
import type { RemediationWay } from './remediation-way.types.js';

/** What the service itself reads. Names are Graph's, singular; those of our own configuration begin with access or watch. */
export const SCANNED_TYPES = [
  'conditionalAccessPolicy',
  'namedLocation',
  'authenticationStrengthPolicy',
  'authenticationMethodsPolicy',
  'authenticationMethodConfiguration',
  'authorizationPolicy',
  'securityDefaults',
  'adminConsentRequestPolicy',
  'groupSetting',
  'roleDefinition',
  'roleAssignment',
  'roleEligibility',
  'roleManagementRule',
  'application',
  'servicePrincipal',
  'appRoleAssignment',
  'oauth2PermissionGrant',
  'domain',
  'authenticationContextClassReference',
  'permissionGrantPolicy',
  'tokenLifetimePolicy',
  'tokenIssuancePolicy',
  'claimsMappingPolicy',
  'homeRealmDiscoveryPolicy',
  'activityBasedTimeoutPolicy',
  'crossTenantAccessDefault',
  'crossTenantAccessPartner',
  'externalIdentitiesPolicy',
  'deviceRegistrationPolicy',
  'groupEligibility',
  'organization',
  'onPremisesSynchronization',
  'certificateBasedAuthConfiguration',
  'administrativeUnit',
  'customAuthenticationExtension',
  'identityProvider',
  'defaultAppManagementPolicy',
  'appManagementPolicy',
  'group',
  'user',
  'accessRole',
  'accessConstraint',
  'accessAssignment',
  'watchSetting',
  'watchRuleOverride',
  'watchIgnoreRule',
  'watchChangeWindow',
  'watchEndpoint',
] as const;
export type ScannedType = (typeof SCANNED_TYPES)[number];
/** How this service watches. */
export type WatchType = Extract<ScannedType, `watch${string}`>;

/** What only exports have: a product's settings, whichever sections an export has of it. */
export const EXPORTED_TYPES = [
  'exchangeSetting',
  'defenderSetting',
  'sharePointSetting',
  'teamsSetting',
  'powerPlatformSetting',
  'otherSetting',
] as const;
export type ExportedType = (typeof EXPORTED_TYPES)[number];

/** Every kind of object that a snapshot can hold. */
export const RESOURCE_TYPES = [...SCANNED_TYPES, ...EXPORTED_TYPES] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/**
 * Everything the product knows of one resource type, in one file each (`*.resource.ts`). The collector, the importers, the
 * normaliser, the differ and the attribution read it; adding a type means adding a file and a line in `catalogue.ts`.
 *
 * Paths are JSON Pointers (RFC 6901) in which `*` stands for any one member or element.
 */
export interface ResourceTypeDefinition {
  type: ResourceType;
  /** What people call one of these: "Conditional Access policy". */
  title: string;
  /** Least application permission that reads it (Graph permissions reference); null for what is our own. */
  permission: string | null;
  collect: CollectPlan;
  /** The key of a raw Graph object; null when the raw object doesn't carry what it takes. */
  key: (raw: JsonObject) => string | null;
  /** The name shown to people, and by which exports without ids are matched. */
  displayName: (raw: JsonObject) => string | null;
  /** Property that says when the object was last modified, kept as evidence for attribution. */
  modifiedAtProperty?: string;
  /** Volatile or secret members, removed before anything is stored. */
  ignore: string[];
  /** Arrays whose order means nothing: sorted, compared by membership. */
  sets: string[];
  /** Arrays of objects with a key of their own: turned into an object by that member, compared member by member. */
  keyedLists: { path: string; by: string | string[] }[];
  /** Members that Graph leaves out at some times and sends with this value at others. */
  defaults: { path: string; value: boolean | number | string }[];
  /** Strings that are really sets ("a,b" or "a b"): split, then treated as sets. */
  delimitedSets: { path: string; separator: ',' | ' ' }[];
  /** Enumerations that some sources write in another case, with the spelling that Graph documents. */
  spellings?: { path: string; values: string[] }[];
  /** First word on a raw object, for what the lists above can't say. Pure; must not change its argument. */
  reshape?: (raw: JsonObject) => JsonObject;
  /** False for what Graph lists beside the configuration, such as just-in-time activations. All are kept when absent. */
  keep?: (raw: JsonObject) => boolean;
  /**
   * Graph's replicas leave objects of this type out of one answer, or list one that is gone already: it takes two readings
   * before one counts as come or gone.
   */
  flapping?: true;
  /** Directory audit activities (normalised: lower case, trimmed, "–" as "-") that write this type. */
  auditActivities: { added: string[]; modified: string[]; removed: string[] };
  /** How it is brought back to what the baseline holds. */
  remediation: RemediationWay<ResourceType>;
}

/**
 * How the objects of a type are read from Microsoft Graph v1.0. Paths are relative to the API root; one that begins with `/beta/` is
 * of the beta version, for what v1.0 doesn't have.
 */
export type CollectPlan =
  | {
      kind: 'list';
      path: string;
      /** The delta query of the same objects, with what it tracks: which of them changed since a reading. */
      delta?: string;
      children?: ChildPlan[];
      priority?: 'conditionalAccess';
      /** Read instead where Graph says that the tenant lacks the licence for `path`. */
      pathWithoutLicence?: string;
    }
  /** `requires`: members that every true answer has. One without them is no empty policy, but not the policy at all. */
  | { kind: 'singleton'; path: string; requires: string[]; children?: ChildPlan[] }
  /**
   * What stands inside the objects of another list or singleton (authentication method configurations, PIM rules): `from`
   * is that Graph path, `expand` is applied to each object it answers with.
   */
  | { kind: 'derived'; from: string; expand: (raw: JsonObject) => JsonObject[] }
  /** For each service principal that is a sensitive resource API: who holds its app roles. */
  | ({
      kind: 'appRolesOfSensitiveResources';
      path: (servicePrincipalId: string) => string;
      resourceAppIds: string[];
    } & OfParents)
  /** Only the objects that other collected objects refer to (by /directoryObjects/getByIds), with the children listed. */
  | { kind: 'referenced'; select: string[]; children?: ChildPlan[] }
  /** What the tenant has below its own organization, by its Entra tenant id. */
  | { kind: 'ofOrganization'; path: (tenantId: string) => string }
  /**
   * For each group that decides access (one that can hold a directory role, or that a Conditional Access policy names): asked
   * one group after the other, because Graph throttles what it is used for.
   */
  | ({ kind: 'ofDecidingGroups'; path: (groupId: string) => string } & OfParents)
  /** Not of Graph but of this service: what OwnSource gives for it. */
  | { kind: 'own' }
  /** Never read: it comes with exports only. */
  | { kind: 'exported' };

/** Of a type that is read in a list of its own below each of some parents. */
interface OfParents {
  /** The parent's id in the key of an object, so that a parent that a reading overlooks is asked all the same. */
  parentOf: (key: string) => string | null;
}

/** A collection below each object (owners, members, federation settings), stored in the object under `into`. */
export interface ChildPlan {
  into: string;
  path: (key: string) => string;
  /** A list of all parents, by their ids, that shows it of each, though not more than twenty (Graph: $expand). */
  shownIn?: string;
  /** Which parents have it; all when absent. */
  when?: (raw: JsonObject) => boolean;
  /** Keep only these members of each child. */
  pick: string[];
}
