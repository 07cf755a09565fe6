/**
 * The directory roles that Microsoft marks as privileged (unifiedRoleDefinition.isPrivileged), by template id. Whoever holds
 * one of them can change who is in control of the tenant or read what would let them: the control plane.
 */
export const PRIVILEGED_ROLES: ReadonlyMap<string, string> = new Map([
  ['db506228-d27e-4b7d-95e5-295956d6615f', 'Agent ID Administrator'],
  ['d2562ede-74db-457e-a7b6-544e236ebb61', 'AI Administrator'],
  ['1fe13547-53f6-408d-ac04-7f8eed167b38', 'AI Reader'],
  ['9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3', 'Application Administrator'],
  ['cf1c38e5-3621-4004-a7cb-879624dced7c', 'Application Developer'],
  ['ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe', 'Attribute Provisioning Administrator'],
  ['422218e4-db15-4ef9-bbe0-8afb41546d79', 'Attribute Provisioning Reader'],
  ['c4e39bd9-1100-46d3-8c65-fb160da0071f', 'Authentication Administrator'],
  ['25a516ed-2fa0-40ea-a2d0-12923a21473a', 'Authentication Extensibility Administrator'],
  ['0b00bede-4072-4d22-b441-e7df02a1ef63', 'Authentication Extensibility Password Administrator'],
  ['aaf43236-0c0d-4d5f-883a-6955382ac081', 'B2C IEF Keyset Administrator'],
  ['158c047a-c907-4556-b7ef-446551a6b5f7', 'Cloud Application Administrator'],
  ['7698a772-787b-4ac8-901f-60d6b08affd2', 'Cloud Device Administrator'],
  ['b1be1c3e-b65d-4f19-8427-f6fa0d97feb9', 'Conditional Access Administrator'],
  ['9360feb5-f418-4baa-8175-e2a00bac4301', 'Directory Writers'],
  ['8329153b-31d0-4727-b945-745eb3bc5f31', 'Domain Name Administrator'],
  ['58f930cc-fcf4-4152-852c-1d7dbf502139', 'Entra SOC Identity Responder'],
  ['be2f45a1-457d-42af-a067-6ec1fa63bc45', 'External Identity Provider Administrator'],
  ['62e90394-69f5-4237-9190-012177145e10', 'Global Administrator'],
  ['f2ef992c-3afb-46b9-b7cf-a126ee74c451', 'Global Reader'],
  ['729827e3-9c14-49f7-bb1b-9608f156bbb8', 'Helpdesk Administrator'],
  ['8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2', 'Hybrid Identity Administrator'],
  ['45d8d3c5-c802-45c6-b32a-1d70b5e1e86e', 'Identity Governance Administrator'],
  ['3a2c62db-5318-420d-8d74-23affee5d9d5', 'Intune Administrator'],
  ['59d46f88-662b-457b-bceb-5c3809e5908f', 'Lifecycle Workflows Administrator'],
  ['4ba39ca4-527c-499a-b93d-d9b492c50246', 'Partner Tier1 Support'],
  ['e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8', 'Partner Tier2 Support'],
  ['966707d0-3269-4727-9be2-8c3a10f19b9d', 'Password Administrator'],
  ['7be44c8a-adaf-4e2a-84d6-ab2649e08a13', 'Privileged Authentication Administrator'],
  ['e8611ab8-c189-46e8-94e1-60213ab1f814', 'Privileged Role Administrator'],
  ['194ae4cb-b126-40b2-bd5b-6091b380977d', 'Security Administrator'],
  ['5f2222b1-57c3-48ba-8ad5-d4759f1fde6f', 'Security Operator'],
  ['5d6b6bb7-de71-4623-b4af-96380a352509', 'Security Reader'],
  ['1981f584-96e9-4a6f-95b0-f522373f8fae', 'Tenant Governance Administrator'],
  ['fe930be7-5e62-47db-91af-98c3a49a38b1', 'User Administrator'],
]);

export const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
export const PRIVILEGED_ROLE_ADMINISTRATOR = 'e8611ab8-c189-46e8-94e1-60213ab1f814';
export const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR = '7be44c8a-adaf-4e2a-84d6-ab2649e08a13';

/** Roles that CISA's baseline counts as highly privileged although Microsoft doesn't mark them (MS.AAD.7). */
const HIGHLY_PRIVILEGED_BY_BASELINE: ReadonlyMap<string, string> = new Map([
  ['29232cdf-9323-42fd-ade2-1d097af3e4de', 'Exchange Administrator'],
  ['f28a1f50-f6e7-4571-818b-6a12f2af6b6c', 'SharePoint Administrator'],
]);

export function isPrivilegedRole(templateId: string): boolean {
  return PRIVILEGED_ROLES.has(templateId) || HIGHLY_PRIVILEGED_BY_BASELINE.has(templateId);
}

/** A role's name for people; its id where it isn't one of the well-known ones. */
export function roleName(templateId: string): string {
  return PRIVILEGED_ROLES.get(templateId) ?? HIGHLY_PRIVILEGED_BY_BASELINE.get(templateId) ?? templateId;
}

/** How far a Microsoft Graph application permission is from Global Administrator: at once, or by a further step. */
export type TierZeroPath = 'direct' | 'indirect';

export interface TierZeroPermission {
  name: string;
  path: TierZeroPath;
}

/** Microsoft Graph application permissions with a path to Global Administrator, by app role id (research: emiliensocchi/azure-tiering). */
export const TIER_ZERO_APP_ROLES: ReadonlyMap<string, TierZeroPermission> = new Map(
  (
    [
      ['2f6817f8-7b12-4f0f-bc18-eeaf60705a9e', 'PrivilegedAccess.ReadWrite.AzureADGroup', 'direct'],
      ['41202f2c-f7ab-45be-b001-85c9728b9d69', 'PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup', 'direct'],
      ['dd199f4a-f148-40a4-a2ec-f0069cc799ec', 'RoleAssignmentSchedule.ReadWrite.Directory', 'direct'],
      ['9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8', 'RoleManagement.ReadWrite.Directory', 'direct'],
      ['eccc023d-eccf-4e7b-9683-8813ab36cecc', 'User.DeleteRestore.All', 'direct'],
      ['3011c876-62b7-4ada-afa2-506cbbecc68c', 'User.EnableDisableAccount.All', 'direct'],
      ['50483e42-d915-4231-9639-7fdb7fd190e5', 'UserAuthenticationMethod.ReadWrite.All', 'direct'],
      ['01c0a623-fc9b-48e9-b794-0756f8e8f067', 'Policy.ReadWrite.ConditionalAccess', 'direct'],
      ['5eb59dd3-1da2-4329-8733-9dabdc435916', 'AdministrativeUnit.ReadWrite.All', 'indirect'],
      ['1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9', 'Application.ReadWrite.All', 'indirect'],
      ['18a4783c-866b-4cc7-a460-3d5e5662c884', 'Application.ReadWrite.OwnedBy', 'indirect'],
      ['06b708a9-e830-4db3-a914-8e69da51d44f', 'AppRoleAssignment.ReadWrite.All', 'indirect'],
      ['9241abd9-d0e6-425a-bd4f-47ba86e767a4', 'DeviceManagementConfiguration.ReadWrite.All', 'indirect'],
      ['e330c4f0-4170-414e-a55a-2f022ec2b57b', 'DeviceManagementRBAC.ReadWrite.All', 'indirect'],
      ['19dbc75e-c2e2-444c-a770-ec69d8559fc7', 'Directory.ReadWrite.All', 'indirect'],
      ['7e05723c-0bb0-42da-be95-ae9f08a6e53c', 'Domain.ReadWrite.All', 'indirect'],
      ['9acd699f-1e81-4958-b001-93b1d2506e19', 'EntitlementManagement.ReadWrite.All', 'indirect'],
      ['62a82d76-70ea-41e2-9197-370581804d09', 'Group.ReadWrite.All', 'indirect'],
      ['dbaae8cf-10b5-4b86-a4a1-f871c94c6695', 'GroupMember.ReadWrite.All', 'indirect'],
      ['292d869f-3427-49a8-9dab-8c70152b74e9', 'Organization.ReadWrite.All', 'indirect'],
      ['29c18626-4985-4dcd-85c0-193eef327366', 'Policy.ReadWrite.AuthenticationMethod', 'indirect'],
      ['a402ca1c-2696-4531-972d-6e5ee4aa11ea', 'Policy.ReadWrite.PermissionGrant', 'indirect'],
      ['618b6020-bca8-4de6-99f6-ef445fa4d857', 'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup', 'indirect'],
      ['fee28b28-e1f3-4841-818e-2704dc62245f', 'RoleEligibilitySchedule.ReadWrite.Directory', 'indirect'],
      ['b38dcc4d-a239-4ed6-aa84-6c65b284f97c', 'RoleManagementPolicy.ReadWrite.AzureADGroup', 'indirect'],
      ['31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad', 'RoleManagementPolicy.ReadWrite.Directory', 'indirect'],
      ['741f803b-c850-494e-b5df-cde7c675a1ca', 'User.ReadWrite.All', 'indirect'],
      ['cc117bb9-00cf-4eb8-b580-ea2a878fe8f7', 'User-PasswordProfile.ReadWrite.All', 'indirect'],
    ] as const
  ).map(([id, name, path]) => [id, { name, path }]),
);

/** The same permissions as delegated scopes; OwnedBy exists for programs only. */
export const TIER_ZERO_SCOPES: ReadonlySet<string> = new Set(
  [...TIER_ZERO_APP_ROLES.values()].map(({ name }) => name).filter((name) => name !== 'Application.ReadWrite.OwnedBy'),
);

/** Delegated scopes that let a program read or send what people wrote, or act on the directory, without being tier zero. */
export const RISKY_SCOPES: ReadonlySet<string> = new Set([
  ...TIER_ZERO_SCOPES,
  'Mail.Read',
  'Mail.ReadWrite',
  'Mail.Send',
  'Mail.Read.Shared',
  'Mail.ReadWrite.Shared',
  'MailboxSettings.ReadWrite',
  'EWS.AccessAsUser.All',
  'IMAP.AccessAsUser.All',
  'POP.AccessAsUser.All',
  'SMTP.Send',
  'Files.Read.All',
  'Files.ReadWrite.All',
  'Sites.Read.All',
  'Sites.ReadWrite.All',
  'Sites.FullControl.All',
  'AllSites.FullControl',
  'Notes.Read.All',
  'Chat.Read',
  'Chat.ReadWrite',
  'ChannelMessage.Read.All',
  'Directory.AccessAsUser.All',
  'user_impersonation',
]);

/** Application ids of Microsoft's APIs whose application permissions are watched. */
export const SENSITIVE_RESOURCE_APP_IDS: string[] = [
  '00000003-0000-0000-c000-000000000000', // Microsoft Graph
  '00000002-0000-0ff1-ce00-000000000000', // Exchange Online
  '00000003-0000-0ff1-ce00-000000000000', // SharePoint Online
  'c5393580-f805-4401-95e8-94b7a6ef2fc2', // Office 365 Management APIs
  '00000009-0000-0000-c000-000000000000', // Power BI
  '00000007-0000-0000-c000-000000000000', // Dataverse
  '475226c6-020e-4fb2-8a90-7a972cbfc1d4', // PowerApps
  '00000002-0000-0000-c000-000000000000', // Azure AD Graph
];

export function graphAppRoleName(appRoleId: string): string | null {
  return TIER_ZERO_APP_ROLES.get(appRoleId)?.name ?? null;
}
