import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { EntraModule } from '../entra/entra.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { DriftAlertsRepository } from './alerts/drift-alerts.repository.js';
import { DriftAlerts } from './alerts/drift-alerts.service.js';
import { AnalyticsRepository } from './analytics/analytics.repository.js';
import { DriftAnalytics } from './analytics/drift-analytics.service.js';
import { AuditLogReader } from './attribution/audit-log-reader.js';
import { ChangeAttributor } from './attribution/change-attributor.js';
import { BaselineRepository } from './baseline/baseline.repository.js';
import { BaselineService } from './baseline/baseline.service.js';
import { BaselineChanges } from './baseline/baseline-changes.service.js';
import { BaselinePinsRepository } from './baseline/baseline-pins.repository.js';
import { BaselinePreview } from './baseline-preview.js';
import { CarryOutProposal } from './carry-out-proposal.service.js';
import { ChangeWindowsController } from './change-windows.controller.js';
import { CollectionMarksRepository } from './collect/collection-marks.repository.js';
import { TenantCollector } from './collect/tenant-collector.js';
import { ConfirmedComparison } from './confirmed-comparison.js';
import { ConnectionCheckController } from './connection-check.controller.js';
import { ConnectionCheck } from './connection-check.service.js';
import { ControlBook } from './controls/control-book.js';
import { ControlVerdictsRepository } from './controls/control-verdicts.repository.js';
import { FindingSeals } from './controls/finding-seals.service.js';
import { TenantControls } from './controls/tenant-controls.service.js';
import { BulkDecisionsRepository } from './decisions/bulk-decisions.repository.js';
import { BulkDecisions } from './decisions/bulk-decisions.service.js';
import { BulkDecisionsRetention } from './decisions/bulk-decisions-retention.js';
import { ChangeDecisions } from './decisions/change-decisions.service.js';
import { IgnoreRulesRepository } from './decisions/ignore-rules.repository.js';
import { IgnoreRules } from './decisions/ignore-rules.service.js';
import { ProposalsRepository } from './decisions/proposals.repository.js';
import { SecondPerson } from './decisions/second-person.service.js';
import { StalledBulkDecisions } from './decisions/stalled-bulk-decisions.js';
import { DriftAnalyticsController } from './drift-analytics.controller.js';
import { DriftBaselinesController } from './drift-baselines.controller.js';
import { DriftBulkDecisionsController } from './drift-bulk-decisions.controller.js';
import { DriftChangesController } from './drift-changes.controller.js';
import { DriftComparison } from './drift-comparison.js';
import { DriftControlsController } from './drift-controls.controller.js';
import { DriftIgnoreRulesController } from './drift-ignore-rules.controller.js';
import { DriftProposalsController } from './drift-proposals.controller.js';
import { DriftRemediationController } from './drift-remediation.controller.js';
import { DriftRemediationsController } from './drift-remediations.controller.js';
import { DriftReportsController } from './drift-reports.controller.js';
import { DriftRulesController } from './drift-rules.controller.js';
import { DriftScanJob } from './drift-scan.job.js';
import { DriftScanService } from './drift-scan.service.js';
import { DriftScansController } from './drift-scans.controller.js';
import { DriftScans } from './drift-scans.service.js';
import { DriftSettingProposalsController } from './drift-setting-proposals.controller.js';
import { DriftSnapshotsController } from './drift-snapshots.controller.js';
import { DriftUpkeep } from './drift-upkeep.js';
import { DriftUpkeepRepository } from './drift-upkeep.repository.js';
import { RuleOverridesRepository } from './overrides/rule-overrides.repository.js';
import { RuleOverrides } from './overrides/rule-overrides.service.js';
import { Proposals } from './proposals.service.js';
import { CurrentObjectsRepository } from './remediation/current-objects.repository.js';
import { RemediationJob } from './remediation/remediation.job.js';
import { RemediationPlans } from './remediation/remediation-plans.service.js';
import { RemediationRun } from './remediation/remediation-run.service.js';
import { RemediationSeals } from './remediation/remediation-seals.service.js';
import { RemediationsRepository } from './remediation/remediations.repository.js';
import { Remediations } from './remediation/remediations.service.js';
import { TenantState } from './remediation/tenant-state.service.js';
import { ChangeBook } from './report/change-book.js';
import { ChangeSeals } from './report/change-seals.service.js';
import { ChangesRepository } from './report/changes.repository.js';
import { ReportsRepository } from './report/reports.repository.js';
import { Reports } from './report/reports.service.js';
import { ScanHistoryRepository } from './scan-history.repository.js';
import { ScanOutcomes } from './scan-outcomes.js';
import { ScanRecorder } from './scan-recorder.js';
import { HeadsRepository } from './snapshot/heads.repository.js';
import { NewestHeads } from './snapshot/newest-heads.js';
import { SnapshotRepository } from './snapshot/snapshot.repository.js';
import { SnapshotReader } from './snapshot/snapshot-reader.js';
import { SnapshotSeals } from './snapshot/snapshot-seals.service.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { Snapshots } from './snapshot/snapshots.service.js';
import { SubjectTenantsRepository } from './tenant-access/subject-tenants.repository.js';
import { TenantAccess } from './tenant-access/tenant-access.service.js';
import { ChangeWindowsRepository } from './windows/change-windows.repository.js';
import { ChangeWindows } from './windows/change-windows.service.js';

/** What changed in a tenant since it was last approved: scans, snapshots, baselines, reports, changes and what is decided on them. */
@Module({
  imports: [AuditModule, EntraModule, JobsModule, OutboxModule, TenantsModule],
  controllers: [
    DriftScansController,
    DriftSnapshotsController,
    DriftBaselinesController,
    DriftReportsController,
    DriftChangesController,
    DriftControlsController,
    DriftIgnoreRulesController,
    DriftProposalsController,
    DriftSettingProposalsController,
    DriftBulkDecisionsController,
    DriftRemediationController,
    DriftRemediationsController,
    DriftAnalyticsController,
    DriftRulesController,
    ChangeWindowsController,
    ConnectionCheckController,
  ],
  providers: [
    // Whose it is
    SubjectTenantsRepository,
    TenantAccess,
    ConnectionCheck,
    // What is
    TenantCollector,
    CollectionMarksRepository,
    SnapshotSeals,
    SnapshotRepository,
    HeadsRepository,
    SnapshotStore,
    SnapshotReader,
    NewestHeads,
    Snapshots,
    // What it means
    BaselineRepository,
    BaselinePinsRepository,
    BaselineService,
    BaselineChanges,
    BaselinePreview,
    RuleOverridesRepository,
    RuleOverrides,
    ChangeWindowsRepository,
    ChangeWindows,
    DriftComparison,
    ConfirmedComparison,
    FindingSeals,
    ControlVerdictsRepository,
    ControlBook,
    TenantControls,
    AuditLogReader,
    ChangeAttributor,
    ChangeSeals,
    ChangesRepository,
    ChangeBook,
    SecondPerson,
    ChangeDecisions,
    IgnoreRulesRepository,
    IgnoreRules,
    ProposalsRepository,
    CarryOutProposal,
    Proposals,
    BulkDecisionsRepository,
    BulkDecisions,
    BulkDecisionsRetention,
    StalledBulkDecisions,
    DriftAlertsRepository,
    DriftAlerts,
    ReportsRepository,
    Reports,
    CurrentObjectsRepository,
    RemediationPlans,
    RemediationSeals,
    RemediationsRepository,
    Remediations,
    TenantState,
    AnalyticsRepository,
    DriftAnalytics,
    // When it runs
    ScanHistoryRepository,
    DriftScans,
    DriftScanService,
    ScanRecorder,
    ScanOutcomes,
    DriftScanJob,
    RemediationRun,
    RemediationJob,
    DriftUpkeepRepository,
    DriftUpkeep,
  ],
})
export class DriftModule {}
