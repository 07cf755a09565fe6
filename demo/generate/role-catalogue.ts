import type { JsonObject } from '../store/json.types.js';

/** Entra's built-in roles by template id: which ones Microsoft marks as privileged, and a few of what each may do. */
interface BuiltInRole {
  id: string;
  name: string;
  privileged: boolean;
  actions: string[];
}

const d = (action: string) => `microsoft.directory/${action}`;

const BUILT_IN_ROLES: BuiltInRole[] = [
  privileged('62e90394-69f5-4237-9190-012177145e10', 'Global Administrator', [
    'users/allProperties/allTasks',
    'applications/allProperties/allTasks',
    'roleAssignments/allProperties/allTasks',
    'conditionalAccessPolicies/allProperties/allTasks',
    'domains/allProperties/allTasks',
  ]),
  privileged('e8611ab8-c189-46e8-94e1-60213ab1f814', 'Privileged Role Administrator', [
    'roleAssignments/allProperties/allTasks',
    'roleDefinitions/allProperties/allTasks',
    'servicePrincipals/appRoleAssignedTo/update',
    'oAuth2PermissionGrants/allProperties/allTasks',
  ]),
  privileged('7be44c8a-adaf-4e2a-84d6-ab2649e08a13', 'Privileged Authentication Administrator', [
    'users/authenticationMethods/update',
    'users/password/update',
    'users/invalidateAllRefreshTokens',
  ]),
  privileged('9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3', 'Application Administrator', [
    'applications/credentials/update',
    'applications/owners/update',
    'servicePrincipals/credentials/update',
  ]),
  privileged('158c047a-c907-4556-b7ef-446551a6b5f7', 'Cloud Application Administrator', [
    'applications/credentials/update',
    'servicePrincipals/credentials/update',
  ]),
  privileged('cf1c38e5-3621-4004-a7cb-879624dced7c', 'Application Developer', [
    'applications/createAsOwner',
    'servicePrincipals/createAsOwner',
  ]),
  privileged('c4e39bd9-1100-46d3-8c65-fb160da0071f', 'Authentication Administrator', [
    'users/authenticationMethods/update',
    'users/invalidateAllRefreshTokens',
  ]),
  privileged('25a516ed-2fa0-40ea-a2d0-12923a21473a', 'Authentication Extensibility Administrator', [
    'customAuthenticationExtensions/allProperties/allTasks',
  ]),
  privileged('ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe', 'Attribute Provisioning Administrator', [
    'servicePrincipals/synchronization.customSecurityAttributes/schema/update',
  ]),
  privileged('422218e4-db15-4ef9-bbe0-8afb41546d79', 'Attribute Provisioning Reader', [
    'servicePrincipals/synchronization.customSecurityAttributes/schema/read',
  ]),
  privileged('aaf43236-0c0d-4d5f-883a-6955382ac081', 'B2C IEF Keyset Administrator', [
    'b2cTrustFrameworkKeySet/allProperties/allTasks',
  ]),
  privileged('7698a772-787b-4ac8-901f-60d6b08affd2', 'Cloud Device Administrator', [
    'devices/delete',
    'devices/disable',
    'devices/enable',
  ]),
  privileged('b1be1c3e-b65d-4f19-8427-f6fa0d97feb9', 'Conditional Access Administrator', [
    'conditionalAccessPolicies/basic/update',
    'conditionalAccessPolicies/create',
    'conditionalAccessPolicies/delete',
    'namedLocations/basic/update',
  ]),
  privileged('9360feb5-f418-4baa-8175-e2a00bac4301', 'Directory Writers', [
    'groups/create',
    'groups/members/update',
    'users/basic/update',
  ]),
  privileged('8329153b-31d0-4727-b945-745eb3bc5f31', 'Domain Name Administrator', ['domains/allProperties/allTasks']),
  privileged('be2f45a1-457d-42af-a067-6ec1fa63bc45', 'External Identity Provider Administrator', [
    'identityProviders/allProperties/allTasks',
  ]),
  privileged('f2ef992c-3afb-46b9-b7cf-a126ee74c451', 'Global Reader', [
    'policies/standard/read',
    'users/allProperties/read',
  ]),
  privileged('729827e3-9c14-49f7-bb1b-9608f156bbb8', 'Helpdesk Administrator', [
    'users/password/update',
    'users/invalidateAllRefreshTokens',
  ]),
  privileged('8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2', 'Hybrid Identity Administrator', [
    'domains/federation/update',
    'hybridAuthenticationPolicy/allProperties/allTasks',
  ]),
  privileged('45d8d3c5-c802-45c6-b32a-1d70b5e1e86e', 'Identity Governance Administrator', [
    'entitlementManagement/allProperties/allTasks',
    'accessReviews/definitions/allProperties/allTasks',
  ]),
  privileged('3a2c62db-5318-420d-8d74-23affee5d9d5', 'Intune Administrator', [
    'devices/basic/update',
    'groups.security/members/update',
  ]),
  privileged('59d46f88-662b-457b-bceb-5c3809e5908f', 'Lifecycle Workflows Administrator', [
    'lifecycleWorkflows/workflows/allProperties/allTasks',
  ]),
  privileged('4ba39ca4-527c-499a-b93d-d9b492c50246', 'Partner Tier1 Support', ['users/password/update']),
  privileged('e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8', 'Partner Tier2 Support', [
    'users/password/update',
    'roleAssignments/allProperties/allTasks',
  ]),
  privileged('966707d0-3269-4727-9be2-8c3a10f19b9d', 'Password Administrator', ['users/password/update']),
  privileged('194ae4cb-b126-40b2-bd5b-6091b380977d', 'Security Administrator', [
    'conditionalAccessPolicies/basic/update',
    'identityProtection/allProperties/update',
    'policies/basic/update',
  ]),
  privileged('5f2222b1-57c3-48ba-8ad5-d4759f1fde6f', 'Security Operator', ['identityProtection/allProperties/update']),
  privileged('5d6b6bb7-de71-4623-b4af-96380a352509', 'Security Reader', [
    'auditLogs/allProperties/read',
    'signInReports/allProperties/read',
  ]),
  privileged('fe930be7-5e62-47db-91af-98c3a49a38b1', 'User Administrator', [
    'users/create',
    'users/password/update',
    'groups/members/update',
  ]),
  privileged('db506228-d27e-4b7d-95e5-295956d6615f', 'Agent ID Administrator', [
    'agentIdentities/allProperties/allTasks',
  ]),
  privileged('d2562ede-74db-457e-a7b6-544e236ebb61', 'AI Administrator', ['servicePrincipals/standard/read']),
  privileged('1fe13547-53f6-408d-ac04-7f8eed167b38', 'AI Reader', ['servicePrincipals/standard/read']),
  privileged('0b00bede-4072-4d22-b441-e7df02a1ef63', 'Authentication Extensibility Password Administrator', [
    'customAuthenticationExtensions/passwordSubmit/allTasks',
  ]),
  privileged('58f930cc-fcf4-4152-852c-1d7dbf502139', 'Entra SOC Identity Responder', [
    'users/invalidateAllRefreshTokens',
    'users/disable',
  ]),
  privileged('1981f584-96e9-4a6f-95b0-f522373f8fae', 'Tenant Governance Administrator', [
    'tenantGovernance/allProperties/allTasks',
  ]),
  ordinary('29232cdf-9323-42fd-ade2-1d097af3e4de', 'Exchange Administrator', ['groups.unified/members/update']),
  ordinary('f28a1f50-f6e7-4571-818b-6a12f2af6b6c', 'SharePoint Administrator', ['groups.unified/basic/update']),
  ordinary('69091246-20e8-4a56-aa4d-066075b2a7a8', 'Teams Administrator', ['groups.unified/create']),
  ordinary('0526716b-113d-4c15-b2c8-68e3c22b9f80', 'Authentication Policy Administrator', [
    'authenticationMethodsPolicy/basic/update',
  ]),
  ordinary('fdd7a751-b60b-444a-984c-02652fe8fa1c', 'Groups Administrator', ['groups/allProperties/update']),
  ordinary('95e79109-95c0-4d8e-aee3-d01accf2d47b', 'Guest Inviter', ['users/inviteGuest']),
  ordinary('4d6ac14f-3453-41d0-bef9-a3e0c569773a', 'License Administrator', ['users/assignLicense']),
  ordinary('b0f54661-2d74-4c50-afa3-1ec803f12efe', 'Billing Administrator', ['organization/basic/update']),
  ordinary('88d8e3e3-8f55-4a1e-953a-9b9898b8876b', 'Directory Readers', [
    'users/standard/read',
    'groups/standard/read',
  ]),
  ordinary('4a5d8f65-41da-4de4-8968-e035b65339cf', 'Reports Reader', ['signInReports/allProperties/read']),
  ordinary('790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b', 'Message Center Reader', ['organization/standard/read']),
  ordinary('17315797-102d-40b4-93e0-432062caca18', 'Compliance Administrator', [
    'entitlementManagement/allProperties/read',
  ]),
];

export const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';

/** Template ids of the roles that Microsoft marks as privileged. */
export const PRIVILEGED_ROLE_IDS = BUILT_IN_ROLES.filter((role) => role.privileged).map((role) => role.id);
export const ORDINARY_ROLE_IDS = BUILT_IN_ROLES.filter((role) => !role.privileged).map((role) => role.id);

/** The built-in roles as Graph's unifiedRoleDefinition. */
export function builtInRoleDefinitions(): (JsonObject & { id: string })[] {
  return BUILT_IN_ROLES.map((role) => ({
    id: role.id,
    description: `${role.name}: built-in directory role.`,
    displayName: role.name,
    isBuiltIn: true,
    isEnabled: true,
    resourceScopes: ['/'],
    templateId: role.id,
    version: '1',
    rolePermissions: [{ allowedResourceActions: role.actions, condition: null }],
    inheritsPermissionsFrom:
      role.id === '88d8e3e3-8f55-4a1e-953a-9b9898b8876b' ? [] : [{ id: '88d8e3e3-8f55-4a1e-953a-9b9898b8876b' }],
  }));
}

function privileged(id: string, name: string, actions: string[]): BuiltInRole {
  return { id, name, privileged: true, actions: actions.map(d) };
}

function ordinary(id: string, name: string, actions: string[]): BuiltInRole {
  return { id, name, privileged: false, actions: actions.map(d) };
}
