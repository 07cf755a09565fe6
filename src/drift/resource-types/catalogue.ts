import { accessAssignment } from './access-assignment.resource.js';
import { accessConstraint } from './access-constraint.resource.js';
import { accessRole } from './access-role.resource.js';
import { activityBasedTimeoutPolicy } from './activity-based-timeout-policy.resource.js';
import { adminConsentRequestPolicy } from './admin-consent-request-policy.resource.js';
import { administrativeUnit } from './administrative-unit.resource.js';
import { appManagementPolicy } from './app-management-policy.resource.js';
import { appRoleAssignment } from './app-role-assignment.resource.js';
import { application } from './application.resource.js';
import { authenticationContextClassReference } from './authentication-context.resource.js';
import { authenticationMethodConfiguration } from './authentication-method-configuration.resource.js';
import { authenticationMethodsPolicy } from './authentication-methods-policy.resource.js';
import { authenticationStrengthPolicy } from './authentication-strength-policy.resource.js';
import { authorizationPolicy } from './authorization-policy.resource.js';
import { certificateBasedAuthConfiguration } from './certificate-based-auth-configuration.resource.js';
import { claimsMappingPolicy } from './claims-mapping-policy.resource.js';
import { conditionalAccessPolicy } from './conditional-access-policy.resource.js';
import { crossTenantAccessDefault } from './cross-tenant-access-default.resource.js';
import { crossTenantAccessPartner } from './cross-tenant-access-partner.resource.js';
import { customAuthenticationExtension } from './custom-authentication-extension.resource.js';
import { defaultAppManagementPolicy } from './default-app-management-policy.resource.js';
import { deviceRegistrationPolicy } from './device-registration-policy.resource.js';
import { domain } from './domain.resource.js';
import { externalIdentitiesPolicy } from './external-identities-policy.resource.js';
import { group } from './group.resource.js';
import { groupEligibility } from './group-eligibility.resource.js';
import { groupSetting } from './group-setting.resource.js';
import { homeRealmDiscoveryPolicy } from './home-realm-discovery-policy.resource.js';
import { identityProvider } from './identity-provider.resource.js';
import { namedLocation } from './named-location.resource.js';
import { oauth2PermissionGrant } from './oauth2-permission-grant.resource.js';
import { onPremisesSynchronization } from './on-premises-synchronization.resource.js';
import { organization } from './organization.resource.js';
import { permissionGrantPolicy } from './permission-grant-policy.resource.js';
import { PRODUCT_SETTINGS } from './product-settings.js';
import type { ResourceType, ResourceTypeDefinition } from './resource-type.types.js';
import { roleAssignment } from './role-assignment.resource.js';
import { roleDefinition } from './role-definition.resource.js';
import { roleEligibility } from './role-eligibility.resource.js';
import { roleManagementRule } from './role-management-rule.resource.js';
import { securityDefaults } from './security-defaults.resource.js';
import { servicePrincipal } from './service-principal.resource.js';
import { tokenIssuancePolicy } from './token-issuance-policy.resource.js';
import { tokenLifetimePolicy } from './token-lifetime-policy.resource.js';
import { user } from './user.resource.js';
import { WATCH_SETTINGS } from './watch-settings.js';

/** Every resource type that the product knows, by name; the record's type makes forgetting one a compile error. */
export const RESOURCE_TYPE_CATALOGUE: Readonly<Record<ResourceType, ResourceTypeDefinition>> = {
  conditionalAccessPolicy,
  namedLocation,
  authenticationStrengthPolicy,
  authenticationMethodsPolicy,
  authenticationMethodConfiguration,
  authorizationPolicy,
  securityDefaults,
  adminConsentRequestPolicy,
  groupSetting,
  roleDefinition,
  roleAssignment,
  roleEligibility,
  roleManagementRule,
  application,
  servicePrincipal,
  appRoleAssignment,
  oauth2PermissionGrant,
  domain,
  authenticationContextClassReference,
  permissionGrantPolicy,
  tokenLifetimePolicy,
  tokenIssuancePolicy,
  claimsMappingPolicy,
  homeRealmDiscoveryPolicy,
  activityBasedTimeoutPolicy,
  crossTenantAccessDefault,
  crossTenantAccessPartner,
  externalIdentitiesPolicy,
  deviceRegistrationPolicy,
  groupEligibility,
  organization,
  onPremisesSynchronization,
  certificateBasedAuthConfiguration,
  administrativeUnit,
  customAuthenticationExtension,
  identityProvider,
  defaultAppManagementPolicy,
  appManagementPolicy,
  group,
  user,
  accessRole,
  accessConstraint,
  accessAssignment,
  ...WATCH_SETTINGS,
  ...PRODUCT_SETTINGS,
};
