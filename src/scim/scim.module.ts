import { Module, type NestModule } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { ScimBulkController } from './bulk/scim-bulk.controller.js';
import { ScimBulk } from './bulk/scim-bulk.service.js';
import { ScimDiscoveryController } from './discovery/scim-discovery.controller.js';
import { ScimGroupsController } from './groups/scim-groups.controller.js';
import { ScimGroupsRepository } from './groups/scim-groups.repository.js';
import { ScimGroups } from './groups/scim-groups.service.js';
import { ResourceLocation } from './resource-location.js';
import { ScimErrorFilter } from './scim-error.filter.js';
import { ScimRoutes } from './scim-routes.js';
import { ScimSearchController } from './search/scim-search.controller.js';
import { ScimSearch } from './search/scim-search.service.js';
import { ScimUsersController } from './users/scim-users.controller.js';
import { ScimUsersRepository } from './users/scim-users.repository.js';
import { ScimUsers } from './users/scim-users.service.js';

/** SCIM 2.0 (RFC 7643, RFC 7644): a directory provisions people and groups of its tenant. */
@Module({
  imports: [AuditModule, UsersModule],
  controllers: [
    ScimUsersController,
    ScimGroupsController,
    ScimBulkController,
    ScimSearchController,
    ScimDiscoveryController,
  ],
  providers: [
    ResourceLocation,
    ScimErrorFilter,
    ScimRoutes,
    ScimUsersRepository,
    ScimUsers,
    ScimGroupsRepository,
    ScimGroups,
    ScimBulk,
    ScimSearch,
  ],
})
export class ScimModule implements NestModule {
  constructor(private readonly routes: ScimRoutes) {}

  configure(): void {
    this.routes.prepare();
  }
}
