import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { ActivationApproval } from './activations/activation-approval.service.js';
import { ActivationEnds } from './activations/activation-ends.service.js';
import { ActivationsController } from './activations/activations.controller.js';
import { ActivationsRepository } from './activations/activations.repository.js';
import { ActivationsService } from './activations/activations.service.js';
import { EligibleAssignmentsController } from './activations/eligible-assignments.controller.js';
import { EligibleAssignmentsRepository } from './activations/eligible-assignments.repository.js';
import { EligibleAssignmentsService } from './activations/eligible-assignments.service.js';
import { AccessDocumentController } from './as-code/access-document.controller.js';
import { AccessDocumentRepository } from './as-code/access-document.repository.js';
import { AccessDocumentService } from './as-code/access-document.service.js';
import { AffectedSubjects } from './as-code/affected-subjects.service.js';
import { DocumentBodies } from './as-code/document-bodies.service.js';
import { DocumentChanges } from './as-code/document-changes.service.js';
import { DocumentTargets } from './as-code/document-target.service.js';
import { AssignmentLimits } from './assignments/assignment-limits.service.js';
import { AssignmentRules } from './assignments/assignment-rules.service.js';
import { AssignmentsController } from './assignments/assignments.controller.js';
import { AssignmentsRepository } from './assignments/assignments.repository.js';
import { AssignmentsService } from './assignments/assignments.service.js';
import { AccessAuthority } from './authority/access-authority.service.js';
import { AccessSubjects } from './authority/access-subjects.service.js';
import { AuthorityRepository } from './authority/authority.repository.js';
import { DeletedGroupAccess } from './authority/deleted-group-access.service.js';
import { DeletedHolderAccess } from './authority/deleted-holder-access.service.js';
import { DeletedUserAccess } from './authority/deleted-user-access.service.js';
import { IndirectAccess } from './authority/indirect-access.service.js';
import { LastAdministrator } from './authority/last-administrator.service.js';
import { RolePermissions } from './authority/role-permissions.service.js';
import { TenantAccess } from './authority/tenant-access.service.js';
import { AccessCatalogue } from './catalogue/access-catalogue.service.js';
import { CatalogueRepository } from './catalogue/catalogue.repository.js';
import { NamespacesController } from './catalogue/namespaces.controller.js';
import { NamespacesRepository } from './catalogue/namespaces.repository.js';
import { NamespacesService } from './catalogue/namespaces.service.js';
import { PermissionsController } from './catalogue/permissions.controller.js';
import { AccessDecisions } from './decisions/access-decisions.service.js';
import { AccessFactsRepository } from './decisions/access-facts.repository.js';
import { AccessHistoryRepository } from './decisions/access-history.repository.js';
import { AccessIndexRepository } from './decisions/access-index.repository.js';
import { AccessIndexFeed } from './decisions/access-index-feed.service.js';
import { AccessRevisionInterceptor } from './decisions/access-revision.interceptor.js';
import { AccessSourceRepository } from './decisions/access-source.repository.js';
import { AccessSource } from './decisions/access-source.service.js';
import { AskingCaller } from './decisions/asking-caller.service.js';
import { CheckController } from './decisions/check.controller.js';
import { DecisionSources } from './decisions/decision-sources.service.js';
import { EffectiveAccessService } from './decisions/effective-access.service.js';
import { ExplainController } from './decisions/explain.controller.js';
import { ExplainRepository } from './decisions/explain.repository.js';
import { ExplainService } from './decisions/explain.service.js';
import { PastFacts } from './decisions/past-facts.service.js';
import { ServiceAccountAccessController } from './decisions/service-account-access.controller.js';
import { SubjectList } from './decisions/subject-list.service.js';
import { UserAccessController } from './decisions/user-access.controller.js';
import { PermissionGuard } from './permission.guard.js';
import { AccessReviewsController } from './reviews/access-reviews.controller.js';
import { AccessReviewsRepository } from './reviews/access-reviews.repository.js';
import { AccessReviewsService } from './reviews/access-reviews.service.js';
import { ReviewDecisions } from './reviews/review-decisions.service.js';
import { ReviewEndJob } from './reviews/review-end.job.js';
import { ReviewEnd } from './reviews/review-end.service.js';
import { ReviewItemsRepository } from './reviews/review-items.repository.js';
import { RoleChecks } from './roles/role-checks.service.js';
import { RolesController } from './roles/roles.controller.js';
import { RolesRepository } from './roles/roles.repository.js';
import { RolesService } from './roles/roles.service.js';
import { SeparationController } from './separation/separation.controller.js';
import { SeparationRepository } from './separation/separation.repository.js';
import { SeparationService } from './separation/separation.service.js';
import { SeparationConstraintsService } from './separation/separation-constraints.service.js';

/** Who may do what: roles, assignments, decisions, and the guard that asks for one on every route. */
@Module({
  imports: [AuditModule, JobsModule, OutboxModule, TenantsModule, UsersModule],
  controllers: [
    AssignmentsController,
    RolesController,
    PermissionsController,
    NamespacesController,
    CheckController,
    UserAccessController,
    ServiceAccountAccessController,
    ExplainController,
    EligibleAssignmentsController,
    ActivationsController,
    SeparationController,
    AccessDocumentController,
    AccessReviewsController,
  ],
  providers: [
    CatalogueRepository,
    NamespacesRepository,
    NamespacesService,
    RolesRepository,
    RoleChecks,
    AssignmentLimits,
    RolesService,
    AssignmentRules,
    AuthorityRepository,
    RolePermissions,
    IndirectAccess,
    TenantAccess,
    DeletedHolderAccess,
    DeletedGroupAccess,
    DeletedUserAccess,
    AssignmentsRepository,
    AccessCatalogue,
    AccessSubjects,
    AccessFactsRepository,
    AccessIndexRepository,
    AccessIndexFeed,
    DecisionSources,
    AccessHistoryRepository,
    PastFacts,
    ExplainRepository,
    ExplainService,
    EffectiveAccessService,
    AccessSourceRepository,
    AccessSource,
    AccessDecisions,
    AskingCaller,
    SubjectList,
    AccessRevisionInterceptor,
    AccessAuthority,
    LastAdministrator,
    AssignmentsService,
    SeparationRepository,
    SeparationService,
    SeparationConstraintsService,
    EligibleAssignmentsRepository,
    EligibleAssignmentsService,
    ActivationsRepository,
    ActivationsService,
    ActivationApproval,
    ActivationEnds,
    AccessDocumentRepository,
    AccessDocumentService,
    AccessReviewsRepository,
    AccessReviewsService,
    AffectedSubjects,
    DocumentBodies,
    DocumentChanges,
    DocumentTargets,
    ReviewDecisions,
    ReviewEnd,
    ReviewEndJob,
    ReviewItemsRepository,
    PermissionGuard,
  ],
  exports: [AccessDecisions, AccessSource, AssignmentsService, RolesService, PermissionGuard],
})
export class RbacModule {}
