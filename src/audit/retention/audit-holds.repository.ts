import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction-runner.js';
import { AUDIT_COLUMNS } from '../log/audit-columns.js';
import type { StoredAuditRow } from '../log/open-states.js';
import type { AuditHold, NewAuditHold } from './audit-hold.types.js';

/** What an UPDATE with RETURNING gives: the rows and their number. */
type Changed<Row> = [Row[], number];

const COLUMNS = `id, reason, covers_from AS "from", covers_to AS "to", tenant_id AS "tenantId", created_by_type AS "createdByType",
  created_by_id AS "createdById", created_at AS "createdAt", released_by_type AS "releasedByType", released_by_id AS "releasedById",
  released_at AS "releasedAt", version, sealed_state AS "sealedState"`;

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

  /** Released ones too: what the table says of that has to be compared with what is sealed. */
  findAll(tx: Transaction): Promise<AuditHold[]> {
    return tx.query<AuditHold[]>(`SELECT ${COLUMNS} FROM audit_holds ORDER BY id`);
  }

  /** What the trail has of holds whose row is gone. */
  findGone(tx: Transaction): Promise<StoredAuditRow[]> {
    return tx.query<StoredAuditRow[]>(
      `SELECT ${AUDIT_COLUMNS} FROM audit_events event
        WHERE event.action = 'audit.hold.created'
          AND NOT EXISTS (SELECT FROM audit_holds hold WHERE hold.id::text = event.target_id)
        ORDER BY event.id`,
    );
  }

  /** @returns null when somebody else changed it since `version` was read */
  async release(
    tx: Transaction,
    id: string,
    version: number,
    by: { type: string; id: string },
    sealedState: Buffer,
  ): Promise<AuditHold | null> {
    const [rows] = await tx.query<Changed<AuditHold>>(
      `UPDATE audit_holds SET released_at = now(), released_by_type = $3, released_by_id = $4, version = version + 1, sealed_state = $5
        WHERE id = $1 AND version = $2 AND released_at IS NULL RETURNING ${COLUMNS}`,
      [id, version, by.type, by.id, sealedState],
    );
    return rows[0] ?? null;
  }
}
