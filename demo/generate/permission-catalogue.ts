import type { JsonObject } from '../store/json.types.js';
import { Prng } from './prng.js';

/** Microsoft's own applications that every tenant has, with the app roles that others can hold on them. */
export interface FirstPartyApplication {
  appId: string;
  displayName: string;
  roles: [id: string, value: string][];
}

export const MICROSOFT_GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';
export const MICROSOFT_TENANT_ID = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';

export const FIRST_PARTY_APPLICATIONS: FirstPartyApplication[] = [
  {
    appId: MICROSOFT_GRAPH_APP_ID,
    displayName: 'Microsoft Graph',
    roles: [
      ['9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8', 'RoleManagement.ReadWrite.Directory'],
      ['06b708a9-e830-4db3-a914-8e69da51d44f', 'AppRoleAssignment.ReadWrite.All'],
      ['19dbc75e-c2e2-444c-a770-ec69d8559fc7', 'Directory.ReadWrite.All'],
      ['1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9', 'Application.ReadWrite.All'],
      ['50483e42-d915-4231-9639-7fdb7fd190e5', 'UserAuthenticationMethod.ReadWrite.All'],
      ['62a82d76-70ea-41e2-9197-370581804d09', 'Group.ReadWrite.All'],
      ['dbaae8cf-10b5-4b86-a4a1-f871c94c6695', 'GroupMember.ReadWrite.All'],
      ['741f803b-c850-494e-b5df-cde7c675a1ca', 'User.ReadWrite.All'],
      ['7e05723c-0bb0-42da-be95-ae9f08a6e53c', 'Domain.ReadWrite.All'],
      ['01c0a623-fc9b-48e9-b794-0756f8e8f067', 'Policy.ReadWrite.ConditionalAccess'],
      ['29c18626-4985-4dcd-85c0-193eef327366', 'Policy.ReadWrite.AuthenticationMethod'],
      ['fb221be6-99f2-473f-bd32-01c6a0e9ca3b', 'Policy.ReadWrite.Authorization'],
      ['8e8e4742-1d95-4f68-9d56-6ee75648c72a', 'DelegatedPermissionGrant.ReadWrite.All'],
      ['fee28b28-e1f3-4841-818e-2704dc62245f', 'RoleEligibilitySchedule.ReadWrite.Directory'],
      ['dd199f4a-f148-40a4-a2ec-f0069cc799ec', 'RoleAssignmentSchedule.ReadWrite.Directory'],
      ['7ab1d382-f21e-4acd-a863-ba3e13f7da61', 'Directory.Read.All'],
      ['df021288-bdef-4463-88db-98f22de89214', 'User.Read.All'],
      ['97235f07-e226-4f63-ace3-39588e11d3a1', 'User.ReadBasic.All'],
      ['5b567255-7703-4780-807c-7be8301ae99b', 'Group.Read.All'],
      ['98830695-27a2-44f7-8c18-0c3ebc9698f6', 'GroupMember.Read.All'],
      ['246dd0d5-5bd0-4def-940b-0421030a5b68', 'Policy.Read.All'],
      ['483bed4a-2ad3-4361-a73b-c83ccdbdc53c', 'RoleManagement.Read.Directory'],
      ['ff278e11-4a33-4d0c-83d2-d01dc58929a5', 'RoleEligibilitySchedule.Read.Directory'],
      ['d5fe8ce8-684c-4c83-a52c-46e882ce4be1', 'RoleAssignmentSchedule.Read.Directory'],
      ['fdc4c997-9942-4479-bfcb-75a36d1138df', 'RoleManagementPolicy.Read.Directory'],
      ['9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30', 'Application.Read.All'],
      ['b0afded3-3588-46d8-8b3d-9842eff778da', 'AuditLog.Read.All'],
      ['dbb9058a-0e50-45d7-ae91-66909b5d4664', 'Domain.Read.All'],
      ['498476ce-e0fe-48b0-b801-37ba7e2685c6', 'Organization.Read.All'],
      ['9e640839-a198-48fb-8b9a-013fd6f6cbcd', 'Policy.Read.PermissionGrant'],
      ['bdba4817-6ba1-4a7c-8a01-be9bc7c242dd', 'Policy.Read.DeviceConfiguration'],
      ['edb419d6-7edc-42a3-9345-509bfdf5d87c', 'PrivilegedEligibilitySchedule.Read.AzureADGroup'],
      ['bb70e231-92dc-4729-aff5-697b3f04be95', 'OnPremDirectorySynchronization.Read.All'],
      ['134fd756-38ce-4afd-ba33-e9623dbe66c2', 'AdministrativeUnit.Read.All'],
      ['88bb2658-5d9e-454f-aacd-a3933e079526', 'CustomAuthenticationExtension.Read.All'],
      ['e321f0bb-e7f7-481e-bb28-e3b0b32d4bd0', 'IdentityProvider.Read.All'],
      ['810c84a8-4a9e-49e6-bf7d-12d183f40d01', 'Mail.Read'],
      ['b633e1c5-b582-4048-a93e-9f11b44c7e96', 'Mail.Send'],
      ['e2a3a72e-5f79-4c64-b1b1-878b674786c9', 'Mail.ReadWrite'],
      ['75359482-378d-4052-8f01-80520e7db3cd', 'Files.ReadWrite.All'],
      ['01d4889c-1287-42c6-ac1f-5d1e02578ef6', 'Files.Read.All'],
      ['a82116e5-55eb-4c41-a434-62fe8a61c773', 'Sites.FullControl.All'],
      ['332a536c-c7ef-4017-ab91-336970924f0d', 'Sites.Read.All'],
      ['798ee544-9d2d-430c-a058-570e29e34338', 'Calendars.Read'],
      ['230c1aed-a721-4c5d-9cb4-a90514e508ef', 'Reports.Read.All'],
      ['7438b122-aefc-4978-80ed-43db9fcc7715', 'Device.Read.All'],
      ['6e472fd1-ad78-48da-a0f0-97ab2c6b769e', 'IdentityRiskEvent.Read.All'],
      ['79c261e0-fe76-4144-aad5-bdc68fbe4037', 'ServiceHealth.Read.All'],
      ['2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e', 'Team.ReadBasic.All'],
    ],
  },
  {
    appId: '00000002-0000-0ff1-ce00-000000000000',
    displayName: 'Office 365 Exchange Online',
    roles: [
      ['dc890d15-9560-4a4c-9b7f-a736ec74ec40', 'full_access_as_app'],
      ['dc50a0fb-09a3-484d-be87-e023b12c6440', 'Exchange.ManageAsApp'],
    ],
  },
  {
    appId: '00000003-0000-0ff1-ce00-000000000000',
    displayName: 'Office 365 SharePoint Online',
    roles: [['678536fe-1083-478a-9c59-b99265e6b0d3', 'Sites.FullControl.All']],
  },
  {
    appId: '00000002-0000-0000-c000-000000000000',
    displayName: 'Windows Azure Active Directory',
    roles: [
      ['5778995a-e1bf-45b8-affa-663a9f3f4d04', 'Directory.Read.All'],
      ['78c8a3c8-a07e-4b9e-af1b-b5ccab50a175', 'Directory.ReadWrite.All'],
    ],
  },
  { appId: '797f4846-ba00-4fd7-ba43-dac1f8f63013', displayName: 'Windows Azure Service Management API', roles: [] },
  {
    appId: 'c5393580-f805-4401-95e8-94b7a6ef2fc2',
    displayName: 'Office 365 Management APIs',
    roles: [['594c1fb6-4f81-4475-ae41-0c394909246c', 'ActivityFeed.Read']],
  },
  { appId: 'cc15fd57-2c6c-4117-a88c-83b1d56b4bbe', displayName: 'Microsoft Teams Services', roles: [] },
  { appId: 'cfa8b339-82a2-471a-a3c9-0fc0be7a4093', displayName: 'Azure Key Vault', roles: [] },
  { appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', displayName: 'Microsoft Azure CLI', roles: [] },
];

/** Graph application permissions with which their holder can make itself Global Administrator in one or two steps. */
export const CONTROL_PLANE_PERMISSIONS = [
  'RoleManagement.ReadWrite.Directory',
  'AppRoleAssignment.ReadWrite.All',
  'Directory.ReadWrite.All',
  'Application.ReadWrite.All',
  'UserAuthenticationMethod.ReadWrite.All',
];

export const ORDINARY_PERMISSIONS = [
  'User.Read.All',
  'User.ReadBasic.All',
  'Group.Read.All',
  'Mail.Send',
  'Calendars.Read',
  'Reports.Read.All',
  'Device.Read.All',
  'ServiceHealth.Read.All',
  'Team.ReadBasic.All',
  'Sites.Read.All',
  'Files.Read.All',
];

/** What the watching application is granted: each read permission that the collection of the tenant's configuration takes. */
export const READER_PERMISSIONS = [
  'Directory.Read.All',
  'User.Read.All',
  'Group.Read.All',
  'GroupMember.Read.All',
  'Policy.Read.All',
  'RoleManagement.Read.Directory',
  'RoleEligibilitySchedule.Read.Directory',
  'RoleAssignmentSchedule.Read.Directory',
  'RoleManagementPolicy.Read.Directory',
  'Application.Read.All',
  'AuditLog.Read.All',
  'Domain.Read.All',
  'Organization.Read.All',
  'Policy.Read.PermissionGrant',
  'Policy.Read.DeviceConfiguration',
  'PrivilegedEligibilitySchedule.Read.AzureADGroup',
  'OnPremDirectorySynchronization.Read.All',
  'AdministrativeUnit.Read.All',
  'CustomAuthenticationExtension.Read.All',
  'IdentityProvider.Read.All',
];

export function graphRoleId(value: string): string {
  const role = FIRST_PARTY_APPLICATIONS[0]?.roles.find(([, name]) => name === value);
  if (!role) throw new Error(`The permission catalogue has no Graph app role ${value}.`);
  return role[0];
}

/** A first-party service principal as Graph shows it in a customer's tenant. */
export function firstPartyServicePrincipal(seed: number, app: FirstPartyApplication): JsonObject & { id: string } {
  return {
    id: new Prng(seed, 'first-party', app.appId).guid(),
    deletedDateTime: null,
    accountEnabled: true,
    alternativeNames: [],
    appDisplayName: app.displayName,
    appDescription: null,
    appId: app.appId,
    applicationTemplateId: null,
    appOwnerOrganizationId: MICROSOFT_TENANT_ID,
    appRoleAssignmentRequired: false,
    createdDateTime: '2024-02-11T09:12:44Z',
    description: null,
    disabledByMicrosoftStatus: null,
    displayName: app.displayName,
    homepage: null,
    loginUrl: null,
    logoutUrl: null,
    notes: null,
    notificationEmailAddresses: [],
    preferredSingleSignOnMode: null,
    preferredTokenSigningKeyThumbprint: null,
    replyUrls: [],
    samlSingleSignOnSettings: null,
    servicePrincipalNames: [app.appId],
    servicePrincipalType: 'Application',
    signInAudience: 'AzureADMultipleOrgs',
    tags: [],
    tokenEncryptionKeyId: null,
    appRoles: app.roles.map(([id, value]) => ({
      id,
      value,
      allowedMemberTypes: ['Application'],
      description: `Lets the application use ${value} without a signed-in user.`,
      displayName: value,
      isEnabled: true,
      origin: 'Application',
    })),
    keyCredentials: [],
    passwordCredentials: [],
    oauth2PermissionScopes: [],
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
  };
}
