import type { Json, JsonObject } from '../../crypto/canonical-json.js';
import { isObject, member, stringsAt, text } from '../normalise/json-members.js';
import { isCovered } from '../normalise/path-patterns.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import type { ResourceType } from '../resource-types/resource-type.types.js';
import type { CollectedType, SnapshotObject } from '../snapshot/snapshot.types.js';
import { collected, failed } from './collected.js';
import { knownMembers, toGraphNames } from './graph-names.js';

export interface SectionContext {
  /** The Graph commands that the exporter itself says went wrong. */
  unsuccessful: string[];
}

/** One section of the export and the types that it becomes. */
export interface ScubaGearSection {
  section: string;
  types: ResourceType[];
  read: (content: Json, context: SectionContext) => CollectedType[];
}

/** Sections about Entra, in the order of the export. Every other section is read by generic rules. */
export const SCUBAGEAR_SECTIONS: ScubaGearSection[] = [
  simple('conditional_access_policies', 'conditionalAccessPolicy', /ConditionalAccessPolicy/i),
  simple('authorization_policies', 'authorizationPolicy', /PolicyAuthorizationPolicy/i),
  simple('admin_consent_policies', 'adminConsentRequestPolicy', /AdminConsentRequestPolicy/i),
  simple('directory_settings', 'groupSetting', /DirectorySetting/i),
  simple('app_management_policy', 'defaultAppManagementPolicy', /AppManagementPolicy/i),
  simple('domain_settings', 'domain', /BetaDomain|MgDomain/i),
  {
    section: 'authentication_method',
    types: ['authenticationMethodsPolicy', 'authenticationMethodConfiguration'],
    read: authenticationMethods,
  },
  { section: 'privileged_roles', types: ['roleAssignment', 'roleManagementRule'], read: privilegedRoles },
  { section: 'privileged_users', types: ['user'], read: privilegedUsers },
  { section: 'privileged_service_principals', types: ['servicePrincipal'], read: privilegedServicePrincipals },
  { section: 'risky_applications', types: ['application'], read: riskyApplications },
  { section: 'risky_third_party_service_principals', types: ['servicePrincipal'], read: riskyServicePrincipals },
];

function simple(section: string, type: ResourceType, command: RegExp): ScubaGearSection {
  return {
    section,
    types: [type],
    read: (content, { unsuccessful }) => {
      const wrong = unsuccessful.find((name) => command.test(name));
      if (wrong !== undefined) return [failed(type, exporterFailed(wrong))];
      return [fromNamed(type, listOf(content))];
    },
  };
}

/**
 * The types of a section. What isn't an object where objects belong (an error message that an exporter wrote into its file, a
 * section cut short) is unread, and never "there are none": only null and absent say that.
 */
export function readSection(section: ScubaGearSection, content: Json, context: SectionContext): CollectedType[] {
  if (content !== null && typeof content !== 'object') {
    return section.types.map((type) =>
      failed(type, `the section ${section.section} holds a ${typeof content} instead of objects`),
    );
  }
  const strays = Array.isArray(content) ? content.filter((item) => item !== null && !isObject(item)).length : 0;
  const collections = section.read(content, context);
  if (strays === 0) return collections;
  const reason = `${strays} of the entries of the section ${section.section} are no objects`;
  return collections.map((collection) =>
    collection.status === 'complete' ? { ...collection, status: 'partial', reason } : collection,
  );
}

function exporterFailed(command: string): string {
  return `ScubaGear says that ${command} failed`;
}

/** A list, or the element that PowerShell made of a list of one; nulls stand for "none". */
function listOf(content: Json | undefined): JsonObject[] {
  return (Array.isArray(content) ? content : [content ?? null]).filter(isObject);
}

function fromNamed(type: ResourceType, raws: JsonObject[], more: Partial<CollectedType> = {}): CollectedType {
  const named = raws.map((raw) => toGraphNames(raw));
  const objects = named.map(({ value }) => value).filter(isObject);
  const { ignore } = RESOURCE_TYPE_CATALOGUE[type];
  const cut = named
    .flatMap(({ cutOff }) => cutOff)
    .filter((path) => !ignore.some((pattern) => isCovered(path, pattern)));
  const cutOff = [...new Set([...cut, ...(more.notCarried ?? [])])];
  const carries = knownMembers(raws);
  return collected(type, objects, {
    ...more,
    ...(cutOff.length === 0 ? {} : { notCarried: cutOff }),
    ...(carries === null ? {} : { carries: [...carries, ...(MOVED[type] ?? [])] }),
  });
}

/** Members that the type keeps elsewhere than the exporter writes them. */
const MOVED: Partial<Record<ResourceType, string[]>> = {
  authorizationPolicy: ['/defaultUserRolePermissions/permissionGrantPoliciesAssigned'],
  application: ['/federatedIdentityCredentials'],
  roleAssignment: ['/outsidePim'],
};

/**
 * Exporters up to 1.1 cut the method configurations off, those up to 1.2 wrote only id, state and excluded targets, later
 * ones put policy and configurations side by side.
 */
function authenticationMethods(content: Json, { unsuccessful }: SectionContext): CollectedType[] {
  const wrong = unsuccessful.find((name) => /AuthenticationMethodPolicy/i.test(name));
  if (wrong !== undefined) {
    const reason = exporterFailed(wrong);
    return [failed('authenticationMethodsPolicy', reason), failed('authenticationMethodConfiguration', reason)];
  }
  const [section] = listOf(content);
  if (section === undefined) return [];
  const nested = member(section, 'authentication_method_policy');
  const policy = listOf(nested ?? section);
  const features = member(section, 'authentication_method_feature_settings');
  const configurations = features ?? member(section, 'AuthenticationMethodConfigurations');
  return [fromNamed('authenticationMethodsPolicy', policy), methodConfigurations(configurations)];
}

function methodConfigurations(content: Json | undefined): CollectedType {
  const type = 'authenticationMethodConfiguration';
  const list = Array.isArray(content) ? content : [content ?? null];
  if (list.some((item) => typeof item === 'string')) {
    return failed(type, 'this version of ScubaGear cut the method configurations off');
  }
  return fromNamed(type, listOf(content));
}

/** ScubaGear reads eight roles, so the collection speaks for those only. */
function privilegedRoles(content: Json, { unsuccessful }: SectionContext): CollectedType[] {
  const wrong = unsuccessful.find((name) => /PrivilegedRole/i.test(name));
  if (wrong !== undefined) {
    return [failed('roleAssignment', exporterFailed(wrong)), failed('roleManagementRule', exporterFailed(wrong))];
  }
  const roles = listOf(content).map((role) => ({ id: text(role, 'RoleTemplateId') ?? '', role }));
  const scope = { member: 'roleDefinitionId', values: roles.map(({ id }) => id).sort() };
  const assignments = roles.flatMap(({ role }) => listOf(member(role, 'Assignments')));
  const rules = roles.flatMap(({ id, role }) =>
    listOf(member(role, 'Rules'))
      .filter(isRuleOfRole)
      .map(({ RuleSource, RuleSourceType, ...rule }): JsonObject => ({ ...rule, RoleDefinitionId: id })),
  );
  const collections = [fromNamed('roleAssignment', assignments, { scope })];
  // Without PIM's licence the exporter writes no rules at all, which isn't the same as their removal.
  if (rules.length > 0) collections.push(fromNamed('roleManagementRule', rules, { scope }));
  return collections;
}

/** Some versions list the rules of PIM groups that hold a role among the role's own. */
function isRuleOfRole(rule: JsonObject): boolean {
  const source = text(rule, 'RuleSourceType');
  return source === null || source === 'Directory Role';
}

function privilegedUsers(content: Json): CollectedType[] {
  const users = entries(content).map(([id, user]): JsonObject => {
    return { id, displayName: text(user, 'DisplayName'), onPremisesImmutableId: text(user, 'OnPremisesImmutableId') };
  });
  const notCarried = [
    '/userPrincipalName',
    '/accountEnabled',
    '/userType',
    '/externalUserState',
    '/identities',
    '/onPremisesSyncEnabled',
  ];
  const collection = collected('user', users, { selection: true, notCarried });
  const roles = new Map(entries(content).map(([id, user]) => [id, stringsAt(user, '/roles')]));
  return [{ ...collection, objects: collection.objects.map((one) => withRoles(one, roles.get(one.key) ?? [])) }];
}

/** The roles of a user, by assignment, eligibility or group: more than the roles' own lists of assignments tell. */
function withRoles(user: SnapshotObject, roles: string[]): SnapshotObject {
  return { ...user, evidence: { privilegedRoles: roles } };
}

const ONLY_CREDENTIALS = [
  '/accountEnabled',
  '/appOwnerOrganizationId',
  '/appRoleAssignmentRequired',
  '/servicePrincipalType',
  '/servicePrincipalNames',
  '/replyUrls',
  '/tags',
  '/owners',
  '/preferredSingleSignOnMode',
  '/preferredTokenSigningKeyThumbprint',
  '/samlSingleSignOnSettings',
];

function privilegedServicePrincipals(content: Json): CollectedType[] {
  const principals = entries(content).map(([id, principal]): JsonObject => {
    return { id, appId: text(principal, 'AppId'), displayName: text(principal, 'DisplayName') };
  });
  const notCarried = [...ONLY_CREDENTIALS, '/keyCredentials', '/passwordCredentials'];
  return [collected('servicePrincipal', principals, { selection: true, notCarried })];
}

function riskyApplications(content: Json): CollectedType[] {
  const applications = listOf(content).flatMap((application): JsonObject[] => {
    const id = text(member(application, 'ObjectId'), 'Application') ?? text(application, 'ObjectId');
    if (id === null) return [];
    const { ObjectId, RiskyPermissions, IsMultiTenantEnabled, FederatedCredentials, ...rest } = application;
    return [{ ...rest, Id: id, FederatedIdentityCredentials: FederatedCredentials ?? null }];
  });
  return [
    fromNamed('application', applications, {
      selection: true,
      notCarried: [
        '/web',
        '/spa',
        '/publicClient',
        '/api',
        '/owners',
        '/signInAudience',
        '/identifierUris',
        '/requiredResourceAccess',
        '/appRoles',
        '/tags',
        '/isFallbackPublicClient',
      ],
    }),
  ];
}

function riskyServicePrincipals(content: Json): CollectedType[] {
  const principals = listOf(content).flatMap((principal): JsonObject[] => {
    const id = text(principal, 'ObjectId') ?? text(member(principal, 'ObjectId'), 'ServicePrincipal');
    if (id === null) return [];
    const { ObjectId, RiskyPermissions, FederatedCredentials, ...rest } = principal;
    return [{ ...rest, Id: id }];
  });
  return [fromNamed('servicePrincipal', principals, { selection: true, notCarried: ONLY_CREDENTIALS })];
}

function entries(content: Json): [string, JsonObject][] {
  if (!isObject(content)) return [];
  return Object.entries(content).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
}
