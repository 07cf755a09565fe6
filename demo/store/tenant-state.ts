import { AuditLog } from '../audit/audit-log.js';
import { Prng } from '../generate/prng.js';
import { ChangeLog } from './change-log.js';
import { Collection } from './collection.js';
import { type JsonObject, textOf } from './json.types.js';

/** The lists of the tenant, named as Graph names them. */
export const COLLECTIONS = [
  'users',
  'groups',
  'applications',
  'servicePrincipals',
  'conditionalAccessPolicies',
  'namedLocations',
  'authenticationStrengthPolicies',
  'authenticationMethodConfigurations',
  'roleDefinitions',
  'roleAssignmentScheduleInstances',
  'roleEligibilityScheduleInstances',
  'appRoleAssignments',
  'oauth2PermissionGrants',
  'domains',
  'groupSettings',
  'authenticationContextClassReferences',
  'permissionGrantPolicies',
  'tokenLifetimePolicies',
  'tokenIssuancePolicies',
  'claimsMappingPolicies',
  'homeRealmDiscoveryPolicies',
  'activityBasedTimeoutPolicies',
  'crossTenantPartners',
  'groupEligibilityScheduleInstances',
  'onPremisesSynchronization',
  'certificateBasedAuthConfigurations',
  'administrativeUnits',
  'customAuthenticationExtensions',
  'identityProviders',
  'appManagementPolicies',
] as const;
export type CollectionName = (typeof COLLECTIONS)[number];

/** The policies of which a tenant has exactly one. */
export const SINGLETONS = [
  'authenticationMethodsPolicy',
  'authorizationPolicy',
  'identitySecurityDefaultsEnforcementPolicy',
  'adminConsentRequestPolicy',
  'organization',
  'crossTenantAccessPolicyDefault',
  'externalIdentitiesPolicy',
  'deviceRegistrationPolicy',
  'defaultAppManagementPolicy',
] as const;
export type SingletonName = (typeof SINGLETONS)[number];

const INDEXED: Partial<Record<CollectionName, readonly string[]>> = {
  applications: ['appId'],
  servicePrincipals: ['appId'],
  appRoleAssignments: ['principalId', 'resourceId'],
  oauth2PermissionGrants: ['clientId'],
  roleAssignmentScheduleInstances: ['principalId', 'roleDefinitionId'],
  roleEligibilityScheduleInstances: ['principalId', 'roleDefinitionId'],
};

const DELTA_COLLECTIONS: ReadonlySet<CollectionName> = new Set([
  'users',
  'groups',
  'applications',
  'servicePrincipals',
  'oauth2PermissionGrants',
]);

export interface DeletedItem {
  collection: 'users' | 'groups' | 'applications' | 'servicePrincipals' | 'administrativeUnits';
  object: JsonObject & { id: string };
  /** Groups that it was a member of. */
  memberOf: string[];
}

export interface TenantIdentity {
  seed: number;
  tenantId: string;
  displayName: string;
  initialDomain: string;
  defaultDomain: string;
}

/** Everything that the demo tenant holds. Read by the Graph routes; written by the generator, the importers and `mutations/`. */
export class TenantState {
  readonly collections: Record<CollectionName, Collection>;
  readonly singletons = {} as Record<SingletonName, JsonObject>;
  /** Object ids by group. */
  readonly groupMembers = new Map<string, string[]>();
  /** Object ids of owners by group, application or service principal. */
  readonly owners = new Map<string, string[]>();
  readonly federatedIdentityCredentials = new Map<string, JsonObject[]>();
  /** Object ids by administrative unit. */
  readonly administrativeUnitMembers = new Map<string, string[]>();
  /** scopedRoleMembership by administrative unit. */
  readonly scopedRoleMembers = new Map<string, JsonObject[]>();
  /** Federation settings by domain name. */
  readonly federationConfigurations = new Map<string, JsonObject[]>();
  /** The rules of Privileged Identity Management by role definition id. */
  readonly roleManagementRules = new Map<string, JsonObject[]>();
  /** SHA-256 of client secrets that were set here, by key id: what the token endpoint accepts. */
  readonly secretDigests = new Map<string, { appId: string; digest: string; endsAt?: Date }>();
  /** How often the sign-in sessions of a person were revoked, by object id; what was given out before is void. */
  readonly sessionEpochs = new Map<string, number>();
  /** How a deleted directory object comes back as it was, by its id: Entra keeps them for 30 days. */
  readonly deletedItems = new Map<string, DeletedItem>();
  readonly changes = new ChangeLog();
  readonly audit: AuditLog;
  /** Ids of what is made while the tenant runs: repeatable, like everything else that comes from the seed. */
  readonly ids: Prng;

  constructor(
    public identity: TenantIdentity,
    readonly now: () => Date,
  ) {
    this.collections = Object.fromEntries(
      COLLECTIONS.map((name) => [
        name,
        // A row that nobody was told of would be one that delta queries miss, which Graph's don't.
        new Collection(INDEXED[name], (id, deleted) => {
          if (DELTA_COLLECTIONS.has(name)) this.changes.record(name, id, { deleted });
        }),
      ]),
    ) as Record<CollectionName, Collection>;
    this.audit = new AuditLog(now);
    this.ids = new Prng(identity.seed, 'ids');
  }

  get tenantId(): string {
    return this.identity.tenantId;
  }

  /** How many objects of each kind there are. */
  counts(): Record<string, number> {
    const lists = COLLECTIONS.map((name): [string, number] => [name, this.collections[name].size]);
    const rules = [...this.roleManagementRules.values()].reduce((total, list) => total + list.length, 0);
    return { ...Object.fromEntries(lists), roleManagementRules: rules, auditEvents: this.audit.size };
  }

  sessionEpochOf(objectId: string): number {
    return this.sessionEpochs.get(objectId) ?? 0;
  }

  /** A person by object id or, in any case of letters, by user principal name. */
  findUser(name: string): JsonObject | undefined {
    const byId = this.collections.users.get(name);
    if (byId || !name.includes('@')) return byId;
    const wanted = name.toLowerCase();
    for (const user of this.collections.users.values())
      if (textOf(user, 'userPrincipalName').toLowerCase() === wanted) return user;
    return undefined;
  }

  /** The collection that holds a directory object (getByIds, owners, members), or undefined. */
  directoryCollectionOf(id: string): 'users' | 'groups' | 'servicePrincipals' | 'applications' | undefined {
    return (['users', 'groups', 'servicePrincipals', 'applications'] as const).find((name) =>
      this.collections[name].has(id),
    );
  }

  directoryObject(id: string): JsonObject | undefined {
    const collection = this.directoryCollectionOf(id);
    return collection && this.collections[collection].get(id);
  }
}
