import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { UsersModule } from '../users/users.module.js';
import { AssignmentsController } from './assignments/assignments.controller.js';
import { AssignmentsRepository } from './assignments/assignments.repository.js';
import { AssignmentsService } from './assignments/assignments.service.js';
import { AccessAuthority } from './authority/access-authority.service.js';
import { AccessSubjects } from './authority/access-subjects.service.js';
import { LastAdministrator } from './authority/last-administrator.service.js';
import { AccessCatalogue } from './catalogue/access-catalogue.service.js';
import { CatalogueRepository } from './catalogue/catalogue.repository.js';
import { AccessDecisions } from './decisions/access-decisions.service.js';
import { ServiceAccountAccessController } from './decisions/service-account-access.controller.js';
import { UserAccessController } from './decisions/user-access.controller.js';
import { PermissionGuard } from './permission.guard.js';

/** Who may do what: roles, assignments, decisions, and the guard that asks for one on every route. */
@Module({
  imports: [AuditModule, UsersModule],
  controllers: [AssignmentsController, UserAccessController, ServiceAccountAccessController],
  providers: [
    CatalogueRepository,
    AssignmentsRepository,
    AccessCatalogue,
    AccessSubjects,
    AccessDecisions,
    AccessAuthority,
    LastAdministrator,
    AssignmentsService,
    PermissionGuard,
  ],
  exports: [AccessDecisions, AssignmentsService, PermissionGuard],
})
export class RbacModule {}
