import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EntraModule } from '../entra/entra.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AccountLinkRules } from './account-link-rules.service.js';
import { GroupMembershipRules } from './groups/group-membership-rules.service.js';
import { GroupSyncJob } from './groups/group-sync.job.js';
import { GroupSync } from './groups/group-sync.service.js';
import { GroupsController } from './groups/groups.controller.js';
import { GroupsRepository } from './groups/groups.repository.js';
import { GroupsService } from './groups/groups.service.js';
import { GroupProvisioningRepository } from './provisioning/group-provisioning.repository.js';
import { GroupProvisioning } from './provisioning/group-provisioning.service.js';
import { UserProvisioningRepository } from './provisioning/user-provisioning.repository.js';
import { UserProvisioning } from './provisioning/user-provisioning.service.js';
import { ServiceAccountChanges } from './service-account-changes.service.js';
import { ServiceAccountCredentialsController } from './service-account-credentials.controller.js';
import { ServiceAccountCredentialsRepository } from './service-account-credentials.repository.js';
import { ServiceAccountCredentials } from './service-account-credentials.service.js';
import { ServiceAccountRules } from './service-account-rules.service.js';
import { ServiceAccountsController } from './service-accounts.controller.js';
import { ServiceAccountsRepository } from './service-accounts.repository.js';
import { ServiceAccountsService } from './service-accounts.service.js';
import { SignedInAccounts } from './signed-in-accounts.service.js';
import { UserDeletion } from './user-deletion.service.js';
import { UserHistoryController } from './user-history.controller.js';
import { UserHistoryRepository } from './user-history.repository.js';
import { UserHistory } from './user-history.service.js';
import { UserProfiles } from './user-profiles.service.js';
import { UserSearchRepository } from './user-search.repository.js';
import { UserSearchService } from './user-search.service.js';
import { UserStatusRules } from './user-status-rules.service.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

/**
 * People and the programs that are theirs: their profile for display, their status, their credentials, and the security stamp
 * that ends what was issued to them.
 */
@Module({
  imports: [AuditModule, EntraModule, JobsModule, TenantsModule],
  controllers: [
    UsersController,
    UserHistoryController,
    GroupsController,
    ServiceAccountsController,
    ServiceAccountCredentialsController,
  ],
  providers: [
    UsersRepository,
    UserProfiles,
    UserStatusRules,
    AccountLinkRules,
    UserDeletion,
    UsersService,
    SignedInAccounts,
    UserSearchRepository,
    UserSearchService,
    UserHistoryRepository,
    UserHistory,
    ServiceAccountsRepository,
    ServiceAccountCredentialsRepository,
    ServiceAccountRules,
    ServiceAccountsService,
    ServiceAccountChanges,
    ServiceAccountCredentials,
    GroupMembershipRules,
    GroupsRepository,
    GroupSync,
    GroupSyncJob,
    GroupsService,
    UserProvisioningRepository,
    UserProvisioning,
    GroupProvisioningRepository,
    GroupProvisioning,
  ],
  exports: [
    UsersService,
    SignedInAccounts,
    UserProfiles,
    UserStatusRules,
    AccountLinkRules,
    ServiceAccountsService,
    ServiceAccountRules,
    GroupMembershipRules,
    UserProvisioning,
    GroupProvisioning,
  ],
})
export class UsersModule {}
