import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';

export interface StoredDrop {
  /** `security 2026-01` */
  partition: string;
  sealedDrop: Buffer;
}

const COLUMNS = 'partition, sealed_drop AS "sealedDrop"';
/** How far back drops are looked for that have no row: before there was the table. */
const YEARS_BACK = 10;

/** The table audit_drops. */
@Injectable()
export class DroppedMonthsRepository {
  findAll(tx: Transaction): Promise<StoredDrop[]> {
    return tx.query<StoredDrop[]>(`SELECT ${COLUMNS} FROM audit_drops ORDER BY partition`);
  }

  async find(tx: Transaction, partition: string): Promise<StoredDrop | null> {
    const [row] = await tx.query<StoredDrop[]>(`SELECT ${COLUMNS} FROM audit_drops WHERE partition = $1`, [partition]);
    return row ?? null;
  }

  async save(tx: Transaction, { partition, sealedDrop }: StoredDrop): Promise<void> {
    await tx.query(
      `INSERT INTO audit_drops (partition, sealed_drop) VALUES ($1, $2)
       ON CONFLICT (partition) DO UPDATE SET sealed_drop = excluded.sealed_drop, dropped_at = now()`,
      [partition, sealedDrop],
    );
  }

  /** What the trail says of drops that have no row. */
  findRecords(tx: Transaction): Promise<StoredAuditRow[]> {
    return tx.query<StoredAuditRow[]>(
      `WITH past AS (
         SELECT class || ' ' || to_char(month, 'YYYY-MM') AS partition
           FROM generate_series(now() AT TIME ZONE 'UTC' - make_interval(years => $1), now() AT TIME ZONE 'UTC', '1 month') AS month,
                unnest(ARRAY['security', 'operation']) AS class)
       SELECT ${AUDIT_COLUMNS} FROM audit_events event
        WHERE event.action = 'audit.partition.dropped' AND event.target_id = ANY (ARRAY(SELECT partition FROM past))
          AND NOT EXISTS (SELECT FROM audit_drops kept WHERE kept.partition = event.target_id)
        ORDER BY event.id`,
      [YEARS_BACK],
    );
  }
}
