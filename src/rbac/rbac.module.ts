import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessAuthority } from './access-authority.service.js';
import { AccessCatalogue } from './access-catalogue.service.js';
import { AccessDecisions } from './access-decisions.service.js';
import { AccessSubjects } from './access-subjects.service.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { LastAdministrator } from './last-administrator.service.js';
import { PermissionGuard } from './permission.guard.js';
import { RbacController } from './rbac.controller.js';
import { RbacRepository } from './rbac.repository.js';
import { RbacService } from './rbac.service.js';
import { ServiceAccountAccessController } from './service-account-access.controller.js';
import { UserAccessController } from './user-access.controller.js';

/** Who may do what: roles, assignments, decisions, and the guard that asks for one on every route. */
@Module({
  imports: [AuditModule, UsersModule],
  controllers: [RbacController, UserAccessController, ServiceAccountAccessController],
  providers: [
    CatalogueRepository,
    RbacRepository,
    AccessCatalogue,
    AccessSubjects,
    AccessDecisions,
    AccessAuthority,
    LastAdministrator,
    RbacService,
    PermissionGuard,
  ],
  exports: [AccessDecisions, RbacService, PermissionGuard],
})
export class RbacModule {}
