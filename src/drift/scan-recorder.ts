import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import type { Gauge } from 'prom-client';
import { systemActor } from '../access/actor.js';
import { AuditService } from '../audit/audit.service.js';
import { canonicalJson } from '../crypto/canonical-json.js';
import type { Transaction } from '../database/transaction-runner.js';
import type { SlotRun } from '../jobs/job-slot.types.js';
import { newId } from '../kernel/ids/ids.js';
import { METRIC } from '../observability/metrics.js';
import { Outbox } from '../outbox/outbox.service.js';
import type { WatchedTenant } from '../tenants/tenants.types.js';
import { DriftAlerts } from './alerts/drift-alerts.service.js';
import type { Attributions } from './attribution/change-attributor.js';
import { lacksFacts } from './classify/facts/fact-types.js';
import type { TenantCollection } from './collect/collect.types.js';
import { ControlBook } from './controls/control-book.js';
import { DRIFT_ACTIONS } from './drift.events.js';
import type { Comparison } from './drift-comparison.js';
import { RemediationsRepository } from './remediation/remediations.repository.js';
import { type BookedChanges, ChangeBook } from './report/change-book.js';
import { type IncompleteType, SEVERITIES } from './report/drift-report.types.js';
import { ReportsRepository } from './report/reports.repository.js';
import { RESOURCE_TYPE_CATALOGUE } from './resource-types/catalogue.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import type { StoredSnapshot } from './snapshot/stored-snapshot.js';
import { ChangeWindows } from './windows/change-windows.service.js';

/** Types whose objects come and go only at the second reading. */
const FLAPPING = Object.values(RESOURCE_TYPE_CATALOGUE)
  .filter(({ flapping }) => flapping === true)
  .map(({ type }) => type);

export const SCAN_ACTOR = systemActor('drift.scan');

/** Everything that a scan found out, before any of it is written. */
export interface FinishedScan {
  tenant: WatchedTenant;
  run: SlotRun;
  takenAt: Date;
  previous: StoredSnapshot | null;
  collection: TenantCollection;
  comparison: Comparison;
  attributions: Attributions;
}

export interface RecordedScan {
  reportId: string;
  snapshotId: string;
  opened: number;
  closed: number;
}

/** Writes a scan: snapshot, report, changes, audit record and alerts, all in the transaction of its caller. */
@Injectable()
export class ScanRecorder {
  constructor(
    private readonly snapshots: SnapshotStore,
    private readonly reports: ReportsRepository,
    private readonly book: ChangeBook,
    private readonly controls: ControlBook,
    private readonly windows: ChangeWindows,
    private readonly remediations: RemediationsRepository,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly alerts: DriftAlerts,
    @InjectMetric(METRIC.openChanges) private readonly openChanges: Gauge,
  ) {}

  /** What a scan has to know before it reads: the database's time, and the tenant's newest snapshot. */
  async begin(tx: Transaction, tenantId: string): Promise<{ takenAt: Date; previous: StoredSnapshot | null }> {
    return { takenAt: await this.snapshots.now(tx), previous: await this.snapshots.latest(tx, tenantId) };
  }

  async record(tx: Transaction, scan: FinishedScan): Promise<RecordedScan> {
    const { tenant, run, comparison, collection } = scan;
    const snapshot = await this.snapshots.write(
      tx,
      { tenantId: tenant.id, slotId: run.id, takenAt: scan.takenAt },
      scan.previous,
      collection,
    );
    const booked = await this.book.book(tx, {
      tenantId: tenant.id,
      sequence: snapshot.sequence,
      baselineVersion: comparison.baselineVersion,
      changes: comparison.changes,
      attributions: scan.attributions,
      assess: comparison.assess,
      severitiesUncertain: lacksFacts(collection),
      windows: await this.windows.ofTenant(tx, tenant.id),
      now: scan.takenAt,
    });
    await this.creditExecutions(tx, tenant.id, snapshot.sequence, booked);
    const moved = await this.controls.book(tx, {
      tenantId: tenant.id,
      sequence: snapshot.sequence,
      takenAt: scan.takenAt,
      compared: comparison.controls,
    });
    const reportId = newId();
    const incomplete = incompleteOf(snapshot, comparison.notCompared);
    await this.reports.insert(tx, {
      id: reportId,
      tenantId: tenant.id,
      sequence: snapshot.sequence,
      slotId: run.id,
      snapshotId: snapshot.id,
      trigger: run.trigger,
      baselineVersion: comparison.baselineVersion,
      complete: incomplete.length === 0,
      incomplete: canonicalJson(incomplete.map((type) => ({ ...type }))),
      summary: canonicalJson({ ...booked.summary }),
      ignoredSummary: canonicalJson({ ...booked.ignored }),
      opened: booked.opened.length + booked.reopened.length,
      closed: booked.closed.length,
    });
    await this.reports.closeOutage(tx, tenant.id);
    await this.recordAudit(tx, scan, snapshot, reportId, booked);
    const { sequence } = snapshot;
    const { baselineVersion } = comparison;
    await this.alerts.tell(tx, { tenant, report: { id: reportId, sequence, baselineVersion }, booked, moved });
    await this.tellOfHoles(tx, scan, snapshot, reportId);
    for (const severity of SEVERITIES) this.openChanges.set({ tenant: tenant.id, severity }, booked.summary[severity]);
    return { reportId, snapshotId: snapshot.id, opened: booked.opened.length, closed: booked.closed.length };
  }

  /** The scan ended without a report. One alert an outage: the next is due after a scan that worked. */
  async recordFailure(tx: Transaction, tenant: WatchedTenant, run: SlotRun, reason: string): Promise<void> {
    const isNew = await this.reports.openOutage(tx, tenant.id, run.id, reason);
    await this.audit.record(tx, SCAN_ACTOR, {
      action: DRIFT_ACTIONS['drift.scan.failed'],
      tenantId: tenant.id,
      target: { type: 'scan', id: run.id },
      outcome: 'failure',
      reason,
    });
    if (!isNew) return;
    await this.outbox.append(tx, {
      type: 'drift.scan.failed',
      tenantId: tenant.id,
      data: {
        tenantId: tenant.id,
        entraTenantId: tenant.entraTenantId,
        scanId: run.id,
        reportId: null,
        reason,
        incomplete: [],
      },
    });
  }

  /** Which of the changes that are gone were brought back by us. */
  private async creditExecutions(
    tx: Transaction,
    tenantId: string,
    sequence: number,
    { closed }: BookedChanges,
  ): Promise<void> {
    const reverted = closed.filter(({ reason }) => reason === 'reverted').map(({ change }) => change);
    const credited = new Map(
      (
        await this.remediations.creditClosed(
          tx,
          tenantId,
          reverted.map(({ id }) => id),
          sequence,
          FLAPPING,
        )
      ).map(({ changeId, remediationId }) => [changeId, remediationId]),
    );
    for (const change of reverted) change.closedByRemediation = credited.get(change.id) ?? null;
  }

  private recordAudit(
    tx: Transaction,
    { tenant, run, comparison }: FinishedScan,
    snapshot: StoredSnapshot,
    reportId: string,
    booked: BookedChanges,
  ): Promise<void> {
    return this.audit.record(tx, SCAN_ACTOR, {
      action: DRIFT_ACTIONS['drift.scan.completed'],
      tenantId: tenant.id,
      target: { type: 'scan', id: run.id },
      outcome: 'success',
      after: {
        reportId,
        snapshotId: snapshot.id,
        sequence: snapshot.sequence,
        trigger: run.trigger,
        baselineVersion: comparison.baselineVersion,
        complete: snapshot.complete,
        opened: booked.opened.length,
        closed: booked.closed.length,
      },
    });
  }

  private async tellOfHoles(
    tx: Transaction,
    { tenant, run, previous }: FinishedScan,
    snapshot: StoredSnapshot,
    reportId: string,
  ): Promise<void> {
    const wasComplete = ({ resourceType }: IncompleteType) => previous?.types.get(resourceType)?.status === 'complete';
    const newlyIncomplete = incompleteOf(snapshot, []).filter(wasComplete);
    if (newlyIncomplete.length === 0) return;
    const { id: tenantId, entraTenantId } = tenant;
    const reason = 'Parts of the tenant could not be read completely; nothing in them is reported as removed';
    const incomplete = newlyIncomplete.map((type) => ({ ...type }));
    await this.outbox.append(tx, {
      type: 'drift.scan.failed',
      tenantId,
      data: { tenantId, entraTenantId, scanId: run.id, reportId, reason, incomplete },
    });
  }
}

/** The types that a scan says too little about, and those that the baseline does. */
function incompleteOf(snapshot: StoredSnapshot, notCompared: IncompleteType[]): IncompleteType[] {
  const read = [...snapshot.types]
    .filter(([, { status }]) => status !== 'complete')
    .map(([resourceType, { reason, since }]) => ({
      resourceType,
      reason: reason ?? 'It was not read completely',
      since,
    }));
  const named = new Set(read.map(({ resourceType }) => resourceType));
  return [...read, ...notCompared.filter(({ resourceType }) => !named.has(resourceType))];
}
