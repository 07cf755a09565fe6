import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';
import type { AuditHold, HoldCreation, NewAuditHold } from './audit-hold.types.js';

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed<Row> = [Row[], number];

const COLUMNS = `id, reason, covers_from AS "from", covers_to AS "to", tenant_id AS "tenantId", created_by_type AS "createdByType",
  created_by_id AS "createdById", created_at AS "createdAt", released_by_type AS "releasedByType", released_by_id AS "releasedById",
  released_at AS "releasedAt", version, sealed_state AS "sealedState"`;

/** StandingHolds.goneHoldId of a record. */
const HOLD_ID = `CASE WHEN event.target_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN lower(event.target_id) ELSE event.id::text END`;

const PAGE_ROWS = 500;

/** The table audit_holds. */
@Injectable()
export class AuditHoldsRepository {
  async insert(
    tx: Transaction,
    hold: NewAuditHold & { id: string; byType: string; byId: string; sealedState: Buffer },
  ): Promise<AuditHold> {
    const [row] = await tx.query<AuditHold[]>(
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, tenant_id, created_by_type, created_by_id, sealed_state)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
      [hold.id, hold.reason, hold.from, hold.to, hold.tenantId, hold.byType, hold.byId, hold.sealedState],
    );
    if (row === undefined) throw new Error('an insert gave no row');
    return row;
  }

  async findById(tx: Transaction, id: string): Promise<AuditHold | null> {
    const rows = await tx.query<AuditHold[]>(`SELECT ${COLUMNS} FROM audit_holds WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Newest first, older than the hold `beforeId`. */
  findPage(tx: Transaction, limit: number, beforeId: string | null): Promise<AuditHold[]> {
    return tx.query<AuditHold[]>(
      `SELECT ${COLUMNS} FROM audit_holds WHERE $2::uuid IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
      [limit, beforeId],
    );
  }

  /** Released ones too: what the table says of that has to be compared with what is sealed. In pages, because anybody's rows are among them. */
  async *all(tx: Transaction): AsyncGenerator<AuditHold> {
    for (let after: string | null = null; ; ) {
      const rows: AuditHold[] = await tx.query<AuditHold[]>(
        `SELECT ${COLUMNS} FROM audit_holds WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT ${PAGE_ROWS}`,
        [after],
      );
      yield* rows;
      after = rows.at(-1)?.id ?? null;
      if (rows.length < PAGE_ROWS) return;
    }
  }

  /** What the trail has of holds whose row is gone: no more than `limit`, because whoever can write a record can write many. */
  findGone(tx: Transaction, limit: number, id: string | null = null): Promise<StoredAuditRow[]> {
    return tx.query<StoredAuditRow[]>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_events event
        WHERE event.action = 'audit.hold.created' AND ($2::text IS NULL OR $2 = ${HOLD_ID})
          AND NOT EXISTS (SELECT FROM audit_holds hold WHERE hold.id::text = ${HOLD_ID})
        ORDER BY event.id LIMIT $1`,
      [limit, id],
    );
  }

  /** The months in which the trail says that these holds were placed, by their beginning. */
  findCreations(tx: Transaction, ids: readonly string[]): Promise<HoldCreation[]> {
    return tx.query<HoldCreation[]>(
      `SELECT DISTINCT target_id AS "holdId", date_trunc('month', occurred_at, 'UTC') AS at FROM audit_events
        WHERE action = 'audit.hold.created' AND target_id = ANY ($1::text[])`,
      [ids],
    );
  }

  /** What the trail has of the placing of a hold, in the log or not. */
  findCreationRecords(tx: Transaction, id: string, limit: number): Promise<StoredAuditRow[]> {
    return tx.query<StoredAuditRow[]>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_events event
        WHERE event.action = 'audit.hold.created' AND event.target_id = $1 ORDER BY event.id LIMIT $2`,
      [id, limit],
    );
  }

  async setSealedState(tx: Transaction, id: string, sealedState: Buffer): Promise<void> {
    await tx.query('UPDATE audit_holds SET sealed_state = $2, version = least(version + 1, 999999999) WHERE id = $1', [
      id,
      sealedState,
    ]);
  }

  /** For one whose row is gone: a row that says, sealed, that it was released. @returns null when there is one by now */
  async insertReleased(
    tx: Transaction,
    hold: Omit<AuditHold, 'version' | 'releasedByType' | 'releasedById' | 'releasedAt'> & { sealedState: Buffer },
    by: { type: string; id: string },
  ): Promise<AuditHold | null> {
    const [row] = await tx.query<AuditHold[]>(
      `INSERT INTO audit_holds (id, reason, covers_from, covers_to, created_by_type, created_by_id, created_at, released_at,
         released_by_type, released_by_id, sealed_state)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
      [
        hold.id,
        hold.reason,
        hold.from,
        hold.to,
        hold.createdByType,
        hold.createdById,
        hold.createdAt,
        by.type,
        by.id,
        hold.sealedState,
      ],
    );
    return row ?? null;
  }

  /** Whatever the row says of a release: what is sealed decides. @returns null when somebody else changed it since `version` was read */
  async release(
    tx: Transaction,
    id: string,
    version: number,
    by: { type: string; id: string },
    sealedState: Buffer,
  ): Promise<AuditHold | null> {
    const [rows] = await tx.query<Changed<AuditHold>>(
      `UPDATE audit_holds SET released_at = now(), released_by_type = $3, released_by_id = $4, sealed_state = $5,
              version = least(version + 1, 999999999)
        WHERE id = $1 AND version = $2 RETURNING ${COLUMNS}`,
      [id, version, by.type, by.id, sealedState],
    );
    return rows[0] ?? null;
  }
}
