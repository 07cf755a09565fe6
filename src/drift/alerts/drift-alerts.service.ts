import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { Transaction } from '../../database/transaction-runner.js';
import { newId } from '../../kernel/ids/ids.js';
import { AlertSubjects } from '../../outbox/alert-subjects.js';
import { Outbox } from '../../outbox/outbox.service.js';
import { TenantsService } from '../../tenants/tenants.service.js';
import type { WatchedTenant } from '../../tenants/tenants.types.js';
import { CONTROLS, controlById } from '../controls/catalogue.js';
import type { MovedControl } from '../controls/control-book.js';
import type { BookedChanges, RaisedChange } from '../report/change-book.js';
import type { DriftReport } from '../report/drift-report.entity.js';
import type { ReadableChange } from '../report/readable-change.js';
import { ReportsRepository } from '../report/reports.repository.js';
import { SCANNED_TYPES } from '../resource-types/resource-type.types.js';
import { type AlertChange, type AlertControl, type AlertReport, alertData } from './alert-data.js';
import { type AlertedOutline, DriftAlertsRepository, type EndedAlert } from './drift-alerts.repository.js';
import { groupAlerts } from './group-alerts.js';

/** More than fit into a message. */
const MOST_LISTED = 100;

/** What a scan has news of. */
export interface ScanNews {
  tenant: WatchedTenant;
  report: Pick<DriftReport, 'id' | 'sequence' | 'baselineVersion'>;
  booked: Pick<BookedChanges, 'opened' | 'reopened' | 'raised' | 'standing' | 'closed'>;
  moved: MovedControl[];
}

/** Tells of changes: one message an act, and one more when all of its changes are settled. Each once. */
@Injectable()
export class DriftAlerts implements OnModuleInit {
  constructor(
    private readonly alerts: DriftAlertsRepository,
    private readonly reports: ReportsRepository,
    private readonly tenants: TenantsService,
    private readonly outbox: Outbox,
    private readonly settings: Settings,
    private readonly subjects: AlertSubjects,
  ) {}

  onModuleInit(): void {
    this.subjects.add('resourceTypes', SCANNED_TYPES);
    this.subjects.add(
      'controls',
      CONTROLS.map(({ id }) => id),
    );
  }

  /** In the transaction of the scan, after its changes, controls and report were written. */
  async tell(
    tx: Transaction,
    { tenant, report: { id, sequence, baselineVersion }, booked, moved }: ScanNews,
  ): Promise<void> {
    const report = this.reportOf(tenant, { id, sequence, baselineVersion });
    const superseded = await this.findSuperseded(tx, booked.closed);
    // What is set aside from its first day on is no news.
    const news = [...booked.opened, ...booked.reopened].filter(({ state }) => state === 'open');
    const fallen = moved.filter(({ after }) => after === 'not-met').map(alertControl);
    for (const { changeSetId, changes, controls } of groupAlerts(news, fallen)) {
      const alertId = newId();
      const supersedes = [...new Set(changes.flatMap((change) => superseded.get(placeOf(change)) ?? []))].sort();
      const data = alertData(
        report,
        { alertId, changeSetId, supersedes },
        { changes: changes.map(alertChange), controls },
      );
      await this.outbox.append(tx, { type: 'drift.changes.detected', tenantId: tenant.id, data }, alertId);
      const changeIds = changes.map(({ id }) => id);
      await this.alerts.insert(tx, {
        id: alertId,
        tenantId: tenant.id,
        changeSetId,
        changeIds,
        controls: controls.map(({ id }) => id),
      });
    }
    await this.tellRaised(tx, report, booked.raised);
    await this.remind(tx, report, booked.standing);
    const restored = moved.filter(({ after }) => after === 'met').map(alertControl);
    const ids = restored.map(({ id }) => id);
    const waited = await this.alerts.restoreControls(tx, tenant.id, ids);
    const ended = await this.alerts.endSettled(tx, await this.alerts.findSettled(tx, tenant.id));
    const told = new Set<string>();
    for (const alert of ended) {
      const own = new Set(waited.filter(({ alertId }) => alertId === alert.id).map(({ control }) => control));
      const controls = restored.filter((control) => own.has(control.id));
      for (const control of controls) told.add(control.id);
      await this.tellEnded(tx, report, alert, controls);
    }
    const others = restored.filter((control) => !told.has(control.id));
    if (others.length === 0) return;
    const data = alertData(report, { alertId: null, changeSetId: null }, { changes: [], controls: others });
    await this.outbox.append(tx, { type: 'drift.changes.resolved', tenantId: tenant.id, data });
  }

  /**
   * Tells of the alerts that are settled now that these changes were decided; in the transaction of the decision, after it was
   * written. Of many changes decided in one transaction all are given at once, at its end.
   */
  async settle(tx: Transaction, tenantId: string, changeIds: string[]): Promise<void> {
    const open = await this.alerts.findOpenOf(tx, changeIds);
    const ended = await this.alerts.endSettled(tx, [...new Set(open.map(({ alertId }) => alertId))]);
    if (ended.length === 0) return;
    const tenant = await this.tenants.find(tx, tenantId);
    const latest = await this.reports.findLatest(tx, tenantId);
    if (tenant === null || latest === null) return;
    for (const alert of ended) await this.tellEnded(tx, this.reportOf(tenant, latest), alert, []);
  }

  /** An alert of its own: who wasn't told of them while they were harmless hears of their end too. */
  private async tellRaised(tx: Transaction, report: AlertReport, raised: readonly RaisedChange[]): Promise<void> {
    if (raised.length === 0) return;
    const { tenantId } = report;
    const alertId = newId();
    const changes = raised.map(({ change, from }) => ({ ...alertChange(change), raisedFrom: from }));
    const data = alertData(report, { alertId, changeSetId: null }, { changes });
    await this.outbox.append(tx, { type: 'drift.changes.raised', tenantId, data }, alertId);
    const changeIds = raised.map(({ change }) => change.id);
    await this.alerts.insert(tx, { id: alertId, tenantId, changeSetId: null, changeIds, controls: [] });
  }

  /** Changes that must not stand and still do; their alerts end when they are gone. */
  private async remind(tx: Transaction, report: AlertReport, standing: ReadableChange[]): Promise<void> {
    if (standing.length === 0) return;
    const data = alertData(report, { alertId: null, changeSetId: null }, { changes: standing.map(alertChange) });
    await this.outbox.append(tx, { type: 'drift.changes.standing', tenantId: report.tenantId, data });
  }

  /** What took the place of all its changes has an alert of its own; what isn't watched any more may still be as it was. */
  private async tellEnded(
    tx: Transaction,
    report: AlertReport,
    { id: alertId, changeSetId }: EndedAlert,
    controls: AlertControl[],
  ): Promise<void> {
    const { outlines, changes } = await this.alerts.readChanges(tx, alertId, MOST_LISTED);
    if (controls.length === 0 && !outlines.some(isSettledForGood)) return;
    const listed = changes.map((change) => ({ ...alertChange(change), closeReason: endOf(change) }));
    const data = alertData(report, { alertId, changeSetId }, { changes: listed, outlines, controls });
    await this.outbox.append(tx, { type: 'drift.changes.resolved', tenantId: report.tenantId, data });
  }

  /** The open alerts that lose changes to others, by where these are. */
  private async findSuperseded(tx: Transaction, closed: BookedChanges['closed']): Promise<Map<string, string[]>> {
    const gone = new Map(
      closed.filter(({ reason }) => reason === 'superseded').map(({ change }) => [change.id, placeOf(change)]),
    );
    const alerts = new Map<string, string[]>();
    for (const { alertId, changeId } of await this.alerts.findOpenOf(tx, [...gone.keys()])) {
      const place = gone.get(changeId) ?? '';
      alerts.set(place, [...(alerts.get(place) ?? []), alertId]);
    }
    return alerts;
  }

  private reportOf(tenant: WatchedTenant, report: ScanNews['report']): AlertReport {
    const { PUBLIC_URL } = this.settings;
    return {
      tenantId: tenant.id,
      entraTenantId: tenant.entraTenantId,
      tenantName: tenant.displayName,
      reportId: report.id,
      sequence: report.sequence,
      baselineVersion: report.baselineVersion,
      link: PUBLIC_URL === undefined ? null : `${PUBLIC_URL.replace(/\/$/, '')}/api/v1/drift/reports/${report.id}`,
    };
  }
}

function isSettledForGood({ state, closeReason }: AlertedOutline): boolean {
  return state !== 'closed' || (closeReason !== 'superseded' && closeReason !== 'unreferenced');
}

/** Why it is no longer open: as what it was decided, else why it closed. */
function endOf({ state, closeReason }: Pick<ReadableChange, 'state' | 'closeReason'>): string {
  return closeReason ?? state;
}

function placeOf({ resourceType, resourceKey }: Pick<ReadableChange, 'resourceType' | 'resourceKey'>): string {
  return JSON.stringify([resourceType, resourceKey]);
}

function alertControl({ id, before, after }: MovedControl): AlertControl {
  return { id, title: controlById(id)?.title ?? id, before, after };
}

function alertChange(change: Omit<ReadableChange, 'createdAt'>): AlertChange {
  const { actorType, actorId, actorName, closeReason: _, ...rest } = change;
  return {
    ...rest,
    actor: actorType === null || actorId === null ? null : { type: actorType, id: actorId, displayName: actorName },
  };
}
