import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { ChangeSeals } from '../report/change-seals.service.js';
import { DriftChange } from '../report/drift-change.entity.js';
import { SEVERITIES } from '../report/drift-report.types.js';
import type { ReadableChange } from '../report/readable-change.js';
import type { AlertOutline } from './alert-data.js';

export interface NewAlert {
  /** outbox_events.id of the message that tells of it. */
  id: string;
  tenantId: string;
  changeSetId: string | null;
  changeIds: string[];
  /** Controls that fell and are to be met again. */
  controls: string[];
}

export interface EndedAlert {
  id: string;
  changeSetId: string | null;
}

/** How a change of an alert stands: what is counted, and whether and why it is no longer open. */
export type AlertedOutline = AlertOutline & Pick<DriftChange, 'state' | 'closeReason'>;

type Changed<Row> = [Row[], number];

/** All its changes are decided or gone; an alert of controls alone waits for them. A change that was denied still stands. */
const SETTLED = `
  NOT EXISTS (SELECT FROM drift_alert_changes m JOIN drift_changes c ON c.id = m.change_id
               WHERE m.alert_id = a.id AND c.state NOT IN ('accepted', 'ignored', 'closed'))
  AND (a.waiting_controls = '{}' OR EXISTS (SELECT FROM drift_alert_changes m WHERE m.alert_id = a.id))`;

/** The tables drift_alerts and drift_alert_changes. */
@Injectable()
export class DriftAlertsRepository {
  constructor(private readonly seals: ChangeSeals) {}

  async insert(tx: Transaction, { id, tenantId, changeSetId, changeIds, controls }: NewAlert): Promise<void> {
    await tx.query(
      'INSERT INTO drift_alerts (id, tenant_id, change_set_id, waiting_controls) VALUES ($1, $2, $3, $4::text[])',
      [id, tenantId, changeSetId, controls],
    );
    await tx.query(
      'INSERT INTO drift_alert_changes (alert_id, change_id) SELECT $1, change_id FROM unnest($2::uuid[]) AS change_id',
      [id, changeIds],
    );
  }

  /** The alerts that haven't ended and tell of these changes: alert by change. */
  async findOpenOf(tx: Transaction, changeIds: string[]): Promise<{ alertId: string; changeId: string }[]> {
    if (changeIds.length === 0) return [];
    return tx.query(
      `SELECT m.alert_id AS "alertId", m.change_id AS "changeId"
         FROM drift_alert_changes m JOIN drift_alerts a ON a.id = m.alert_id
        WHERE m.change_id = ANY ($1::uuid[]) AND a.ended_at IS NULL ORDER BY m.alert_id`,
      [changeIds],
    );
  }

  /** Those of the tenant with nothing left to wait for, as far as others have committed. */
  async findSettled(tx: Transaction, tenantId: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `SELECT a.id FROM drift_alerts a WHERE a.tenant_id = $1 AND a.ended_at IS NULL AND ${SETTLED}`,
      [tenantId],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Ends those of these alerts with nothing left to wait for. They are locked before it looks, after the changes that the caller
   * wrote: of two who settle the last two changes of an alert, the later one sees what the other did.
   */
  async endSettled(tx: Transaction, ids: string[]): Promise<EndedAlert[]> {
    if (ids.length === 0) return [];
    await tx.query('SELECT FROM drift_alerts WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL ORDER BY id FOR UPDATE', [
      ids,
    ]);
    const [rows] = await tx.query<Changed<EndedAlert>>(
      `UPDATE drift_alerts a SET ended_at = now() WHERE a.id = ANY ($1::uuid[]) AND a.ended_at IS NULL AND ${SETTLED}
       RETURNING a.id, a.change_set_id AS "changeSetId"`,
      [ids],
    );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** These controls are met again: no alert waits for them any more. @returns which alert waited for which */
  async restoreControls(
    tx: Transaction,
    tenantId: string,
    controls: string[],
  ): Promise<{ alertId: string; control: string }[]> {
    if (controls.length === 0) return [];
    const [rows] = await tx.query<Changed<{ id: string; restored: string[] }>>(
      `UPDATE drift_alerts a SET waiting_controls = ARRAY (SELECT unnest(a.waiting_controls) EXCEPT SELECT unnest($2::text[]))
         FROM (SELECT id, ARRAY (SELECT unnest(waiting_controls) INTERSECT SELECT unnest($2::text[])) AS restored
                 FROM drift_alerts WHERE tenant_id = $1 AND ended_at IS NULL AND waiting_controls && $2::text[]
                ORDER BY id FOR UPDATE) AS waiting
        WHERE a.id = waiting.id
       RETURNING a.id, waiting.restored`,
      [tenantId, controls],
    );
    return rows.flatMap(({ id, restored }) => restored.map((control) => ({ alertId: id, control })));
  }

  /** @param most opened, the gravest; the rest is counted only */
  async readChanges(
    tx: Transaction,
    alertId: string,
    most: number,
  ): Promise<{ outlines: AlertedOutline[]; changes: ReadableChange[] }> {
    const rows = await tx
      .createQueryBuilder(DriftChange, 'c')
      .where('c.id IN (SELECT change_id FROM drift_alert_changes WHERE alert_id = :alertId)', { alertId })
      .orderBy('c.id')
      .getMany();
    rows.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
    return { outlines: rows, changes: await this.seals.openAll(rows.slice(0, most)) };
  }
}
